"""Word to people about failing runs: it gets through whatever is wrong, and once a day."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.alerts.receivers import HANG, Hook, webhook
from tests.dags.installation import AS_OF, DAGS
from tests.dags.test_runs import opened, parsed, results, run, states
from tests.spiders.loopback import Site
from umot.alerts.outbox import MOST_TRIES, Outbox
from umot.scheduling.notice import give_notice
from umot.timeline import utc

pytestmark = pytest.mark.usefixtures("airflow_database")

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def dags_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DAGS))


def tell(config: Path, **urls: str) -> None:
    """Add channels to a configuration."""
    channels = {name: {"url": url} for name, url in urls.items()}
    config.write_text(config.read_text("utf-8") + f"alerts: {json.dumps({'channels': channels})}\n", "utf-8")


def url(hook: Hook) -> str:
    return f"json://{hook.host}/"


def say(config: Path, about: str, at: datetime = NOON) -> list[str]:
    return give_notice(config, "umot_index: index failed", "It did.", about=about, at=at)


def test_a_failure_is_told_once_a_day_however_often_it_is_met(config: Path) -> None:
    with webhook(200) as hook:
        tell(config, us=url(hook))
        for _ in range(2):
            assert states(run(parsed()["umot_collect_guarded"])) == {"failed"}
    (message,) = hook.got
    assert "GUARDED_KEY" in message["message"]
    assert "once a day" in message["message"]


def test_what_all_tasks_meet_is_told_once_although_the_workspace_cannot_be_opened(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = config.read_text("utf-8").replace("een-sleutel-voor-alle-auteurs", '"${UMOT_NO_SUCH_KEY}"')
    config.write_text(text, "utf-8")
    with webhook(200) as hook:
        tell(config, us="${UMOT_OUR_URL}")
        monkeypatch.setenv("AIRFLOW_CONN_UMOT_ALERTS", json.dumps({"conn_type": "generic", "password": url(hook)}))
        for dag in ("umot_collect_export", "umot_collect_blog", "umot_index"):
            assert "failed" in states(run(parsed()[dag]))
    (message,) = hook.got
    assert "UMOT_NO_SUCH_KEY" in message["message"]


def test_a_channel_without_its_secret_keeps_no_other_from_being_told(config: Path) -> None:
    with webhook(200) as hook:
        tell(config, us=url(hook), them="mailtos://us:${UMOT_NO_SUCH_PASSWORD}@example.org")
        assert "failed" in states(run(parsed()["umot_index"]))
    (message,) = hook.got
    assert "UMOT_NO_SUCH_PASSWORD" in message["message"]


def test_a_secret_that_the_connection_lacks_keeps_no_other_channel_from_being_told(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook(200) as hook:
        tell(config, us="${UMOT_OUR_URL}", them="mailtos://us:${UMOT_NO_SUCH_PASSWORD}@example.org")
        connection = {"conn_type": "generic", "extra": {"UMOT_OUR_URL": url(hook)}}
        monkeypatch.setenv("AIRFLOW_CONN_UMOT_ALERTS", json.dumps(connection))
        assert "failed" in states(run(parsed()["umot_index"]))
    (message,) = hook.got
    assert "no value for UMOT_NO_SUCH_PASSWORD" in message["message"]


def test_another_error_and_another_day_are_told_again(config: Path) -> None:
    with webhook(200) as hook:
        tell(config, us=url(hook))
        told = [say(config, "a"), say(config, "a"), say(config, "b"), say(config, "a", NOON + timedelta(days=1))]
    assert told == [["us"], [], ["us"], ["us"]]


def test_what_nobody_took_is_told_when_it_is_met_again(config: Path) -> None:
    with webhook(500, 200) as hook:
        tell(config, us=url(hook))
        assert [say(config, "a"), say(config, "a"), say(config, "a")] == [[], ["us"], []]


def test_what_a_kill_kept_from_being_told_is_told_when_it_is_met_again(config: Path) -> None:
    words = (
        "import sys; from datetime import datetime; from pathlib import Path\n"
        "from umot.scheduling.notice import give_notice\n"
        "give_notice(Path(sys.argv[1]), 'a', 'b', about='a', at=datetime.fromisoformat(sys.argv[2]))"
    )
    with webhook(HANG, 200) as hook:
        tell(config, us=url(hook))
        with subprocess.Popen([sys.executable, "-c", words, str(config), NOON.isoformat()]) as telling:
            assert hook.asked.wait(60)
            telling.kill()
        assert [say(config, "a"), say(config, "a")] == [["us"], []]


@pytest.mark.parametrize(("first", "told"), [(HANG, [[], ["us"]]), (200, [["us"], []])])
def test_who_meets_the_same_while_it_is_told_waits_what_comes_of_it(
    config: Path, first: int, told: list[list[str]]
) -> None:
    with webhook(first, 200) as hook, ThreadPoolExecutor() as pool:
        tell(config, us=url(hook))
        config.write_text(config.read_text("utf-8").replace('"url"', '"timeout": 2, "url"'), "utf-8")
        one = pool.submit(say, config, "a")
        assert hook.asked.wait(60)
        two = pool.submit(say, config, "a")
        assert [one.result(), two.result()] == told


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        (RuntimeError("part 3 of 4: 127.0.0.1:9200 at 07:01:22"), RuntimeError("part 12 of 13: 10.0.0.1:9200"), 2),
        (RuntimeError("read after 30.02s"), RuntimeError("read after 31s"), 1),
        (RuntimeError("shop-1 is away"), RuntimeError("shop-2 is away"), 2),
    ],
)
def test_numbers_alone_make_no_other_error(config: Path, first: Exception, second: Exception, times: int) -> None:
    from umot_airflow.notices import tell_failure

    with webhook(200) as hook:
        tell(config, us=url(hook))
        for n, error in enumerate((first, second)):
            tell_failure({"task_instance": Instance("umot_index", "index", f"r{n}"), "exception": error})
    assert len(hook.got) == times


class Instance:
    """What is asked of a task instance of Airflow."""

    def __init__(self, dag_id: str, task_id: str, run_id: str) -> None:
        self.dag_id, self.task_id, self.run_id = dag_id, task_id, run_id


@pytest.mark.parametrize("state", ["failed", "running"])
def test_a_late_run_is_told_with_its_state(config: Path, state: str) -> None:
    from umot_airflow.notices import tell_late

    with webhook(200) as hook:
        tell(config, us=url(hook))
        tell_late({"dag_run": {"dag_id": "umot_weekly_report", "dag_run_id": "scheduled__1", "state": state}})
    (message,) = hook.got
    assert "umot_weekly_report is late" in message["title"]
    assert f"it is {state}" in message["message"]


def test_messages_that_nobody_takes_make_the_watch_red(config: Path, site: Site) -> None:
    tell(config, us="json://127.0.0.1:9/")
    with opened(config) as ws:
        outbox = Outbox(ws.store.state)
        outbox.add("us", "an-alert", "opened", utc(AS_OF) - timedelta(days=3), severity=5)
        for _ in range(MOST_TRIES):
            (notice,) = outbox.all()
            outbox.failed(notice, utc(AS_OF) - timedelta(days=2), "the service cannot be reached")
    done = run(parsed()["umot_watch"])
    assert {i.task_id: str(i.state) for i in done.get_task_instances()} == {"watch": "success", "examine": "failed"}
    assert "stuck since 2026-03-07: 1 messages" in results(done, "watch")["reason"]
