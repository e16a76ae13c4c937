"""A real Airflow on this machine: started over REST, killed in the middle, and not a hand needed until the report."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.airflow_rest import wait_until
from demo.local_airflow import LocalAirflow
from tests.alerts.receivers import Mail, mail_server
from tests.dags.installation import DAGS
from tests.dags.story import AS_OF, WEEK, rows
from tests.pipeline.workspaces import CONFIG, make_workspace
from umot.scheduling.plan import read_plan
from umot.timeline import iso, utc
from umot.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

WALK = ("umot_collect_export", "umot_classify", "umot_index", "umot_watch")
LONG = 600.0
QUICK = {
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
}


@dataclass(frozen=True)
class Machine:
    """A workspace, its mail server, and how Airflow is started on it."""

    folder: Path
    mail: Mail

    @property
    def config(self) -> Path:
        return self.folder / "umot.yaml"

    @contextmanager
    def airflow(self) -> Iterator[LocalAirflow]:
        settings = {"UMOT_CONFIG": str(self.config), **QUICK}
        with LocalAirflow(self.folder / "airflow", self.folder / "dags", settings) as airflow:
            airflow.start_rest(read_plan(self.config).pools)
            wait_until("the DAGs", lambda: set(WALK) <= set(airflow.rest.dags()), LONG)
            yield airflow

    def stored(self, collection: Any) -> list[dict[str, Any]]:
        with Workspace.load(self.config) as ws:
            return list(ws.store.scan(collection))

    def letters(self, subject: str) -> list[str]:
        return [str(letter["Subject"]) for letter in self.mail.got if subject in str(letter["Subject"])]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with mail_server() as mail:
        url = f"mailto://127.0.0.1:{mail.port}?from=umot@example.org&to=us@example.org"
        channel = f"alerts: {{channels: {{us: {{url: '{url}', texts: true}}}}}}\nreport: {{channels: [us]}}\n"
        make_workspace(folder, rows(), CONFIG + channel)
        shutil.copytree(DAGS, folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        report = folder / "dags" / "umot_weekly_report.py"
        text = report.read_text("utf-8").replace('"0 7 * * 1"', '"* * * * *"').replace("hours=2", "seconds=1")
        report.write_text(text, "utf-8")
        yield Machine(folder, mail)


def test_from_a_trigger_to_an_alert_and_a_report_with_the_scheduler_killed(machine: Machine) -> None:
    with machine.airflow() as airflow:
        rest = airflow.rest
        for dag in WALK:
            rest.unpause(dag)
        rest.trigger("umot_collect_export", as_of=AS_OF)
        wait_until("classifying", lambda: states(rest, "umot_classify") == ["running"], LONG)
        airflow.kill_session("scheduler")
        airflow.start("scheduler")
        wait_until("the watch", lambda: "success" in states(rest, "umot_watch"), LONG)

        posts = machine.stored("posts")
        assert sorted(post["id"] for post in posts) == sorted(f"proef:{row[0]}" for row in rows())
        assert {post["first_seen_at"] for post in posts} == {iso(utc(AS_OF))}
        (alert,) = [alert for alert in machine.stored("alerts") if alert["about"] == "brand"]
        assert (alert["status"], alert["since"]) == ("open", "2026-03-10")
        assert len(machine.letters(alert["title"])) == 1

        rest.unpause("umot_weekly_report")
        for _ in range(2):
            run = rest.trigger("umot_weekly_report", as_of=AS_OF)
            wait_until("the report", ended(rest, "umot_weekly_report", run), LONG)
        assert (machine.folder / "reports" / f"umot-{WEEK}.html").exists()
        assert len(machine.letters(f"weekrapport van {WEEK}")) == 1

        wait_until("two reports by the clock", lambda: len(by_the_clock(rest)) >= 2, LONG)
        written = {path.stem.removeprefix("umot-") for path in (machine.folder / "reports").glob("*.html")} - {WEEK}
        assert [len(machine.letters(f"weekrapport van {week}")) for week in written] == [1] * len(written)
        wait_until("word that one is late", lambda: machine.letters("is late"), LONG)
        left = airflow
    assert left.left_over() == []


def states(rest: Any, dag: str) -> list[str]:
    return [run["state"] for run in rest.runs(dag)]


def ended(rest: Any, dag: str, run: str) -> Callable[[], bool]:
    def done() -> bool:
        (state,) = [found["state"] for found in rest.runs(dag) if found["dag_run_id"] == run]
        assert state != "failed"
        return bool(state == "success")

    return done


def by_the_clock(rest: Any) -> list[Any]:
    return [r for r in rest.runs("umot_weekly_report") if (r["run_type"], r["state"]) == ("scheduled", "success")]


def test_a_second_start_goes_on_and_a_wrong_configuration_is_said(machine: Machine) -> None:
    with machine.airflow() as airflow:
        rest = airflow.rest
        assert "success" in states(rest, "umot_watch")
        right = machine.config.read_text("utf-8")
        machine.config.write_text(right.replace("timezone:", "timezoon:"), "utf-8")
        wait_until("an import error", lambda: "umot_collect.py" in rest.import_errors(), LONG)
        assert "did you mean 'timezone'?" in rest.import_errors()["umot_collect.py"]
        machine.config.write_text(right, "utf-8")
        wait_until("the DAGs again", lambda: not rest.import_errors() and set(WALK) <= set(rest.dags()), LONG)
        assert states(rest, "umot_collect_export") == ["success"]
        left = airflow
    assert left.left_over() == []
