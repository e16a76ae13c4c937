"""Collect sources once more as of every date of a range, afresh: all that they show, not only what is new.

Use it after an outage, or for a source that was dated before its schedule began. What is known already is not stored
twice, and an older look never overwrites a newer one. Then `umot_classify`, `umot_index` and `umot_watch` follow by
themselves. For sources that only show the present choose today as first and last day: what is later than a date is
refused as of it.
"""

from datetime import date, timedelta
from typing import Any

from airflow.sdk import Param, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from umot.scheduling.plan import pool_of
from umot_airflow.shape import COLLECTED, plan, sources_field, umot_dag
from umot_airflow.work import Record, told, work

workspace = plan()
FORM = {
    "sources": sources_field(list(workspace.sources)),
    "since": Param(type="string", format="date", title="First day"),
    "until": Param(type="string", format="date", title="Last day"),
    "every": Param(1, type="integer", minimum=1, title="Every so many days"),
}


def collect(name: str) -> list[Record]:
    """Collect a source as of every date."""
    from umot.pipeline.backfill import backfill, dates_of
    from umot.scheduling.outcome import checked

    asked = get_current_context()["params"]
    if name not in asked["sources"]:
        raise AirflowSkipException(f"{name} was not chosen")
    with work(name) as (ws, as_of):
        since, until = (date.fromisoformat(asked[day]) for day in ("since", "until"))
        dates = dates_of(ws, since, until, asked["every"], latest=as_of)
        return [told(checked(ws, run), COLLECTED) for run in backfill(ws, name, dates)]


@umot_dag("umot_backfill", __doc__, params=FORM, tags=["collect"])
def umot_backfill() -> None:
    """Declare the DAG."""
    for name in workspace.sources:
        limits: dict[str, Any] = {"pool": pool_of(name), "execution_timeout": timedelta(days=1)}
        task(task_id=f"collect_{name}", outlets=[COLLECTED], **limits)(collect)(name)


umot_backfill()
