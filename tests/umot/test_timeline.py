"""Days and weeks are those of the workspace's time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from umot.errors import ConfigError
from umot.timeline import buckets, days_between, iso, monday_of, parse_as_of, past, utc, week_of, weeks_between

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


def test_a_named_time_is_never_later_than_now() -> None:
    now = datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert past(parse_as_of("2026-03-01", AMSTERDAM), now, "--as-of") == datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC)
    assert past(parse_as_of("2026-03-02", AMSTERDAM), now, "--as-of") == now
    with pytest.raises(
        ConfigError, match="--as-of 2036-03-02 22:59 is yet to come; name a time up to 2026-03-02 07:00"
    ):
        past(parse_as_of("2036-03-02", AMSTERDAM), now, "--as-of")
