"""How many posts of which kind every brand gets in every week; the planted truths are in here."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from demo.truths import BAD_WEEKS, ECHO_WEEKS, OWN, SEASON, WEEKS


@dataclass(frozen=True, slots=True)
class Level:
    """Posts of a brand in a common week, and how many more of them the season brings."""

    positive: float
    negative: float
    mixed: float
    questions: float
    triggers: float
    moments: float
    help: float
    season: float
    season_questions: float


LEVELS: Final = {
    True: Level(10, 4.5, 2, 3, 1.2, 1.5, 1.5, 1.5, 5),
    False: Level(3.6, 2.2, 0.8, 2.2, 0.5, 0.5, 0.5, 1.5, 3.5),
}
"""Levels of the own brand and of its rivals."""

ECHO: Final = 0.8
"""Questions that one bad experience above the usual brings two weeks later."""


@dataclass(frozen=True, slots=True)
class Week:
    """What is written about a brand in a week."""

    brand: str
    week: str
    positive: int
    negative: int
    mixed: int
    questions: int
    echoes: int
    triggers: int
    moments: int
    help: int


def plan_year(brand: str, rng: Random) -> Iterator[Week]:
    """Yield the weeks of a brand in order."""
    level, bad = LEVELS[brand == OWN], BAD_WEEKS[brand]
    excess: list[float] = []
    for week in WEEKS:
        season = level.season if week in SEASON else 1.0
        negative = _around(level.negative, rng) + bad.get(week, 0)
        excess.append(negative - level.negative)
        yield Week(
            brand=brand,
            week=week,
            positive=_around(level.positive * season, rng),
            negative=negative,
            mixed=_around(level.mixed * season, rng),
            questions=_around(level.questions + level.season_questions * (week in SEASON), rng),
            echoes=_echoes(brand, excess),
            triggers=_around(level.triggers * season, rng),
            moments=_around(level.moments * season, rng),
            help=_around(level.help * season, rng),
        )


def _echoes(brand: str, excess: list[float]) -> int:
    if brand != OWN or len(excess) <= ECHO_WEEKS:
        return 0
    return max(0, round(ECHO * excess[-1 - ECHO_WEEKS]))


def _around(mean: float, rng: Random) -> int:
    """Return a count that varies by half of what chance alone would bring."""
    return max(0, round(rng.gauss(mean, 0.5 * mean**0.5)))
