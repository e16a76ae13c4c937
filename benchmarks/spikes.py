"""Measure spike detection on simulated series: `python -m benchmarks.spikes --series 30 --seed 301`.

The generator is not the model: a log-normal rate with autocorrelation from day to day, a yearly wave, a trend that is
not log-linear over the window, weekends, holidays that halve and sales weeks that raise, level shifts of 20 to 100 %
either way, and holes in the collection. A false alert is any run of fired days (gaps of up to three days joined) in a
year without planted spikes: level shifts, holidays and sales count as false. A spike of size k adds k times the
series' mean of that day, Poisson distributed. All rules see the same counts; the simple ones leave uncollected days
out too. Settings were chosen on other seeds (1 to 6, 101, 201).

Invited reviews are simulated apart: campaigns of two to seven days bring ten times the posts; 5 to 15 % of them are
negative, with log odds that vary from day to day, from campaign to campaign and over the year; in planted weeks 2.5
times that share. Prints Markdown.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import special, stats

from umot.watch.detect import backtest, judge
from umot.watch.panel import Bools, Floats, Ints, Panel
from umot.watch.settings import DAILY, WEEKLY
from umot.watch.shares import backtest_shares
from umot.watch.simple import EARS_C2, MEAN_2SD, MovingRule, backtest_moving

_RATES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_FIRST: Final = date(2022, 1, 3)
_YEAR: Final = 365
_DAYS: Final = 3 * _YEAR
_COVERED: Final = 3
_MISSING: Final = 1
_HOLIDAYS: Final = {(12, 25), (12, 26), (1, 1), (4, 27), (5, 1)}
_JOINED: Final = 3
_EVERY: Final = 150
_INVITED_RATES: Final = (1.0, 3.0, 10.0, 30.0)
_CAMPAIGN: Final = 10
_WORSE: Final = 2.5
_WEEK: Final = 7
_SPIKES: Final = ((3, 3), (1, 3), (2, 3), (5, 1), (1, 14), (0.5, 28))


@dataclass(frozen=True, slots=True)
class World:
    """Simulated series: usual rate of each, mean per day (also without noise), counts and coverage."""

    rates: Floats
    level: Floats
    counts: Floats
    states: NDArray[np.int8]

    @property
    def collected(self) -> Bools:
        """Return which days were collected."""
        return np.asarray(self.states == _COVERED)


@dataclass(frozen=True, slots=True)
class Invited:
    """Simulated series of invited reviews: all posts, the share of them that is negative, and the negative ones."""

    posts: World
    share: Floats
    hits: Floats


Spike = tuple[int, int]


def simulate(rates: Floats, days: int, seed: int) -> World:
    """Make a world without spikes."""
    rng = np.random.default_rng(seed)
    dates = [_FIRST + timedelta(day) for day in range(days)]
    slow = _trend(rng, len(rates), days) + _shifts(rng, len(rates), days)
    level = rates[:, None] * np.exp(slow)
    log_rate = _weekdays(rng, len(rates), dates) + _holidays(rng, len(rates), dates) + _noise(rng, len(rates), days)
    return World(rates, level, rng.poisson(level * np.exp(log_rate)).astype(float), _holes(rng, len(rates), days))


def _trend(rng: np.random.Generator, series: int, days: int) -> Floats:
    years = np.arange(days) / 365.25
    wave = rng.uniform(0, 0.3, (series, 1)) * np.sin(2 * np.pi * (years + rng.uniform(0, 1, (series, 1))))
    return np.asarray(wave + rng.normal(0, 0.25, (series, 1)) * (years - years.mean()))


def _shifts(rng: np.random.Generator, series: int, days: int) -> Floats:
    shifts = np.zeros((series, days))
    for row in shifts:
        for _ in range(rng.poisson(0.4 * days / _YEAR)):
            row[rng.integers(days) :] += rng.choice([-1, 1]) * rng.uniform(0.2, 0.7)
    return shifts


def _weekdays(rng: np.random.Generator, series: int, dates: Sequence[date]) -> Floats:
    weekdays = np.array([day.weekday() for day in dates])
    return rng.normal(0, 0.1, (series, 7))[:, weekdays] + rng.normal(0, 0.35, (series, 1)) * (weekdays >= 5)


def _holidays(rng: np.random.Generator, series: int, dates: Sequence[date]) -> Floats:
    quiet = np.array([(day.month, day.day) in _HOLIDAYS for day in dates])
    sale = np.array([day.month == 11 and 24 <= day.day <= 28 for day in dates])
    return np.asarray(np.log(0.5) * quiet + np.log(1.4) * sale * (rng.random((series, 1)) < 0.5))


def _noise(rng: np.random.Generator, series: int, days: int, memory: float = 0.3) -> Floats:
    spread = rng.uniform(0.05, 0.45, (series, 1))
    noise = rng.normal(size=(series, days))
    for day in range(1, days):
        noise[:, day] = memory * noise[:, day - 1] + np.sqrt(1 - memory**2) * noise[:, day]
    return np.asarray(spread * noise - spread**2 / 2)


def _holes(rng: np.random.Generator, series: int, days: int) -> NDArray[np.int8]:
    states = np.full((series, days), _COVERED, np.int8)
    for row in states:
        for begin in rng.integers(days, size=rng.poisson(3 * days / _YEAR)):
            row[begin : begin + rng.integers(1, 6)] = _MISSING
    return states


def plant(world: World, size: float, length: int, seed: int) -> tuple[World, list[Spike]]:
    """Add spikes in the last year, about two per series, and return those that fall into collected days."""
    rng = np.random.default_rng(seed)
    added, spikes = np.zeros_like(world.level), []
    for series in range(len(world.rates)):
        for begin in range(_DAYS - _YEAR + int(rng.integers(5, _EVERY)), _DAYS - length - 3, _EVERY):
            added[series, begin : begin + length] = size * world.level[series, begin : begin + length]
            spikes.append((series, begin))
    met = [(s, t) for s, t in spikes if world.collected[s, t : t + length].all()]
    return replace(world, counts=world.counts + rng.poisson(added)), met


def simulate_invited(rates: Floats, days: int, seed: int) -> Invited:
    """Make invited reviews without planted weeks."""
    rng = np.random.default_rng(seed)
    dates = [_FIRST + timedelta(day) for day in range(days)]
    running = _campaigns(rng, len(rates), days)
    level = rates[:, None] * np.exp(_trend(rng, len(rates), days) + np.log(_CAMPAIGN) * (running > 0))
    log_rate = _weekdays(rng, len(rates), dates) + _noise(rng, len(rates), days)
    counts = rng.poisson(level * np.exp(log_rate)).astype(float)
    share = _shares(rng, running, days)
    posts = World(rates, level, counts, _holes(rng, len(rates), days))
    return Invited(posts, share, rng.binomial(counts.astype(int), share).astype(float))


def _campaigns(rng: np.random.Generator, series: int, days: int) -> Ints:
    """Return the number of the campaign that runs on a day, 0 for none: about eight a year."""
    running = np.zeros((series, days), np.int64)
    for row in running:
        for number, begin in enumerate(rng.integers(days, size=rng.poisson(8 * days / _YEAR)), 1):
            row[begin : begin + rng.integers(2, 8)] = number
    return running


def _shares(rng: np.random.Generator, running: Ints, days: int) -> Floats:
    series = len(running)
    usual = rng.uniform(0.05, 0.15, (series, 1))
    wave = 0.2 * np.sin(2 * np.pi * (np.arange(days) / 365.25 + rng.uniform(0, 1, (series, 1))))
    asked = np.take_along_axis(rng.normal(0, 0.25, (series, running.max() + 1)), running, 1) * (running > 0)
    return np.asarray(special.expit(special.logit(usual) + wave + asked + _noise(rng, series, days)))


def worsen(invited: Invited, seed: int) -> tuple[Invited, list[Spike]]:
    """Plant weeks with a higher share in the last year, about two per series; return those wholly collected."""
    rng = np.random.default_rng(seed)
    share, spikes = invited.share.copy(), []
    for series in range(len(share)):
        for begin in range(_DAYS - _YEAR + int(rng.integers(5, _EVERY)), _DAYS - _WEEK, _EVERY):
            share[series, begin : begin + _WEEK] *= _WORSE
            spikes.append((series, begin))
    met = [(s, t) for s, t in spikes if invited.posts.collected[s, t : t + _WEEK].all()]
    counts = invited.posts.counts.astype(int)
    planted = np.where(share > invited.share, rng.binomial(counts, np.minimum(share, 1)), invited.hits)
    return replace(invited, share=share, hits=planted.astype(float)), met


def invited_fired_by(invited: Invited) -> dict[str, Bools]:
    """Return what each rule fires on in the last year, (series, days)."""
    hits = replace(invited.posts, counts=invited.hits)
    shares = backtest_shares(_panel(hits), _panel(invited.posts), _last_year())
    return {
        "**share of the posts**": shares.rule != "",
        "share, each series by itself": shares.p <= DAILY.level,
        "their number, as of other series": ours(hits)["**ours**"],
        "mean + 2 sd of 7 days": moving(hits, MEAN_2SD),
    }


def invited_results(seed: int, series: int) -> Iterator[list[str]]:
    """Yield per rule and rate the false alerts per series-year and the share of planted weeks found by days 3 and 7."""
    quiet = simulate_invited(np.repeat(_INVITED_RATES, series), _DAYS, seed)
    worse, spikes = worsen(quiet, seed)
    rates, planted = quiet.posts.rates, invited_fired_by(worse)
    for name, fired in invited_fired_by(quiet).items():
        cells = []
        for rate in _INVITED_RATES:
            runs = [planted[name][s, t - (_DAYS - _YEAR) :][:_WEEK] for s, t in spikes if rates[s] == rate]
            found = [f"{100 * np.array(runs)[:, :days].any(1).mean():.0f}" for days in (3, _WEEK)]
            cells.append(f"{alerts(fired)[rates == rate].mean():.2f}; {'/'.join(found)}")
        yield [name, *cells]


def ours(world: World) -> dict[str, Bools]:
    """Judge the last year's days, and say what would fire without control over the number of series."""
    judged = backtest(_panel(world), _last_year())
    fired = (judged.rule != "") & (judged.rule != "silence")
    return {"**ours**": fired, "ours, each series by itself": fired | (judged.p <= DAILY.level)}


