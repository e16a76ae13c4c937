"""The form that all DAGs have: owner, retries by the kind of error, assets that chain them, fields of their forms."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from airflow.sdk import (
    DAG,
    Asset,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    dag,
)

from umot.scheduling.plan import Plan, config_path, read_plan
from umot_airflow.notices import tell_failure

COLLECTED: Final = Asset("umot_collected", group="umot")
CLASSIFIED: Final = Asset("umot_classified", group="umot")
INDEXED: Final = Asset("umot_indexed", group="umot")

MODEL_QUEUE: Final = "model"
"""Workers that listen to it hold the classifier; others never load it."""

RETRIES: Final = ExceptionRetryPolicy(
    [
        RetryRule("umot.errors.SourceAwayError", RetryAction.RETRY, reason="the source is away: later again"),
        RetryRule(["umot.errors.SourceError", "umot.errors.ConfigError"], RetryAction.FAIL, reason="needs a person"),
    ]
)

DEFAULTS: Final[dict[str, Any]] = {
    "owner": "umot",
    "retries": 3,
    "retry_delay": timedelta(minutes=2),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "retry_policy": RETRIES,
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": tell_failure,
}


def umot_dag(dag_id: str, doc: str | None, **settings: Any) -> Callable[[Callable[[], Any]], Callable[[], DAG]]:
    """Return the decorator of a DAG of this product; its form always has the field `as_of`."""
    params = {"as_of": AS_OF, **settings.pop("params", {})}
    tags = ["umot", *settings.pop("tags", ())]
    shape: dict[str, Any] = {"catchup": False, "max_active_runs": 1, "default_args": DEFAULTS, "doc_md": doc}
    return dag(dag_id, params=params, tags=tags, **shape, **settings)


def plan() -> Plan:
    """Return the sources and schedules of the workspace.

    Raises:
        ConfigError: the configuration is wrong; Airflow shows the message as the file's import error.
    """
    return read_plan(config_path())


def sources_field(names: list[str]) -> Param:
    """Return a field to choose sources."""
    return Param(
        names, type="array", items={"enum": names}, title="Sources", description="All, unless some are taken out."
    )


AS_OF: Final = Param(
    None,
    type=["null", "string"],
    format="date-time",
    title="As of",
    description="Work as if it were this time; empty: the time of this run.",
)
