"""One verdict per source: the worst of what is wrong with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from spiders.registry import source as source_class
from umot.analysis.coverage import SourceCoverage
from umot.health.drift import drift
from umot.health.facts import breakdown, limits
from umot.health.known import Known, told
from umot.health.languages import detected
from umot.health.quiet import silence
from umot.health.verdict import Illness, SourceHealth, severity
from umot.timeline import iso, local_day
from umot.workspace import Workspace

_RUNS: Final = 2000
"""Runs that are read of a source: 90 days of hourly ones."""


def judge_sources(ws: Workspace, as_of: datetime, names: Sequence[str] = ()) -> list[SourceHealth]:
    """Judge the enabled sources (or the named ones) by the runs up to a time.

    Raises:
        StoreError: the ledger cannot be read.
    """
    enabled = [name for name, settings in ws.settings.sources.items() if settings.enabled]
    return [judge_source(known(ws, name, as_of), as_of) for name in names or enabled]


def judge_source(known: Known, as_of: datetime) -> SourceHealth:
    """Judge one source: broken, else silent, else limited, else drifting, else well.

    Facts (the ledger's verdicts, missing runs, what the source's class declares) count at once. Whatever is compared
    with the past needs five healthy runs of it.
    """
    illness = breakdown(known, as_of) or silence(known) or limits(known) or drift(known)
    since, to = _missing(known, illness, as_of)
    if illness is None:
        return SourceHealth(known.source, missing_from=since, missing_to=to)
    day = local_day(illness.since, known.zone).isoformat()
    how_bad = severity(illness, as_of, known.zone)
    return SourceHealth(known.source, illness.what, day, illness.reason, how_bad, since, to)


def known(ws: Workspace, source: str, as_of: datetime) -> Known:
    """Return what configuration, ledger and store know of a source at a time."""
    settings, zone = ws.settings.sources[source], ws.settings.zone
    runs = told(ws.ledger.last(_RUNS, source=source, until=as_of), as_of, settings.time_budget)
    return Known(
        source,
        runs,
        zone,
        settings.schedule,
        source_class(settings.spider).health,
        detected(ws.store, source, runs, zone),
    )


def _missing(known: Known, illness: Illness | None, as_of: datetime) -> tuple[str | None, str | None]:
    """Return the latest span that no run reached: up to now while the source is ill, else a hole that was left."""
    coverage = SourceCoverage()
    for run in known.runs:
        coverage.add(run)
    open_since = coverage.vouched_to or coverage.first_attempt
    is_open = illness is not None and (illness.what == "broken" or known.runs[-1]["verdict"] == "limited")
    if is_open and open_since and open_since < as_of:
        return iso(open_since), iso(as_of)
    return (iso(coverage.holes[-1][0]), iso(coverage.holes[-1][1])) if coverage.holes else (None, None)
