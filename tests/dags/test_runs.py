"""Every DAG run for real, task by task and twice: the same end state, and a run's own time in everything."""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.receivers import mail_server, webhook
from tests.dags.conftest import found_by_the_dags
from tests.dags.installation import AS_OF, DAGS, KEY, answers, install
from tests.dags.test_integrity import parse
from tests.pipeline.test_kill import contents
from tests.spiders.loopback import Answer, Site
from umot.timeline import iso, utc
from umot.workspace import Workspace

pytestmark = pytest.mark.usefixtures("airflow_database")

WALK = ("umot_collect_export", "umot_collect_blog", "umot_classify", "umot_index")


@pytest.fixture(autouse=True)
def no_secret_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUARDED_KEY", raising=False)


@pytest.fixture
def dags(config: Path) -> dict[str, Any]:
    return parsed()


@pytest.fixture(scope="module")
def walk_once(tmp_path_factory: pytest.TempPathFactory, _served: Site, airflow_database: None) -> Path:
    """A workspace after its walk from the sources to the store."""
    _served.answers = answers()
    path = install(tmp_path_factory.mktemp("walked"), _served.base)
    with pytest.MonkeyPatch.context() as monkeypatch, found_by_the_dags(path, monkeypatch):
        for name in WALK:
            assert states(run(parsed()[name])) == {"success"}
    return path.parent


@pytest.fixture
def walked(walk_once: Path, config: Path) -> dict[str, Any]:
    """The DAGs on a copy of the walked workspace."""
    shutil.copytree(walk_once, config.parent, dirs_exist_ok=True)
    return parsed()


def parsed() -> dict[str, Any]:
    bag = parse()
    assert bag.import_errors == {}
    # Airflow's `dag.test()` takes the deadline for a row of its database and stumbles.
    for dag in bag.dags.values():
        dag.deadline = None
    return dict(bag.dags)


def run(dag: Any, **form: Any) -> Any:
    return dag.test(run_conf={"as_of": AS_OF, **form})


def states(done: Any) -> set[str]:
    return {str(instance.state) for instance in done.get_task_instances()}


def results(done: Any, task: str) -> Any:
    (instance,) = [instance for instance in done.get_task_instances() if instance.task_id == task]
    return instance.xcom_pull(task_ids=task)


def opened(config: Path) -> Workspace:
    return Workspace.load(config, sources=())


def ledger(config: Path) -> Iterator[dict[str, Any]]:
    with opened(config) as ws:
        yield from ws.ledger.runs()


def test_the_walk_leads_to_indexed_posts_at_the_time_of_the_runs(walked: dict[str, Any], config: Path) -> None:
    with opened(config) as ws:
        posts = {post["id"]: post for post in ws.store.scan("posts")}
        assert {post["source"] for post in posts.values()} == {"export", "blog"}
        assert {post["first_seen_at"] for post in posts.values()} == {iso(utc(AS_OF))}
        assert all(post["sentiment"] for post in posts.values())
        assert {run["as_of"] for run in ws.ledger.runs()} == {iso(utc(AS_OF))}


def test_every_step_done_twice_ends_in_the_same_state(walked: dict[str, Any], config: Path) -> None:
    before = contents(config.parent, sources=())
    for name in WALK:
        assert states(run(walked[name])) == {"success"}
    assert contents(config.parent, sources=()) == before


def test_what_a_task_passes_on_is_small_and_names_its_run(walked: dict[str, Any]) -> None:
    passed = results(run(walked["umot_collect_export"], as_of="2026-03-11T07:00:00+00:00"), "collect")
    assert passed["run"] == "collect/export/20260311T070000Z"
    assert passed["verdict"] == "nothing_new"
    assert len(json.dumps(passed)) < 1000


def test_a_collection_afresh_fetches_everything_again(walked: dict[str, Any], site: Site) -> None:
    def asked() -> int:
        return site.paths().count("/feed.xml")

    before = asked()
    passed = results(run(walked["umot_collect_blog"], afresh=True), "collect")
    assert asked() == before + 1
    assert passed["counts"]["unchanged"] == passed["counts"]["parsed"] == 1


