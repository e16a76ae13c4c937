"""Peak and end, as the peak-end rule has them."""

from dataclasses import dataclass

import pytest

from sentiment.labels import MOMENTS, Moment
from umot.journey import JOURNEY, VIEWS, peak_end


@dataclass(frozen=True)
class M:
    moment: Moment
    score: float


@pytest.mark.parametrize(
    ("mentions", "peak", "end", "score"),
    [
        ([M("smot", -0.9), M("umot", 0.2)], 0, 0, -0.9),
        ([M("fmot", 0.4), M("smot", -0.8), M("umot", -0.7)], 1, 1, -0.8),
        ([M("umot", 0.5), M("umot", -0.9)], 1, 1, -0.9),
        ([M("none", -1.0), M("smot", 0.1)], 1, 1, 0.1),
        ([M("dmot", 0.6), M("smot", 0.2), M("none", 0.9)], 0, 1, 0.4),
        ([M("smot", 0.5), M("smot", -0.5)], 0, 1, 0.0),
    ],
)
def test_peak_and_end(mentions: list[M], peak: int, end: int, score: float) -> None:
    found = peak_end(mentions)
    assert found is not None
    assert (found.peak, found.end) == (peak, end)
    assert found.score == pytest.approx(score)


def test_a_post_without_a_moment_has_neither() -> None:
    assert peak_end([]) is None
    assert peak_end([M("none", 0.9)]) is None


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_view_shows_each_moment_once_in_order(view: dict[str, tuple[Moment, ...]]) -> None:
    assert tuple(code for codes in view.values() for code in codes) == JOURNEY == MOMENTS[:-1]
