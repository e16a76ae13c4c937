"""Enforce retention every night at 03:30 in the workspace's time zone.

Alone of all DAGs it is not paused when Airflow first sees it: what `umot.yaml` promises needs nobody to remember it.
By hand it also erases posts by their ids, from the store, the archive, alerts and reports, so that nothing brings them
back. To erase an author use `umot forget --author` on a command line: a name typed here would stay in Airflow's own
database.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Param, get_current_context, task

from umot.scheduling.plan import STORE_POOL
from umot_airflow.shape import plan, umot_dag
from umot_airflow.work import Record, told, work

NIGHTLY = "30 3 * * *"
FORM = {
    "posts": Param([], type="array", items={"type": "string"}, title="Posts", description="Ids to erase, one a line."),
    "retention": Param(True, type="boolean", title="Retention", description="Remove what is older than configured."),
}

schedule = CronTriggerTimetable(NIGHTLY, timezone=plan().timezone)


@umot_dag("umot_forget", __doc__, schedule=schedule, params=FORM, tags=["upkeep"], is_paused_upon_creation=False)
def umot_forget() -> None:
    """Declare the DAG."""

    @task(pool=STORE_POOL, execution_timeout=timedelta(hours=6))
    def forget() -> list[Record]:
        """Erase what was named, then what is too old."""
        from umot.pipeline.forget import enforce_retention, forget_posts

        asked = get_current_context()["params"]
        with work() as (ws, as_of):
            done = [forget_posts(ws, asked["posts"], as_of)] if asked["posts"] else []
            done += [enforce_retention(ws, as_of)] if asked["retention"] else []
            return [told(run) for run in done]

    forget()


umot_forget()
