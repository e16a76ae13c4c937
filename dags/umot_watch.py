"""Judge the latest days, keep alerts and tell what is new about them by the channels of `umot.yaml`.

Starts by itself when posts were indexed. Where sources have schedules it also starts every hour: a source that has
fallen silent indexes nothing, and messages that were held back become due.
"""

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, task

from umot_airflow.shape import INDEXED, plan, umot_dag
from umot_airflow.work import Record, examine, told, work

HOURLY = "20 * * * *"

workspace = plan()
clock = CronTriggerTimetable(HOURLY, timezone=workspace.timezone)
schedule = AssetOrTimeSchedule(timetable=clock, assets=[INDEXED]) if workspace.scheduled else [INDEXED]


@umot_dag("umot_watch", __doc__, schedule=schedule, tags=["walk"])
def umot_watch() -> None:
    """Declare the DAG."""

    @task
    def watch() -> Record:
        """Judge, keep alerts, deliver messages."""
        from umot.pipeline.watch import watch as watch_days

        with work() as (ws, as_of):
            return told(watch_days(ws, as_of))

    examine(watch())


umot_watch()
