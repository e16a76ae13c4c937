"""Silent: a source answers as it should, but brings nothing new for longer than chance allows."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise, takewhile
from math import log
from statistics import median
from typing import Final

import numpy as np

from umot.health.known import DAY, FEWEST, Known, at, is_healthy, is_looked_at
from umot.health.verdict import Illness
from umot.store.contract import Document

_LEVEL: Final = 0.001
_FALSE_PER_YEAR: Final = 0.1
_FEWEST_EXPECTED: Final = 5.0
_BURST: Final = 5
_PAST: Final = 365
_SCALES: Final = (1, 7, 28, 91)
_FEWEST_BLOCKS: Final = 3
_PRIOR_DISPERSION: Final = 2.0
_PRIOR_WEIGHT: Final = 5
_FEW_PAUSES: Final = 3
_TWO_WEEKS: Final = 14.0
_ALMOST: Final = 0.9

Span = tuple[float, float]
"""A stretch of days and the new posts in it."""


def silence(known: Known) -> Illness | None:
    """Say that a source is silent: its latest run was, or nothing new came for too long."""
    if known.runs and known.runs[-1]["verdict"] == "silent":
        return _empty(known)
    told = [run for run in known.past(_PAST) if is_looked_at(run) or run["verdict"] == "silent"]
    begun = next((n for n, run in enumerate(told) if is_healthy(run)), len(told))
    return _nothing_new(known, told[begun:])


def _empty(known: Known) -> Illness:
    """Return the illness of a source that showed nothing at all where it used to show posts."""
    silent = list(takewhile(lambda run: run["verdict"] == "silent", reversed(known.past(_PAST))))
    usual = median([run.get("parsed", 0) for run in known.past(_PAST) if is_healthy(run)] or [0])
    words = f"nothing at all was found in {len(silent)} run(s), where {usual:,.0f} records a run are usual"
    return Illness("silent", at(silent[-1]), f"{words}; {_advice(known)}")


def _nothing_new(known: Known, runs: Sequence[Document]) -> Illness | None:
    bringing = [n for n, run in enumerate(runs) if run.get("new", 0)]
    asked = [run for run in runs if run["verdict"] != "limited"]
    if not bringing or sum(map(is_healthy, runs)) < FEWEST:
        return None
    before, begun = runs[: bringing[-1] + 1], at(runs[bringing[-1]])
    spans = list(_spans(before))
    observed = sum(length for length, _ in spans)
    days = (at(asked[-1]) - begun) / DAY
    # A past of less than two weeks knows no weekend.
    if observed < _TWO_WEEKS or days < max(1.0, 2 * _usual_pause(before)):
        return None
    expected, chance = forecast(spans, days)
    looks = len(bringing) / observed * _PAST
    if expected < _FEWEST_EXPECTED or chance >= min(_LEVEL, _FALSE_PER_YEAR / looks):
        return None
    words = f"nothing new for {days:.0f} day(s), where its own past lets expect {expected:,.0f} posts"
    return Illness("silent", begun, f"{words} (chance of none: {_odds(chance)}); {_advice(known)}")


def forecast(spans: Sequence[Span], days: float) -> tuple[float, float]:
    """Return how many new posts the past lets expect in some days, and the probability that none comes.

    The rate is a gamma variable known from the past, so that a short past is trusted less: of N posts in E days none
    comes in t days with probability (E / (E + t))^N. Overdispersion d makes N fewer, by ln(d) / (d - 1): with a long
    past that is the negative binomial's P(0) (Noufaily et al. 2013, section 3.4). A burst counts as five times its
    usual number of posts at most, or it would make everything after it look quiet.
    """
    daily = list(_blocks(spans, 1))
    if len(daily) < FEWEST - 1 or not any(posts for _, posts in daily):
        return 0.0, 1.0
    most = _BURST * median(posts / length for length, posts in daily if posts)
    tame = [(length, min(posts, most * length)) for length, posts in daily]
    length, posts = (sum(part) for part in zip(*tame, strict=True))
    spread = max(_dispersion(list(_blocks(tame, scale))) for scale in _SCALES)
    fewer = log(spread) / (spread - 1) if spread > 1 else 1.0
    return posts / length * days, (length / (length + days)) ** (posts * fewer)


def _dispersion(blocks: Sequence[Span]) -> float:
    """Return variance over mean of blocks (Pearson), drawn to 2 as long as there are few; 1 at least."""
    if len(blocks) < _FEWEST_BLOCKS:
        return 1.0
    lengths, posts = np.array(blocks).T
    if not posts.any():
        return 1.0
    expected = lengths * posts.sum() / lengths.sum()
    pearson = float(((posts - expected) ** 2 / expected).sum())
    weight = _PRIOR_WEIGHT + len(blocks) - 1
    return max(1.0, (_PRIOR_WEIGHT * _PRIOR_DISPERSION + pearson) / weight)


def _spans(runs: Sequence[Document]) -> Iterator[Span]:
    """Yield days and new posts between runs; the first run's are left out, for it brings what was there before."""
    for earlier, later in pairwise(runs):
        if at(later) > at(earlier):
            yield (at(later) - at(earlier)) / DAY, later.get("new", 0)


def _blocks(spans: Sequence[Span], days: float) -> Iterator[Span]:
    """Put neighbouring spans together until they are as long as some days; runs are never quite on time."""
    length, posts = 0.0, 0.0
    for more, found in spans:
        length, posts = length + more, posts + found
        if length >= _ALMOST * days:
            yield length, posts
            length, posts = 0.0, 0.0


def _usual_pause(runs: Sequence[Document]) -> float:
    """Return how many days the source was quiet before, and brought something again.

    Nights, weekends and holidays are pauses that no rate knows of. Of three or more the longest may have been a
    silence: the second longest counts.
    """
    pauses, begun = [timedelta(0)], at(runs[0])
    for earlier, later in pairwise(runs):
        if later.get("new", 0):
            pauses.append(at(earlier) - begun)
            begun = at(later)
    longest = sorted(pause / DAY for pause in pauses if pause)[-_FEW_PAUSES:]
    return longest[-2] if len(longest) == _FEW_PAUSES else max(longest, default=0.0)


def _odds(chance: float) -> str:
    return f"1 in {min(1 / max(chance, 1e-9), 1e6):,.0f}" if chance > 1e-6 else "below 1 in a million"


def _advice(known: Known) -> str:
    return f"look at the source yourself: if it has new posts, `umot check {known.source}` shows what is read of it"
