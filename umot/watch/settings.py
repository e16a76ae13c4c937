"""How strict the watch is, and how far it looks back."""

from dataclasses import dataclass
from typing import Final

from umot.watch.baseline import Prior

_DAYS_OF_YEAR: Final = 365
_PRIOR: Final = Prior()


@dataclass(frozen=True, slots=True)
class Settings:
    """How a day is judged; lengths are in days.

    windows: the rules on sums of the last days: 1 `peak`, 3 `burst`, 7 `week`.
    share_windows: over how many of the last days a share is looked at.
    burn_factor: the rise that the CUSUM is built for.
    false_alerts: bound on the days per series and year that fire when nothing is the matter; the rules are bounds
        themselves and share it, and false discoveries are limited too, so that about a tenth to a third is met with.
    false_discoveries: share of a day's findings that may be wrong.
    fewest_posts: the count floor: fewer posts never fire.
    history, left_out: length of the baseline, and the last days before this week that it leaves out.
    burn_left_out: the same for the CUSUM, which looks back further.
    unusual: Anscombe residuals above this are down-weighted in the baseline.
    drift: usual standard deviation, on the log scale (of a share: log odds), by which a series' level wanders from
        week to week without being news.
    mature_days: baseline days from which a series has a regression of its own.
    young_days, young_caution: days before a young series is judged at all; how much more evidence it needs.
    """

    windows: tuple[int, ...] = (1, 3)
    share_windows: tuple[int, ...] = (1, 3, 7)
    burn_factor: float = 2.0
    false_alerts: float = 4.0
    false_discoveries: float = 0.3
    fewest_posts: int = 3
    history: int = 126
    left_out: int = 7
    burn_left_out: int = 28
    unusual: float = 2.58
    drift: float = 0.3
    mature_days: int = 28
    young_days: int = 5
    young_caution: float = 10.0
    prior: Prior = _PRIOR

    @property
    def level(self) -> float:
        """Return the chance per judgement at which a series is unusual by itself."""
        return self.false_alerts * min(self.windows) / _DAYS_OF_YEAR


DAILY: Final = Settings()
WEEKLY: Final = Settings(windows=(7,), share_windows=(7,), false_alerts=1.0)
