"""On which scale a file's ratings are: as told, or as its numbers show."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

SCALES = (5.0, 10.0, 100.0)
# How improbable it must be that a scale of ten shows no value above five by chance.
_CHANCE = 1e-6
_SLIPS = 0.01


@dataclass(frozen=True, slots=True)
class Scale:
    """The best possible rating, from each date on; `strict` when a person said so.

    A guessed scale gives way: a higher rating than its period's best takes the highest scale.
    """

    steps: tuple[tuple[date, float], ...]
    words: str
    strict: bool = False

    def best(self, rating: float, day: date | None) -> float:
        """Return the best possible rating of an item of this day."""
        fitting = [b for since, b in self.steps if day is None or since <= day]
        best = fitting[-1] if fitting else self.steps[0][1]
        return best if self.strict or rating <= best else self.steps[-1][1]


def fixed(best: float) -> Scale:
    """Return the scale that the configuration names."""
    return Scale(((date.min, best),), f"up to {best:g}, as configured", strict=True)


def by_date(steps: dict[date, float]) -> Scale:
    """Return a scale that changes on given days."""
    ordered = tuple(sorted(steps.items()))
    words = ", ".join(f"{best:g} from {since}" for since, best in ordered)
    return Scale(ordered, f"best is {words}, as configured", strict=True)


def observe(ratings: Iterable[tuple[float, date | None]]) -> Scale:
    """Return the scale that the numbers show.

    One rating in a hundred may lie outside it: a slip, which is rejected, not a scale. A scale that changed on a
    day is found when no rating before that day is above five though so many would be by the share seen after it.
    """
    low: Counter[date | None] = Counter()
    high: Counter[date | None] = Counter()
    above: Counter[float] = Counter()
    top, total = 0.0, 0
    for rating, day in ratings:
        top, total = max(top, rating), total + 1
        above.update(scale for scale in SCALES if rating > scale)
        if rating <= 10:
            (high if rating > 5 else low)[day] += 1
    best = next((s for s in SCALES if above[s] <= _SLIPS * total), top)
    if best == 10 and (since := _change(low, high)):
        words = f"5 until {since} and 10 from that day on, as no rating before it is above 5"
        return Scale(((date.min, 5.0), (since, 10.0)), words)
    slips = f"; {above[best]} of {total} lie outside" if above[best] else ""
    return Scale(((date.min, best),), f"up to {best:g}, as the ratings show{slips}")


def _change(low: Counter[date | None], high: Counter[date | None]) -> date | None:
    dated = [day for day in high if day]
    if not dated or None in high:
        return None
    since = min(dated)
    before = sum(n for day, n in low.items() if day and day < since)
    after_low = sum(n for day, n in low.items() if day and day >= since)
    # Laplace's rule: a handful of high ratings proves little.
    low_share = (after_low + 1) / (high.total() + after_low + 2)
    return since if low_share**before < _CHANCE else None