def moving(world: World, rule: MovingRule) -> Bools:
    """Judge the last year's days by a simple rule."""
    return np.asarray(backtest_moving(_panel(world), _last_year(), rule).rule != "")


def poisson(world: World, window: int, fewest: int) -> Bools:
    """Fire where the count has a Poisson chance of less than once a year, given the mean of the days before."""
    now = world.counts[:, -_YEAR:]
    seen = np.where(world.collected, world.counts, np.nan)[:, -_YEAR - window : -1]
    tail = stats.poisson.sf(now - 1, np.nanmean(sliding_window_view(seen, window, axis=1), 2))
    return np.asarray((tail <= 1 / _YEAR) & (now >= fewest) & world.collected[:, -_YEAR:])


def _last_year() -> list[date]:
    return [_FIRST + timedelta(day) for day in range(_DAYS - _YEAR, _DAYS)]


def _panel(world: World) -> Panel:
    return Panel(_FIRST, np.where(world.collected, world.counts, 0.0), world.states)


def fired_by(world: World) -> dict[str, Bools]:
    """Return what each rule fires on in the last year, (series, days)."""
    return ours(world) | {
        "mean + 2 sd of 7 days": moving(world, MEAN_2SD),
        "mean + 2 sd of 7 days, at least 3 posts": moving(world, replace(MEAN_2SD, fewest_posts=3)),
        "EARS C2": moving(world, EARS_C2),
        "EARS C2, at least 3 posts": moving(world, replace(EARS_C2, fewest_posts=3)),
        "Poisson, mean of 28 days, at least 3 posts": poisson(world, 28, 3),
    }


