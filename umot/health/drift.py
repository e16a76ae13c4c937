"""Drifting: a source still gives posts, but no longer as it did."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import asin, sqrt
from typing import Final

import numpy as np
from scipy import stats

from umot.health.departures import Counts, Departure, Look, Series, chance_of_mix, chance_of_more, departure
from umot.health.known import FEWEST, Known, at, is_healthy, is_looked_at
from umot.health.tally import CLAIMED, FIELDS
from umot.health.verdict import Illness
from umot.store.contract import Document

LEVEL: Final = 0.001 / (len(FIELDS) + 3)
"""Probability below which a departure counts: 0.001, shared by the fields, rejects, answers and languages."""

_BEYOND_DECLARED: Final = 0.02
_LEAST_CHANGE: Final = 0.1
_LEAST_H: Final = 0.5
_LEAST_SHIFT: Final = 0.3
_HTTP: Final = ("http_2xx", "http_3xx", "http_4xx", "http_5xx")
_SHOWN: Final = 3
_PAST: Final = 90


@dataclass(frozen=True, slots=True)
class _Drift:
    """One thing that drifts: where it stands, and in words."""

    found: Departure
    words: str


@dataclass(frozen=True, slots=True)
class _TooMany:
    """Judges the share of bad posts (the first of two kinds).

    It departs when it is clearly above what the source's class declares (exact binomial test and 2 points more), or
    clearly above its own past (Fisher's exact test, 10 points more and an effect of h = 0.5, Cohen's "medium").
    """

    allowed: float | None = None

    def __call__(self, look: Look) -> bool:
        return self._above_declared(look) or self._above_past(look)

    def _above_declared(self, look: Look) -> bool:
        if self.allowed is None or min(_share(look.alone), _share(look.recent)) < self.allowed + _BEYOND_DECLARED:
            return False
        return float(stats.binom.sf(look.recent[0] - 1, look.recent.sum(), self.allowed)) < LEVEL

    def _above_past(self, look: Look) -> bool:
        if look.past_runs < FEWEST:
            return False
        usual = _share(look.past)
        clear = _is_clear(_share(look.alone), usual) and _is_clear(_share(look.recent), usual)
        return clear and chance_of_more(look.recent, look.runs()) < LEVEL


def drift(known: Known) -> Illness | None:
    """Say what drifts at a source, the oldest departure first."""
    found = sorted(_drifts(known), key=lambda one: one.found.since)
    if not found:
        return None
    words = "; ".join(one.words for one in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    advice = f"the site or file has probably changed: compare it with what `umot check {known.source}` reads"
    return Illness("drifting", found[0].found.since, f"{words}{more}; {advice}")


def _drifts(known: Known) -> Iterator[_Drift]:
    looked = [run for run in known.past(_PAST) if is_looked_at(run)]
    yield from _fields(known, [run for run in looked if "posts" in run])
    allowed = known.declared.max_rejected
    yield from _shares(looked, _rejects, allowed, "records rejected")
    yield from _shares([run for run in looked if "pages" in run], _errors, None, "answers of the site were errors")
    yield from _languages(known, looked)


def _fields(known: Known, runs: Sequence[Document]) -> Iterator[_Drift]:
    for name in FIELDS:
        least = known.declared.min_filled.get(name)
        allowed = None if least is None else 1 - least
        series = _series(runs, [_unfilled(run, name) for run in runs])
        if series and (found := _excess(series, allowed)):
            yield _Drift(found, f"`{name}` is filled in {_against(found, 1, least, 'at least')}")


def _shares(
    runs: Sequence[Document], count: Callable[[Document], tuple[int, int]], allowed: float | None, what: str
) -> Iterator[_Drift]:
    series = _series(runs, [count(run) for run in runs])
    if series and (found := _excess(series, allowed)):
        yield _Drift(found, f"{what}: {_against(found, 0, allowed, 'at most')}")


def _excess(series: Series, allowed: float | None) -> Departure | None:
    never_bad = not series.counts[:, 0].any()  # most fields of most sources, told at once
    return None if never_bad else departure(series, _TooMany(allowed))


def _languages(known: Known, runs: Sequence[Document]) -> Iterator[_Drift]:
    claimed = _series(runs, [tuple(run.get(f"claimed_{code}", 0) for code in CLAIMED) for run in runs])
    series = known.languages or claimed
    if series and (found := departure(series, _shifted)):
        yield _Drift(found, _mix(found))


def _shifted(look: Look) -> bool:
    """Tell a mix that shifted: the G-test, and a total variation distance of 0.3 or more."""
    if look.past_runs < FEWEST:
        return False
    clear = min(_distance(look.alone, look.past), _distance(look.recent, look.past)) >= _LEAST_SHIFT
    return clear and chance_of_mix(look.recent, look.runs()) < LEVEL


def _series(runs: Sequence[Document], rows: Sequence[Sequence[int]]) -> Series | None:
    if not runs:
        return None
    return Series([at(run) for run in runs], np.array(rows, np.int64), [is_healthy(run) for run in runs])


def _unfilled(run: Document, field: str) -> tuple[int, int]:
    filled = run.get(f"filled_{field}", 0)
    return run["posts"] - filled, filled


def _rejects(run: Document) -> tuple[int, int]:
    rejected = run.get("rejected", 0)
    return rejected, run.get("parsed", 0) - rejected


def _errors(run: Document) -> tuple[int, int]:
    good, moved, *bad = (run.get(name, 0) for name in _HTTP)
    return sum(bad), good + moved


def _share(counts: Counts, kind: int = 0) -> float:
    total = counts.sum()
    return float(counts[kind] / total) if total else 0.0


def _is_clear(share: float, usual: float) -> bool:
    """Tell whether a share lies so far above another one that people would call it different."""
    return share - usual >= _LEAST_CHANGE and 2 * (asin(sqrt(share)) - asin(sqrt(usual))) >= _LEAST_H


def _distance(counts: Counts, others: Counts) -> float:
    """Return the total variation distance of two mixes, from 0 to 1."""
    return float(np.abs(counts / counts.sum() - others / others.sum()).sum() / 2)


def _against(found: Departure, kind: int, declared: float | None, bound: str) -> str:
    """Say a share, and the share of the past or, without enough of a past, the one that is declared."""
    recent = f"{found.recent[kind]:,} of {found.recent.sum():,} ({_percent(_share(found.recent, kind))})"
    if found.past_runs >= FEWEST and _is_clear(_share(found.recent), _share(found.past)):
        usual = _percent(_share(found.past, kind))
        return f"{recent}, against {usual} in the {found.past_runs} healthy runs before"
    return f"{recent}, where {bound} {_percent(declared or 0.0)} is expected of this kind of source"


def _mix(found: Departure) -> str:
    """Say which language grew most and which shrank most."""
    change = found.recent / found.recent.sum() - found.past / found.past.sum()
    parts = [
        f"{CLAIMED[kind]} is {_percent(_share(found.recent, kind))} instead of {_percent(_share(found.past, kind))}"
        for kind in (int(change.argmax()), int(change.argmin()))
    ]
    return f"languages shifted: of {found.recent.sum():,} posts {' and '.join(parts)}"


def _percent(share: float) -> str:
    return f"{share:.0%}"
