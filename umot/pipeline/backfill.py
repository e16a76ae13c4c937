"""Collecting once more, as of dates that have passed."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from umot.errors import ConfigError
from umot.ledger import Run
from umot.pipeline.collect import collect
from umot.progress import Progress, silent
from umot.timeline import days_between, parse_as_of
from umot.workspace import Workspace


def backfill(ws: Workspace, source: str, dates: Iterable[datetime], progress: Progress = silent) -> Iterator[Run]:
    """Collect everything that a source shows as of each date, in order, and yield the ledger records.

    The cursor stays. What is known is not stored again, and an older look never overwrites a newer one.

    Raises:
        StoreError: the state cannot be read or written.
    """
    for as_of in sorted(dates):
        yield collect(ws, source, as_of, progress, afresh=True)


def dates_of(ws: Workspace, since: date, until: date, every: int, latest: datetime) -> list[datetime]:
    """Return the ends of days from the first to the last day, every so many days; none is later than `latest`.

    Raises:
        ConfigError: the range is empty or begins after `latest`.
    """
    if until < since:
        raise ConfigError(f"the last day {until} is before the first day {since}")
    zone = ws.settings.zone
    if since > latest.astimezone(zone).date():
        raise ConfigError(f"the first day {since} is yet to come")
    ends = [parse_as_of(day.isoformat(), zone) for day in days_between(since, until)[::every]]
    return list(dict.fromkeys(min(end, latest) for end in ends))