def test_the_report_is_written_for_the_week_of_the_run_and_written_again(walked: dict[str, Any], config: Path) -> None:
    for _ in range(2):
        path = Path(results(run(walked["umot_weekly_report"]), "report")["path"])
        assert path == config.parent / "reports" / "umot-2026-W10.html"
        assert "Zonnehoek" in path.read_text("utf-8")


def test_the_report_is_sent_once_however_often_it_is_run(walked: dict[str, Any], config: Path) -> None:
    with mail_server() as mail:
        tell(config, f"mailto://127.0.0.1:{mail.port}?from=umot@example.org&to=us@example.org", texts=True)
        dag = parsed()["umot_weekly_report"]
        first, second = (results(run(dag), "report") for _ in range(2))
        assert (first["sent"], first["before"]) == (["us"], [])
        assert (second["sent"], second["before"]) == ([], ["us"])
        (message,) = mail.got
    assert "het weekrapport van 2026-W10" in message["Subject"]
    (report,) = message.iter_attachments()
    assert report.get_filename() == "umot-2026-W10.html"
    assert report.get_content().startswith("<!doctype html>")


def test_a_report_that_a_channel_does_not_take_is_tried_again(walked: dict[str, Any], config: Path) -> None:
    with webhook(500, 200) as hook:
        tell(config, f"json://{hook.host}/", texts=False)
        dag = parsed()["umot_weekly_report"]
        no_pause(dag.get_task("report"))
        done = run(dag)
        assert results(done, "report")["sent"] == ["us"]
        assert attempts(done) == [("success", 2)]
        assert "attachments" not in hook.got[-1] or not hook.got[-1]["attachments"]
        assert "reports/umot-2026-W10.html" in hook.got[-1]["message"]


def test_people_are_told_of_a_failure_unless_the_watch_will_tell_it(
    dags: dict[str, Any], config: Path, site: Site
) -> None:
    site.answers["/feed.xml"] = Answer(404)
    with webhook(200) as hook:
        tell(config, f"json://{hook.host}/", texts=False)
        again = parsed()
        assert attempts(run(again["umot_collect_blog"])) == [("failed", 1)]
        assert hook.got == []
        assert attempts(run(again["umot_collect_guarded"])) == [("failed", 1)]
    (told,) = hook.got
    assert "umot_collect_guarded" in told["title"]
    assert "GUARDED_KEY" in told["message"]


def tell(config: Path, url: str, *, texts: bool) -> None:
    """Add a channel to a configuration."""
    channel = {"url": url, "texts": texts}
    added = f"alerts: {json.dumps({'channels': {'us': channel}})}\nreport: {{channels: [us]}}\n"
    config.write_text(config.read_text("utf-8") + added, "utf-8")


def test_alerts_come_from_the_watch_and_nothing_is_told_twice(walked: dict[str, Any], config: Path) -> None:
    for _ in range(2):
        assert states(run(walked["umot_watch"])) == {"success"}
    with opened(config) as ws:
        watched = list(ws.ledger.runs(step="watch"))
        assert [record["as_of"] for record in watched] == [iso(utc(AS_OF))] * 2
        assert watched[1]["verdict"] == "nothing_new"


def test_reclassifying_with_the_same_model_changes_nothing(walked: dict[str, Any], config: Path) -> None:
    before = contents(config.parent, sources=())
    assert states(run(walked["umot_reclassify"])) == {"success"}
    assert contents(config.parent, sources=()) == before


def test_a_backfill_collects_as_of_every_date_and_leaves_other_sources_alone(
    walked: dict[str, Any], config: Path
) -> None:
    before = contents(config.parent, sources=())
    form = {"sources": ["export"], "since": "2026-03-07", "until": "2026-03-10", "every": 2}
    done = run(walked["umot_backfill"], **form)
    assert {i.task_id: str(i.state) for i in done.get_task_instances()} == {
        "collect_export": "success",
        "collect_blog": "skipped",
        "collect_guarded": "skipped",
    }
    dates = [record["run"] for record in results(done, "collect_export")]
    assert dates == ["collect/export/20260307T225959Z", "collect/export/20260309T225959Z"]
    run(walked["umot_classify"])
    run(walked["umot_index"])
    assert contents(config.parent, sources=())["posts"] == before["posts"]


