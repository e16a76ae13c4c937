"""Measure spike detection on simulated series: `python -m benchmarks.spikes --series 30 --seed 301`.

The generator is not the model: a log-normal rate with autocorrelation from day to day, a yearly wave, a trend that is
not log-linear over the window, weekends, holidays that halve and sales weeks that raise, level shifts of 20 to 100 %
either way, and holes in the collection. A false alert is any run of fired days (gaps of up to three days joined) in a
year without planted spikes: level shifts, holidays and sales count as false. A spike of size k adds k times the
series' mean of that day, Poisson distributed. All rules see the same counts; the simple ones leave uncollected days
out too. Settings were chosen on other seeds (1 to 6, 101, 201). Prints Markdown.
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
from scipy import stats

from umot.watch.detect import backtest, judge
from umot.watch.panel import Bools, Floats, Ints, Panel
from umot.watch.settings import DAILY, WEEKLY

_RATES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_FIRST: Final = date(2022, 1, 3)
_YEAR: Final = 365
_DAYS: Final = 3 * _YEAR
_COVERED: Final = 3
_MISSING: Final = 1
_HOLIDAYS: Final = {(12, 25), (12, 26), (1, 1), (4, 27), (5, 1)}
_JOINED: Final = 3
_EVERY: Final = 150
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


def ours(world: World) -> dict[str, Bools]:
    """Judge the last year's days, and say what would fire without control over the number of series."""
    days = [_FIRST + timedelta(day) for day in range(_DAYS - _YEAR, _DAYS)]
    judged = backtest(_panel(world), days)
    fired = (judged.rule != "") & (judged.rule != "silence")
    return {"**ours**": fired, "ours, each series by itself": fired | (judged.p <= DAILY.level)}


def moving(world: World, window: int, lag: int, deviations: float, fewest: int) -> Bools:
    """Fire above the mean plus some standard deviations of the days before (EARS C2: 7 days, lag 2, 3 deviations)."""
    before, now = _before(world, window, lag), world.counts[:, -_YEAR:]
    limit = np.nanmean(before, 2) + deviations * np.nanstd(before, 2, ddof=1)
    return _collected(world, (now > limit) & (now >= fewest))


def poisson(world: World, window: int, fewest: int) -> Bools:
    """Fire where the count has a Poisson chance of less than once a year, given the mean of the days before."""
    now = world.counts[:, -_YEAR:]
    tail = stats.poisson.sf(now - 1, np.nanmean(_before(world, window, 0), 2))
    return _collected(world, (tail <= 1 / _YEAR) & (now >= fewest))


def _before(world: World, window: int, lag: int) -> Floats:
    """Return the collected days before each day of the last year: (series, days, window)."""
    seen = np.where(world.collected, world.counts, np.nan)[:, -_YEAR - window - lag : -1 - lag]
    return sliding_window_view(seen, window, axis=1)


def _collected(world: World, fired: Bools) -> Bools:
    return np.asarray(fired & world.collected[:, -_YEAR:])


def _panel(world: World) -> Panel:
    return Panel(_FIRST, np.where(world.collected, world.counts, 0.0), world.states)


def fired_by(world: World) -> dict[str, Bools]:
    """Return what each rule fires on in the last year, (series, days)."""
    return ours(world) | {
        "mean + 2 sd of 7 days": moving(world, 7, 0, 2.0, 1),
        "mean + 2 sd of 7 days, at least 3 posts": moving(world, 7, 0, 2.0, 3),
        "EARS C2": moving(world, 7, 2, 3.0, 1),
        "EARS C2, at least 3 posts": moving(world, 7, 2, 3.0, 3),
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
    print("### 1,000 series, two years behind each\n")
    table(["", "wall", "CPU"], speed(args.seed))


if __name__ == "__main__":
    main()
