"""Write the report on the week that has ended, and send it.

On Mondays at 07:00 in the workspace's time zone. It goes once to the channels that `report.channels` of `umot.yaml`
names, however often this is run. People are told when it is not there two hours later; after an outage of the
scheduler, when it is back.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, DeadlineAlert, DeadlineReference, SyncCallback, task  # type: ignore[attr-defined]

from umot_airflow.notices import tell_late
from umot_airflow.shape import plan, umot_dag
from umot_airflow.work import work

MONDAY_MORNING = "0 7 * * 1"
IN_TIME = DeadlineAlert(
    name="report by 09:00",
    reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
    interval=timedelta(hours=2),
    callback=SyncCallback(tell_late),
)

schedule = CronTriggerTimetable(MONDAY_MORNING, timezone=plan().timezone)


@umot_dag("umot_weekly_report", __doc__, schedule=schedule, deadline=IN_TIME, tags=["report"])
def umot_weekly_report() -> None:
    """Declare the DAG."""

    @task
    def report() -> dict[str, Any]:
        """Write the report, and send it to the channels that have not got it yet."""
        from umot.report import write_report
        from umot.report.sending import send_report

        with work() as (ws, as_of):
            path = write_report(ws, as_of)
            done = send_report(ws, path, as_of)
        if done.problems:
            raise ConnectionError("; ".join(f"{channel}: {problem}" for channel, problem in done.problems.items()))
        return {"path": str(path), **asdict(done)}

    report()


umot_weekly_report()
