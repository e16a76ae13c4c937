"""What goes out when: quiet hours, digests, caps and tries to come. Times are those of Amsterdam in March (UTC+1)."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from tests.alerts.stories import DAY, HOUR, MINUTE, MORNING, alert, source_alert
from umot.alert import Alert
from umot.alerts.outbox import MOST_TRIES, Notice
from umot.alerts.planning import Clock, Plan, plan
from umot.alerts.routing import channels_for, wants
from umot.config.alerts import ChannelSettings, QuietHours
from umot.timeline import iso

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = QuietHours(since=time(22), until=time(7))


def channel(**changes: Any) -> ChannelSettings:
    return ChannelSettings(url=SecretStr("json://127.0.0.1/"), **changes)


def notice(alert: str = "a", added: datetime = MORNING, sent: datetime | None = None, **changes: Any) -> Notice:
    """Return a notice; a sent one went out in a message of its own unless told otherwise."""
    event = changes.pop("event", "opened")
    facts = {
        "severity": 5,
        "occurrence": "",
        "sent": iso(sent) if sent else None,
        "message": f"m-{alert}-{event}" if sent else None,
    }
    return Notice(
        key=f"team/{alert}/{event}",
        version=1,
        channel="team",
        alert=alert,
        event=event,
        added=iso(added),
        **facts | changes,
    )


def planned(
    notices: Iterable[Notice],
    as_of: datetime = MORNING,
    settings: ChannelSettings | None = None,
    quiet: QuietHours | None = None,
) -> Plan:
    return plan(settings or channel(), list(notices), Clock(as_of, AMSTERDAM, quiet))


def told(found: Plan) -> list[list[str]]:
    return [[each.alert for each in parcel] for parcel in found.parcels]


def test_the_severest_goes_first_and_an_alert_is_told_once() -> None:
    found = planned([notice("a"), notice("b", severity=9), notice("a", event="grown")])
    assert told(found) == [["b"], ["a", "a"]]


def test_what_was_sent_is_not_sent_again() -> None:
    assert planned([notice(sent=MORNING)]).parcels == []


def test_quiet_hours_hold_until_they_end_but_not_the_severest() -> None:
    notices = [notice("a"), notice("b", severity=9)]
    night = planned(notices, MORNING - HOUR, quiet=NIGHT)  # six in the morning
    assert told(night) == [["b"]]
    assert night.held == {"team/a/opened": "quiet hours"}
    assert told(planned(notices, MORNING, quiet=NIGHT)) == [["b"], ["a"]]


def test_a_claim_holds_for_a_quarter_of_an_hour() -> None:
    claimed = notice(claimed=iso(MORNING))
    assert planned([claimed], MORNING + 14 * MINUTE).held == {claimed.key: "being sent"}
    assert told(planned([claimed], MORNING + 15 * MINUTE)) == [["a"]]


def test_a_failed_notice_waits_and_a_stuck_one_stays() -> None:
    failed = notice("a", attempts=1, next_try=iso(MORNING + MINUTE))
    stuck = notice("b", attempts=MOST_TRIES, next_try=iso(MORNING))
    assert planned([failed, stuck]).held == {failed.key: "later try", stuck.key: "stuck"}
    assert told(planned([failed, stuck], MORNING + MINUTE)) == [["a"]]


def test_old_news_of_an_alert_goes_with_the_new() -> None:
    failed = notice("a", attempts=3, next_try=iso(MORNING + HOUR))
    stuck = notice("b", attempts=MOST_TRIES)
    found = planned([failed, stuck, notice("a", event="closed")])
    assert told(found) == [["a", "a"]]
    assert found.held == {stuck.key: "stuck"}


def test_a_channel_that_is_gone_holds_its_notices() -> None:
    assert plan(None, [notice()], Clock(MORNING, AMSTERDAM)).held == {"team/a/opened": "no channel"}


def test_a_daily_digest_goes_with_the_first_delivery_of_a_day() -> None:
    daily = channel(digest="daily")
    assert told(planned([notice("a"), notice("b")], settings=daily)) == [["a", "b"]]
    later = [notice("a", sent=MORNING), notice("b", added=MORNING + HOUR)]
    assert planned(later, MORNING + 2 * HOUR, daily).held == {"team/b/opened": "digest"}
    assert told(planned(later, MORNING + DAY, daily)) == [["b"]]


def test_a_day_begins_in_the_workspaces_zone() -> None:
    """Half past eleven in the evening in UTC is the next day in Amsterdam."""
    daily, evening = channel(digest="daily"), MORNING.replace(hour=22, minute=30)
    later = [notice("a", sent=evening), notice("b", added=evening)]
    assert planned(later, evening + 10 * MINUTE, daily).held == {"team/b/opened": "digest"}
    assert told(planned(later, evening + HOUR, daily)) == [["b"]]


@pytest.mark.parametrize(
    ("added", "as_of", "goes"),
    [
        (0, 0, False),  # Wednesday, on Wednesday
        (0, 4, False),  # on Sunday
        (0, 5, True),  # on Monday
        (0, 6, True),  # on Tuesday: on Monday nobody delivered
        (5, 5, True),  # Monday, on Monday
        (6, 6, False),  # Tuesday, on Tuesday
    ],
)
def test_a_weekly_digest_goes_on_mondays(added: int, as_of: int, goes: bool) -> None:
    found = planned([notice(added=MORNING + added * DAY)], MORNING + as_of * DAY, channel(digest="weekly"))
    assert bool(found.parcels) is goes


def test_one_weekly_digest_a_week() -> None:
    monday = MORNING + 5 * DAY
    notices = [notice("a", sent=monday), notice("b", added=MORNING)]
    assert planned(notices, monday + HOUR, channel(digest="weekly")).held == {"team/b/opened": "digest"}


def test_a_failed_digest_does_not_wait_for_the_next_one() -> None:
    failed = notice(attempts=1, next_try=iso(MORNING), added=MORNING - DAY)
    assert told(planned([failed], settings=channel(digest="weekly"))) == [["a"]]


def test_what_is_over_the_cap_is_one_message_the_next_day() -> None:
    capped = channel(most_per_day=2)
    first = planned(
        [notice(name, severity=severity) for name, severity in (("a", 1), ("b", 9), ("c", 5), ("d", 2))],
        settings=capped,
    )
    assert told(first) == [["b"], ["c"]]
    assert set(first.held.values()) == {"most per day"}
    next_day = [
        notice("b", sent=MORNING),
        notice("c", sent=MORNING),
        notice("a"),
        notice("d"),
        notice("e", added=MORNING + DAY),
    ]
    assert told(planned(next_day, MORNING + DAY, capped)) == [["a", "d"], ["e"]]


def test_a_digest_counts_as_one_message() -> None:
    sent = [notice(name, sent=MORNING, message="one") for name in "abc"]
    assert told(planned([*sent, notice("d")], settings=channel(most_per_day=2))) == [["d"]]


@pytest.mark.parametrize(
    ("settings", "about", "wanted"),
    [
        ({}, alert(), True),
        ({}, source_alert(), True),
        ({"sources": False}, source_alert(), False),
        ({"severity": 8}, alert(), False),
        ({"severity": 7}, alert(), True),
        ({"brands": ("Maanhof",)}, alert(), False),
        ({"brands": ("Zonnehoek",)}, source_alert(), True),
        ({"moments": ("dmot",)}, alert(), False),
        ({"moments": ("dmot",)}, alert(moments=["smot", "dmot"]), True),
        ({"moments": ("dmot",)}, alert(moment=None, moments=[]), False),
        ({"what": ("complaints", "broken")}, alert(), False),
        ({"what": ("complaints", "broken")}, source_alert(), True),
    ],
)
def test_routing(settings: dict[str, Any], about: Alert, wanted: bool) -> None:
    assert wants(channel(**settings), about) is wanted
    assert channels_for(about, {"team": channel(**settings)}) == (["team"] if wanted else [])


def test_the_clock_knows_the_day() -> None:
    assert Clock(MORNING + timedelta(hours=17, minutes=30), AMSTERDAM).today.isoformat() == "2026-03-05"
