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

from umot.scheduling.plan import config_path
from umot.timeline import iso, parse_as_of, utc
from umot_airflow.secrets import secrets

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
    """Return the time that a run works at: what its form says, else what led to it, else its own date.

    The clock is not asked: a task that is tried again works at the same time.
    """
    if as_of := context["params"].get("as_of"):
        return parse_as_of(str(as_of), zone)
    if carried := [str(extra["as_of"]) for extra in _extras(context) if "as_of" in extra]:
        return max(map(utc, carried))
    run = context["dag_run"]
    return run.logical_date or run.run_after


def told(run: "Run", asset: Asset | None = None) -> Record:
    """Return what is passed on of a ledger record, and put it into the asset's event for the DAGs that wait for it."""
    logger.info("%s: %s %s %s", run.id, run.verdict, run.counts, run.reason or "")
    if asset is not None:
        context = get_current_context()
        after: list[JsonValue] = [*sorted({str(extra["run"]) for extra in _extras(context) if "run" in extra})]
        context["outlet_events"][asset].extra = {"as_of": iso(run.as_of), "run": run.id, "after": after}
    return {"run": run.id, "verdict": run.verdict, "reason": run.reason, "counts": run.counts}


@task
def examine(record: Any) -> None:
    """Fail when a step left something undone; what could be done is done, and passed on already."""
    if record["verdict"] == "broken":
        raise AirflowFailException(record["reason"] or f"{record['run']} is broken")


def _extras(context: Context) -> Iterator[dict[str, Any]]:
    """Yield what the events say that triggered a run."""
    for events in (context.get("triggering_asset_events") or {}).values():
        for event in events:
            yield event.extra or {}