def alerts(fired: Bools) -> Ints:
    """Count alerts per series: runs of fired days, gaps of up to three days joined."""
    padded = np.pad(fired, ((0, 0), (_JOINED, 0)))
    recently = sliding_window_view(padded, _JOINED, axis=1)[:, : fired.shape[1]].any(2)
    return np.asarray((fired & ~recently).sum(1))


def _by_rate(rates: Floats, values: Floats) -> list[str]:
    return [f"{values[rates == rate].mean():.2f}" for rate in _RATES]


def false_alerts(world: World) -> Iterator[list[str]]:
    """Yield per rule the false alerts per series-year, by rate and over all."""
    for name, fired in fired_by(world).items():
        found = alerts(fired).astype(float)
        yield [name, *_by_rate(world.rates, found), f"{found.mean():.2f}"]


def detections(world: World, spikes: Sequence[Spike], length: int) -> Iterator[list[str]]:
    """Yield per rule and rate the share of spikes found within 1, 2, 3 days and until its end, and the mean delay."""
    for name, fired in fired_by(world).items():
        cells = []
        for rate in _RATES:
            runs = [fired[s, t - (_DAYS - _YEAR) :][: max(length, 3)] for s, t in spikes if world.rates[s] == rate]
            cells.append(_found(np.array(runs)))
        yield [name, *cells]


