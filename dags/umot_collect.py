"""Fetch new and changed posts of one source into the archive.

By the source's `schedule` in `umot.yaml`, or by hand. There is one such DAG per enabled source, each with a pool of
its own, so that no source waits for another or is collected twice at once.

* A source that is away is tried again: after 2, 4 and 8 minutes.
* A source that refuses its credentials, or whose pages look different, fails at once: see `umot runs`, `umot check`.
* What was collected leads by itself to `umot_classify`, `umot_index` and `umot_watch`.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import CronTriggerTimetable, Param, get_current_context, task

from umot.scheduling.plan import Plan, pool_of
from umot_airflow.shape import COLLECTED, plan, umot_dag
from umot_airflow.work import Record, told, work

if TYPE_CHECKING:
    from umot.config import SourceSettings

AFRESH = Param(
    False,
    type="boolean",
    title="Afresh",
    description="Fetch everything that the source shows, not only what is new since the last run.",
)


def make_dag(name: str, source: "SourceSettings", plan: Plan) -> None:
    """Declare the DAG of a source."""
    when = CronTriggerTimetable(source.schedule, timezone=plan.timezone) if source.schedule else None
    limit = timedelta(seconds=source.time_budget, minutes=15)

    @umot_dag(
        f"umot_collect_{name}", __doc__, schedule=when, params={"afresh": AFRESH}, tags=["collect", source.spider]
    )
    def umot_collect() -> None:
        @task(pool=pool_of(name), outlets=[COLLECTED], execution_timeout=limit)
        def collect() -> Record:
            """Collect the source; its ledger record decides whether to try again."""
            from umot.pipeline.collect import collect as collect_source
            from umot.scheduling.outcome import checked

            with work(name) as (ws, as_of):
                run = collect_source(ws, name, as_of, afresh=get_current_context()["params"]["afresh"])
                return told(checked(ws, run), COLLECTED)

        collect()

    umot_collect()


workspace = plan()
for source_name, settings in workspace.sources.items():
    make_dag(source_name, settings, workspace)
