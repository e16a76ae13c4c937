"""Time as people of the workspace live it: days, ISO weeks and months in one time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from umot.errors import ConfigError

_WHOLE_DAY = timedelta(hours=23, minutes=59, seconds=59)


def buckets(moment: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Return `day`, `week` and `month` of an aware time, as keywords in the workspace's zone."""
    local = local_day(moment, zone)
    return {"day": local.isoformat(), "week": week_of(local), "month": f"{local:%Y-%m}"}


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day of an aware time in the workspace's zone."""
    return moment.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day of the workspace's zone begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def week_of(day: date) -> str:
    """Return the ISO week, for example `2026-W10`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(week: str) -> date:
    """Return the first day of an ISO week such as `2026-W10`."""
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def days_between(first: date, last: date) -> list[date]:
    """Return every day from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def weeks_between(first: date, last: date) -> list[str]:
    """Return every ISO week that has a day from first to last."""
    return list(dict.fromkeys(week_of(day) for day in days_between(first, last)))


def utc(text: str) -> datetime:
    """Read a stored ISO time as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def iso(moment: datetime) -> str:
    """Write an aware time as stored: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_as_of(text: str, zone: ZoneInfo, option: str = "--as-of") -> datetime:
    """Read what a person typed as `--as-of`: a date (its end) or a time (local without an offset).

    Raises:
        ConfigError: it is neither.
    """
    moment = parse_time(text, zone, option)
    return moment + _WHOLE_DAY if _is_date(text) else moment


def parse_past(text: str, now: datetime, zone: ZoneInfo, option: str) -> datetime:
    """Read a time to work at that somebody named; a date that is today's is now, as its end is yet to come.

    Raises:
        ConfigError: it is neither date nor time, or later than now. Later looks would be none, and retention as of a
            time to come would end everything.
    """
    moment = parse_as_of(text, zone, option)
    if moment <= now:
        return moment
    if _is_date(text) and local_day(moment, zone) == local_day(now, zone):
        return now
    raise ConfigError(f"{option} {moment:%Y-%m-%d %H:%M} is yet to come; name a time up to {now:%Y-%m-%d %H:%M} UTC")


def _is_date(text: str) -> bool:
    return len(text) == len("2026-03-02")


def parse_time(text: str, zone: ZoneInfo, option: str) -> datetime:
    """Read a date (its begin) or time (local without an offset) of the command line.

    Raises:
        ConfigError: it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{option} {text!r} is not a date or time; write for example 2026-03-02 or 2026-03-02T07:00"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
