"""From the outbox to real receivers: once, whatever else fails, hangs, or runs at the same time."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.receivers import HANG, mail_server, webhook
from tests.alerts.stories import DAY, HOUR, MINUTE, MORNING, SECRET_TEXT, alert, keep, source_alert, workspace
from umot.alerts.delivery import Delivery, announce, deliver
from umot.alerts.outbox import MOST_TRIES, Outbox
from umot.timeline import iso

ROOT = Path(__file__).parents[2]


def waiting(ws: Any) -> list[Any]:
    return [notice for notice in Outbox(ws.store.state).all() if notice.sent is None]


def test_an_alert_reaches_every_channel_that_wants_it_once(tmp_path: Path) -> None:
    with mail_server() as mail, webhook() as hook, webhook() as other:
        channels = {
            "mail": {"url": f"mailto://127.0.0.1:{mail.port}?from=umot@example.org&to=team@example.org"},
            "hook": {"url": f"json://{hook.host}/"},
            "competitor": {"url": f"json://{other.host}/", "brands": ["Maanhof"]},
        }
        with workspace(tmp_path, channels) as ws:
            keep(ws, alert())
            assert announce(ws, alert(), "opened", MORNING) == 2
            assert announce(ws, alert(), "opened", MORNING) == 0
            assert deliver(ws, MORNING) == Delivery(sent=2)
            assert deliver(ws, MORNING + MINUTE) == Delivery()
    assert len(mail.got) == len(hook.got) == 1
    assert not other.got
    assert SECRET_TEXT not in str(hook.got)


def test_a_repeated_look_announces_nothing_twice(tmp_path: Path) -> None:
    with workspace(tmp_path, {"hook": {"url": "json://127.0.0.1:9/"}}) as ws:
        told = [
            announce(ws, alert(severity=4), "opened", MORNING),
            announce(ws, alert(severity=6), "grown", MORNING),
            announce(ws, alert(severity=6), "grown", MORNING + DAY),
            announce(ws, alert(severity=6), "closed", MORNING + DAY),
            announce(ws, alert(severity=6), "closed", MORNING + 2 * DAY),
        ]
    assert told == [1, 1, 0, 1, 0]


def test_an_alert_that_grows_twice_a_day_is_told_twice(tmp_path: Path) -> None:
    with workspace(tmp_path, {"hook": {"url": "json://127.0.0.1:9/"}}) as ws:
        announce(ws, alert(severity=4), "opened", MORNING)
        assert announce(ws, alert(severity=6), "grown", MORNING + HOUR) == 1
        assert announce(ws, alert(severity=9), "grown", MORNING + 2 * HOUR) == 1


def test_a_channel_hears_of_an_alert_that_comes_to_concern_it_and_of_its_end(tmp_path: Path) -> None:
    channels = {
        "boss": {"url": "json://127.0.0.1:9/", "severity": 5},
        "till": {"url": "json://127.0.0.1:9/", "moments": ["dmot"]},
    }
    with workspace(tmp_path, channels) as ws:
        assert announce(ws, alert(severity=4), "opened", MORNING) == 0
        assert announce(ws, alert(severity=4), "closed", MORNING) == 0
        assert announce(ws, alert(severity=5, moments=["smot", "dmot"]), "opened", MORNING + DAY) == 2
        assert announce(ws, alert(severity=4), "closed", MORNING + 2 * DAY) == 2
        events = sorted((notice.channel, notice.event) for notice in waiting(ws))
    assert events == [("boss", "closed"), ("boss", "opened"), ("till", "closed"), ("till", "opened")]


def test_a_channel_that_hangs_or_fails_holds_up_no_other(tmp_path: Path) -> None:
    with webhook(HANG) as hangs, webhook(500) as fails, webhook() as works:
        channels = {
            "hangs": {"url": f"json://{hangs.host}/", "timeout": 1},
            "fails": {"url": f"json://{fails.host}/"},
            "unknown": {"url": "slak://T0KEN"},
            "works": {"url": f"json://{works.host}/"},
        }
        with workspace(tmp_path, channels) as ws:
            alerts = [alert(f"a{n}") for n in range(3)]
            keep(ws, *alerts)
            for each in alerts:
                announce(ws, each, "opened", MORNING)
            done = deliver(ws, MORNING)
            left = waiting(ws)
    assert (done.sent, done.waiting, done.held, done.stuck) == (3, 9, 0, 0)
    assert done.problems == {
        "hangs": "no answer within 1 seconds",
        "fails": "the service answered 500",
        "unknown": "Apprise does not know the scheme slak://",
    }
    assert len(works.got) == 3
    assert len(fails.got) == len(hangs.got) == 1  # after a failure a channel is left alone
    assert sum(notice.attempts for notice in left) == 3


@pytest.mark.parametrize("status", [500, 429])
def test_a_failure_is_tried_again_when_its_time_has_come(tmp_path: Path, status: int) -> None:
    with webhook(status, 200) as hook, workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}) as ws:
        keep(ws, alert())
        announce(ws, alert(), "opened", MORNING)
        first = deliver(ws, MORNING)
        assert (first.sent, first.waiting) == (0, 1)
        assert str(status) in first.problems["hook"]
        assert deliver(ws, MORNING) == Delivery(waiting=1)
        assert deliver(ws, MORNING + MINUTE) == Delivery(sent=1)
    assert len(hook.got) == 2


def test_a_stuck_notice_is_left_alone(tmp_path: Path) -> None:
    with webhook(500) as hook, workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}) as ws:
        keep(ws, alert())
        announce(ws, alert(), "opened", MORNING)
        (notice,) = waiting(ws)
        value = notice.value() | {"attempts": MOST_TRIES - 1}
        ws.store.state.put("outbox", notice.key, value)
        assert deliver(ws, MORNING).stuck == 1
        assert deliver(ws, MORNING + DAY) == Delivery(stuck=1, stuck_since=iso(MORNING))
    assert len(hook.got) == 1


def test_messages_are_written_from_what_is_stored_when_they_are_sent(tmp_path: Path) -> None:
    with webhook() as hook, workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/", "texts": True}}) as ws:
        keep(ws, alert())
        announce(ws, alert(), "opened", MORNING)
        keep(ws, alert(examples=[""], severity=8))
        deliver(ws, MORNING)
    assert SECRET_TEXT not in str(hook.got)
    assert "severity 8" in str(hook.got) or "ernst 8" in str(hook.got)


def test_no_text_ever_is_in_the_outbox(tmp_path: Path) -> None:
    with workspace(tmp_path, {"hook": {"url": "json://127.0.0.1:9/T0KEN", "texts": True}}) as ws:
        keep(ws, alert())
        announce(ws, alert(), "opened", MORNING)
        deliver(ws, MORNING)
        state = str(list(ws.store.state.scan("outbox")))
    assert SECRET_TEXT not in state
    assert "pakket" not in state
    assert "T0KEN" not in state


def test_an_alert_that_is_gone_or_strange_fails_alone(tmp_path: Path) -> None:
    with webhook() as hook, workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}) as ws:
        keep(ws, alert("good"), alert("strange", missing_from=None))
        stored = ws.store.get("alerts", "strange")
        assert stored
        ws.store.put("alerts", [{key: value for key, value in stored.items() if key != "days"} | {"what": "unheard"}])
        for id_ in ("gone", "strange", "good"):
            announce(ws, alert(id_), "opened", MORNING)
        done = deliver(ws, MORNING)
    assert (done.sent, done.waiting) == (1, 2)
    assert "cannot be put into words" in done.problems["hook"] or "not in the store" in done.problems["hook"]
    assert len(hook.got) == 1


def test_events_of_one_alert_are_one_message_about_the_last(tmp_path: Path) -> None:
    with webhook() as hook, workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/", "language": "en"}}) as ws:
        keep(ws, alert(status="closed"))
        for event in ("opened", "grown", "closed"):
            announce(ws, alert(), event, MORNING)
        assert deliver(ws, MORNING) == Delivery(sent=3)
    (got,) = hook.got
    assert "Over: Zonnehoek" in got["title"]


def test_a_digest_tells_all_in_one_message(tmp_path: Path) -> None:
    channels = {"hook": {"digest": "daily", "language": "en"}}
    with webhook() as hook:
        channels["hook"]["url"] = f"json://{hook.host}/"
        with workspace(tmp_path, channels) as ws:
            keep(ws, alert("a"), alert("b", brand="Maanhof"), source_alert())
            for each in (alert("a"), alert("b"), source_alert()):
                announce(ws, each, "opened", MORNING)
            assert deliver(ws, MORNING) == Delivery(sent=3)
            announce(ws, alert("a"), "closed", MORNING + HOUR)
            assert deliver(ws, MORNING + HOUR) == Delivery(held=1)
            assert deliver(ws, MORNING + DAY) == Delivery(sent=1)
    assert "3 alerts" in hook.got[0]["title"]
    assert "Over" in hook.got[1]["title"]


def test_quiet_hours_hold_all_but_the_severest(tmp_path: Path) -> None:
    night = {"since": "22:00", "until": "08:00"}
    with webhook() as hook, workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}, quiet_hours=night) as ws:
        keep(ws, alert("a"), alert("b", severity=9))
        announce(ws, alert("a"), "opened", MORNING)
        announce(ws, alert("b", severity=9), "opened", MORNING)
        assert deliver(ws, MORNING) == Delivery(sent=1, held=1)
        assert deliver(ws, MORNING + HOUR) == Delivery(sent=1)
    assert len(hook.got) == 2


def test_a_claim_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    with webhook() as hook, workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}) as ws:
        keep(ws, alert())
        announce(ws, alert(), "opened", MORNING)
        (notice,) = waiting(ws)
        assert Outbox(ws.store.state).claim(notice, MORNING)
        assert deliver(ws, MORNING + MINUTE) == Delivery(waiting=1)
        assert deliver(ws, MORNING + 15 * MINUTE) == Delivery(sent=1)


def test_two_processes_at_once_send_nothing_twice(tmp_path: Path) -> None:
    alerts = [alert(f"a{n:02}") for n in range(12)]
    with webhook() as hook:
        with workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}) as ws:
            keep(ws, *alerts)
            for each in alerts:
                announce(ws, each, "opened", MORNING)
        code = (
            "import sys; from pathlib import Path; from datetime import datetime;"
            "from umot.workspace import Workspace; from umot.alerts.delivery import deliver;"
            "ws = Workspace.load(Path(sys.argv[1])); print(deliver(ws, datetime.fromisoformat(sys.argv[2])).sent)"
        )
        command = [sys.executable, "-c", code, str(tmp_path / "umot.yaml"), iso(MORNING)]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)]
        sent = [int(process.communicate()[0]) for process in both]
    assert sum(sent) == 12
    assert len(hook.got) == 12


def test_a_killed_delivery_goes_on_and_repeats_one_message_at_most(tmp_path: Path) -> None:
    alerts = [alert(f"a{n:02}") for n in range(6)]
    with webhook(200, 200, HANG) as hook:
        with workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}) as ws:
            keep(ws, *alerts)
            for each in alerts:
                announce(ws, each, "opened", MORNING)
        code = (
            "import sys; from pathlib import Path; from datetime import datetime;"
            "from umot.workspace import Workspace; from umot.alerts.delivery import deliver;"
            "deliver(Workspace.load(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]))"
        )
        process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "umot.yaml"), iso(MORNING)], cwd=ROOT)
        while len(hook.got) < 3:
            hook.asked.wait()
            hook.asked.clear()
        process.kill()
        process.wait()
        hook.statuses[:] = [200]
        with workspace(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}) as ws:
            assert deliver(ws, MORNING + MINUTE) == Delivery(sent=3, waiting=1)
            assert deliver(ws, MORNING + 15 * MINUTE) == Delivery(sent=1)
    assert len(hook.got) == 7
