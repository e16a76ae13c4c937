"""Days and weeks are those of the workspace's time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from umot.errors import ConfigError
from umot.timeline import buckets, days_between, iso, monday_of, parse_as_of, parse_past, utc, week_of, weeks_between

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def test_buckets_are_local() -> None:
    late = datetime(2025, 12, 28, 23, 30, tzinfo=UTC)
    assert buckets(late, AMSTERDAM) == {"day": "2025-12-29", "week": "2026-W01", "month": "2025-12"}
    assert buckets(late, ZoneInfo("UTC")) == {"day": "2025-12-28", "week": "2025-W52", "month": "2025-12"}


def test_weeks_and_days() -> None:
    assert week_of(date(2026, 3, 2)) == "2026-W10"
    assert monday_of("2026-W10") == date(2026, 3, 2)
    assert weeks_between(date(2026, 3, 1), date(2026, 3, 9)) == ["2026-W09", "2026-W10", "2026-W11"]
    assert len(days_between(date(2026, 3, 1), date(2026, 3, 9))) == 9


def test_stored_times_survive() -> None:
    moment = datetime(2026, 3, 2, 7, 0, 0, 123000, tzinfo=AMSTERDAM)
    assert iso(moment) == "2026-03-02T06:00:00.123Z"
    assert utc(iso(moment)) == moment


def test_as_of_a_date_is_its_end_and_a_time_is_local() -> None:
    assert parse_as_of("2026-03-02", AMSTERDAM) == datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC)
    assert parse_as_of("2026-07-02T07:00", AMSTERDAM) == datetime(2026, 7, 2, 5, 0, tzinfo=UTC)
    assert parse_as_of("2026-07-02T07:00+00:00", AMSTERDAM) == datetime(2026, 7, 2, 7, 0, tzinfo=UTC)


def test_as_of_nonsense_says_what_to_write() -> None:
    with pytest.raises(ConfigError, match="2026-03-02"):
        parse_as_of("gisteren", AMSTERDAM)


NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
"""Half past midnight of the third in Amsterdam."""


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-02", datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC)),
        ("2026-03-03", NOW),
        ("2026-03-03T00:30", NOW),
        ("2026-03-02T23:29:59+00:00", NOW - timedelta(seconds=1)),
    ],
)
def test_of_today_there_is_what_has_passed_of_it(text: str, at: datetime) -> None:
    assert parse_past(text, NOW, AMSTERDAM, "as_of") == at


@pytest.mark.parametrize(
    "text", ["2026-03-04", "2036-03-02", "2026-03-03T00:31", "2026-03-03T22:00", "2026-03-02T23:31Z"]
)
def test_a_named_time_is_never_later_than_now(text: str) -> None:
    with pytest.raises(ConfigError, match=r"as_of 20.* is yet to come; name a time up to 2026-03-02 23:30 UTC"):
        parse_past(text, NOW, AMSTERDAM, "as_of")