def _found(runs: Bools) -> str:
    until = [runs[:, :days].any(1).mean() for days in dict.fromkeys((1, 2, 3, runs.shape[1]))]
    delays = runs.argmax(1)[runs.any(1)]
    delay = f", {delays.mean():.1f} d" if len(delays) else ""
    return "/".join(f"{100 * share:.0f}" for share in until) + delay


def speed(seed: int) -> Iterator[list[str]]:
    """Yield times for 1,000 series with two years behind each: the latest day, and all days as a backtest."""
    world = simulate(np.resize(_RATES, 1000), 2 * _YEAR, seed)
    panel, days = _panel(world), [_FIRST + timedelta(day) for day in range(2 * _YEAR)]
    yield ["latest day", *_timed(lambda: judge(panel, days[-1]))]
    yield ["latest week", *_timed(lambda: judge(panel, days[-1], WEEKLY))]
    yield ["backtest of 730 days", *_timed(lambda: backtest(panel, days))]


def _timed(work: Callable[[], object]) -> list[str]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return [f"{time.perf_counter() - wall:.2f} s", f"{time.process_time() - cpu:.2f} s"]


def table(head: Sequence[str], rows: Iterator[list[str]]) -> None:
    """Print a Markdown table, row by row."""
    print("| " + " | ".join(head) + " |", "|---" * len(head) + "|", sep="\n", flush=True)
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--series", type=int, default=30, help="series per rate")
    parser.add_argument("--seed", type=int, default=301)
    args = parser.parse_args()
    rates = [f"{rate:g}/day" for rate in _RATES]
    world = simulate(np.repeat(_RATES, args.series), _DAYS, args.seed)
    print(f"### False alerts per series-year, {len(world.rates)} series, seed {args.seed}\n")
    table(["rule", *rates, "all"], false_alerts(world))
    for size, length in _SPIKES:
        planted, spikes = plant(world, size, length, args.seed)
        ends = "" if length <= 3 else f"/{length}"
        print(f"### +{size:g}x the mean for {length} days: % found within 1/2/3{ends} days, mean delay\n")
        table(["rule", *rates], detections(planted, spikes, length))
    print(
        f"### Invited reviews: false alerts per series-year; % of weeks with {_WORSE:g}x the share found in 3/7 days\n"
    )
    rates = [f"{rate:g}/day" for rate in _INVITED_RATES]
    table(["rule", *rates], invited_results(args.seed, args.series))
    print("### 1,000 series, two years behind each\n")
    table(["", "wall", "CPU"], speed(args.seed))


if __name__ == "__main__":
    main()
