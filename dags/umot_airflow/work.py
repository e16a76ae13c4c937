"""What a task does around its step: the run's own time, an open workspace, and word to the DAGs that wait for it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import Asset, Context, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from pydantic import JsonValue

from umot.errors import ConfigError
from umot.scheduling.plan import config_path
from umot.timeline import iso, parse_past, utc
from umot_airflow.secrets import secrets
from umot_airflow.shape import plan

if TYPE_CHECKING:
    from umot.ledger import Run
    from umot.workspace import Workspace

logger = logging.getLogger(__name__)

Record = dict[str, Any]


@contextmanager
def work(*sources: str) -> Iterator[tuple["Workspace", datetime]]:
    """Open the workspace with the secrets of some sources; give it and the time that the run works at."""
    from umot.workspace import Workspace

    config = config_path()
    with secrets(config, sources), Workspace.load(config, sources=sources) as ws:
        yield ws, moment(get_current_context(), ws.settings.zone)


def moment(context: Context, zone: ZoneInfo) -> datetime:
    """Return the time that a run works at: what its form says, else what all that led to it was told, else its own.

    The clock is not asked: a task that is tried again works at the same time.

    Raises:
        ConfigError: the form names a time that was yet to come when the run was due.
    """
    run = context["dag_run"]
    if as_of := context["params"].get("as_of"):
        return parse_past(str(as_of), run.run_after, zone, "as_of")
    # What events carry was a form's, and past, when it was read: another machine's clock is no reason to refuse it.
    return max(map(utc, _carried(context)), default=None) or run.logical_date or run.run_after


def told(run: "Run", asset: Asset | None = None) -> Record:
    """Return what is passed on of a ledger record, and put it into the asset's event for the DAGs that wait for it."""
    logger.info("%s: %s %s %s", run.id, run.verdict, run.counts, run.reason or "")
    if asset is not None:
        context = get_current_context()
        after: list[JsonValue] = [*sorted({str(extra["run"]) for extra in _extras(context) if "run" in extra})]
        named: dict[str, JsonValue] = {"as_of": iso(run.as_of)} if _is_told_when(context) else {}
        context["outlet_events"][asset].extra = {"run": run.id, "after": after, **named}
    return {"run": run.id, "verdict": run.verdict, "reason": run.reason, "counts": run.counts}


@task
def examine(record: Any) -> None:
    """Fail when a step left something undone; what could be done is done, and passed on already."""
    if record["verdict"] == "broken" or record["counts"].get("stuck"):
        raise AirflowFailException(record["reason"] or f"{record['run']} is broken")


def shared(classify: Any, examined: str) -> list[Any]:
    """Return a task for each classifier: `classify`, `classify_2` and so on, each with one after it that examines."""
    try:
        count = plan().classifiers
    except ConfigError:
        count = 1  # umot_collect.py shows what is wrong
    records = []
    for number in range(count):
        suffix = f"_{number + 1}" if number else ""
        records.append(classify.override(task_id=f"classify{suffix}")())
        examine.override(task_id=f"{examined}{suffix}")(records[-1])
    return records


def _is_told_when(context: Context) -> bool:
    return bool(context["params"].get("as_of") or _carried(context))


def _carried(context: Context) -> list[str]:
    """Return the times that the events name; none when one of them names none: that work is of the present."""
    named = [extra.get("as_of") for extra in _extras(context)]
    return [str(as_of) for as_of in named] if all(named) else []


def _extras(context: Context) -> Iterator[dict[str, Any]]:
    """Yield what the events say that triggered a run."""
    for events in (context.get("triggering_asset_events") or {}).values():
        for event in events:
            yield event.extra or {}