def test_forgetting_erases_what_was_named_once_and_for_all(walked: dict[str, Any], config: Path) -> None:
    first = results(run(walked["umot_forget"], posts=["proef:1"]), "forget")
    assert first[0]["counts"]["deleted"] == 1
    again = results(run(walked["umot_forget"], posts=["proef:1"]), "forget")
    assert again[0]["counts"]["deleted"] == 0
    for name in WALK:
        run(walked[name], afresh=True)
    with opened(config) as ws:
        assert ws.store.get("posts", "proef:1") is None
        assert ws.store.get("posts", "proef:3") is not None


def test_a_key_from_a_connection_opens_its_source_and_shows_nowhere(
    dags: dict[str, Any],
    config: Path,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_UMOT_GUARDED", json.dumps({"conn_type": "generic", "password": KEY}))
    caplog.set_level(logging.DEBUG)
    done = run(dags["umot_collect_guarded"])
    assert states(done) == {"success"}
    headers = [sent for path, sent in site.asked if path == "/guarded.json"]
    assert [sent["authorization"] for sent in headers] == [f"Bearer {KEY}"]
    (instance,) = done.get_task_instances()
    told = [str(results(done, "collect")), str(vars(instance)), caplog.text, *capfd.readouterr()]
    assert not [text for text in told if KEY in text]
    kept = (file for file in config.parent.rglob("*") if file.is_file())
    assert not [file for file in kept if KEY.encode() in file.read_bytes()]


def test_keys_of_the_environment_win_over_a_connection_that_fills_in_the_rest_and_neither_is_in_logs(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DAGS))
    from airflow.sdk._shared.secrets_masker import redact

    from umot_airflow.secrets import secrets

    config.write_text(config.read_text("utf-8").replace("${GUARDED_KEY}", "${GUARDED_USER}:${GUARDED_KEY}"), "utf-8")
    extra = json.dumps({"GUARDED_USER": "of the connection"})
    connection = {"conn_type": "generic", "password": KEY, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_UMOT_GUARDED", json.dumps(connection))
    monkeypatch.setenv("GUARDED_USER", "of the environment")
    with secrets(config, ["guarded"]):
        assert (os.environ["GUARDED_USER"], os.environ["GUARDED_KEY"]) == ("of the environment", KEY)
        assert redact("of the environment opens with " + KEY) == "*** opens with ***"
    assert os.environ["GUARDED_USER"] == "of the environment"
    assert "GUARDED_KEY" not in os.environ


def test_a_missing_key_fails_its_source_at_once_and_no_other(dags: dict[str, Any], site: Site) -> None:
    assert attempts(run(dags["umot_collect_guarded"])) == [("failed", 1)]
    assert "/guarded.json" not in site.paths()
    assert states(run(dags["umot_collect_blog"])) == {"success"}


def test_a_wrong_key_fails_at_once(dags: dict[str, Any], site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDED_KEY", "not this one")
    site.answers["/guarded.json"] = Answer(401)
    assert attempts(run(dags["umot_collect_guarded"])) == [("failed", 1)]


def test_a_changed_layout_fails_at_once(dags: dict[str, Any], site: Site) -> None:
    site.answers["/feed.xml"] = Answer(body=b"<html>Under construction</html>", headers={"Content-Type": "text/html"})
    assert attempts(run(dags["umot_collect_blog"])) == [("failed", 1)]


def test_a_site_that_is_down_is_tried_again(dags: dict[str, Any], site: Site) -> None:
    site.answers, site.every = {}, Answer(503)
    dag = dags["umot_collect_blog"]
    (task,) = dag.tasks
    task.retries = 2
    no_pause(task)
    assert attempts(run(dag)) == [("failed", 3)]


def no_pause(task: Any) -> None:
    task.retry_delay, task.retry_exponential_backoff = timedelta(0), 0


def attempts(done: Any) -> list[tuple[str, int]]:
    return [(str(instance.state), instance.try_number) for instance in done.get_task_instances()]
