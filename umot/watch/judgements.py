"""From evidence to judgements: how much of it a day needs on which many series are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from umot.watch import discovery
from umot.watch.panel import Bools, Floats, Ints
from umot.watch.settings import Settings


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules found, (series, rules): p, days looked at, posts in them; `names` says which rule is which.

    `limits` gives the smallest counts (series,) that take p to a level, by the rule of a column: both (series,).
    """

    names: NDArray[np.str_]
    p: Floats
    days: Ints
    observed: Floats
    expected: Floats
    limits: Callable[[Floats, Ints], Floats]


@dataclass(frozen=True, slots=True)
class Weighed:
    """One day's evidence of a panel; p of `many` is still to be multiplied by `caution` (series,)."""

    judged: Bools
    cold_start: Bools
    caution: Floats
    many: Evidence
    silence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Judgements:
    """One judgement per series, or per series and day: every array has the shape (series,) or (series, days).

    Where a rule fired, the numbers speak of the `days` that it looked at; where none did (`rule` is empty), of the
    shortest window. `threshold` is the smallest count that would have fired; `p` is corrected for the number of
    rules, `adjusted` for the number of series as well. Where `judged` is false, nothing was collected or the series
    is too young, and p is NaN.
    """

    judged: Bools
    cold_start: Bools
    rule: NDArray[np.str_]
    days: Ints
    observed: Floats
    expected: Floats
    threshold: Floats
    extra: Floats
    p: Floats
    adjusted: Floats


def decide(weighed: Sequence[Weighed], settings: Settings) -> list[Judgements]:
    """Judge the series of several panels on one day under one false-discovery control; silence has its own."""
    judged = _too_many(weighed, settings)
    return _or_silent(judged, weighed, settings)


def stacked(days: Sequence[Judgements]) -> Judgements:
    """Join the judgements (series,) of several days to one of (series, days)."""
    return Judgements(*(np.stack([getattr(one, part.name) for one in days], axis=1) for part in fields(Judgements)))


def _too_many(weighed: Sequence[Weighed], settings: Settings) -> list[Judgements]:
    p = [_chance(one.judged, one.many.p.min(1) * one.caution) for one in weighed]
    level = min(settings.level, discovery.cut(np.concatenate(p), settings.false_discoveries))
    return [_shown(*each, level, settings) for each in zip(weighed, p, _adjusted(p), strict=True)]


def _shown(one: Weighed, p: Floats, adjusted: Floats, level: float, settings: Settings) -> Judgements:
    found, fired = one.many, _fired(p, adjusted, settings)
    at = np.where(fired, found.p.argmin(1), 0)
    series = np.arange(len(at))
    observed, mean = found.observed[series, at], found.expected[series, at]
    limit = found.limits(level / one.caution, at)
    rule, days = np.where(fired, found.names[at], ""), found.days[series, at]
    return Judgements(one.judged, one.cold_start, rule, days, observed, mean, limit, observed - mean, p, adjusted)


def _or_silent(many: Sequence[Judgements], weighed: Sequence[Weighed], settings: Settings) -> list[Judgements]:
    """Return the judgements with those series silent that are and in which nothing else was found."""
    p = [_silence_chance(one) for one in weighed]
    each = zip(many, (one.silence for one in weighed), p, _adjusted(p), strict=True)
    return [_silenced(*parts, settings) for parts in each]


def _silence_chance(one: Weighed) -> Floats:
    return np.full(one.judged.shape, np.nan) if one.silence is None else _chance(one.judged, one.silence.p[:, 0])


def _silenced(many: Judgements, found: Evidence | None, p: Floats, adjusted: Floats, settings: Settings) -> Judgements:
    if found is None:
        return many
    silent = _fired(p, adjusted, settings) & (many.rule == "")
    missed = found.expected[:, 0]
    instead = {"rule": found.names[0], "days": found.days[:, 0], "observed": 0.0, "expected": missed}
    instead |= {"threshold": np.nan, "extra": -missed, "p": p, "adjusted": adjusted}
    return replace(many, **{name: np.where(silent, new, getattr(many, name)) for name, new in instead.items()})


def _chance(judged: Bools, p: Floats) -> Floats:
    return np.where(judged, np.minimum(1.0, p), np.nan)


def _adjusted(p: Sequence[Floats]) -> list[Floats]:
    ends = np.cumsum([len(one) for one in p])[:-1]
    return np.split(discovery.adjusted(np.concatenate(p)), ends)


def _fired(p: Floats, adjusted: Floats, settings: Settings) -> Bools:
    return (p <= settings.level) & (adjusted <= settings.false_discoveries)
