"""Moments of truth: names, views of other frameworks, peak and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sentiment.labels import MOMENTS, Moment

JOURNEY: Final[tuple[Moment, ...]] = MOMENTS[:-1]
"""The moments in the order a customer lives them, without `none`."""

EXPERIENCED: Final[tuple[Moment, ...]] = ("fmot", "dmot", "smot")
"""Moments that a journey can end with (Kahneman's end of the experience itself)."""

# Other frameworks are views on the codes, never labels of their own.
VIEWS: Final[dict[str, dict[str, tuple[Moment, ...]]]] = {
    "umot": {code: (code,) for code in JOURNEY},
    "procter-google": {
        "ZMOT": ("lzmot", "zmot"),
        "FMOT": ("fmot", "dmot"),
        "SMOT": ("smot",),
        "TMOT": ("umot",),
    },
    "liveagent": {
        "<ZMOT": ("lzmot",),
        "ZMOT": ("zmot",),
        "FMOT": ("fmot", "dmot"),
        "SMOT": ("smot",),
        "UMOT": ("umot",),
    },
}


class Judged(Protocol):
    """Anything with a moment and a score in [-1, 1]."""

    @property
    def moment(self) -> Moment:
        """What it is about."""

    @property
    def score(self) -> float:
        """How it was felt, -1 to 1."""


@dataclass(frozen=True, slots=True)
class PeakEnd:
    """Positions of the peak and the end among a post's mentions, and the mean of their scores."""

    peak: int
    end: int
    score: float


def peak_end(mentions: Sequence[Judged]) -> PeakEnd | None:
    """Find peak and end of a post's mentions in narrative order; None when nothing is about a moment.

    The peak is the first mention with the largest absolute score, the end the last experienced one, else the last
    that is not `none`. Source: Kahneman et al. 1993, the peak-end rule.
    """
    told = [n for n, mention in enumerate(mentions) if mention.moment != "none"]
    if not told:
        return None
    peak = max(told, key=lambda n: abs(mentions[n].score))
    end = next((n for n in reversed(told) if mentions[n].moment in EXPERIENCED), told[-1])
    return PeakEnd(peak, end, (mentions[peak].score + mentions[end].score) / 2)
