"""Join neighbouring clauses that the model finds alike: what was cut eagerly becomes one mention again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentiment.predict import sentiment_of
from sentiment.segment import Piece

_NEAR: Final = 16


@dataclass(frozen=True)
class Part:
    """A piece with its distributions over moments [7] and stars [5]."""

    piece: Piece
    moment: NDArray[np.float64]
    stars: NDArray[np.float64]

    @property
    def label(self) -> tuple[int, int]:
        """The most probable moment and class of sentiment, as numbers."""
        return int(self.moment.argmax()), sentiment_class(self.stars)

    def is_like(self, other: "Part") -> bool:
        """Tell whether `other`, which follows, says the same in the same sentence."""
        return (
            self.piece.sentence == other.piece.sentence
            and other.piece.start - self.piece.end < _NEAR  # nothing unread between them
            and self.label == other.label
        )

    def joined(self, other: "Part") -> "Part":
        """Return both as one, its distributions weighted by length."""
        sizes = np.array([p.piece.end - p.piece.start for p in (self, other)])
        share = sizes / sizes.sum()
        return Part(
            Piece(self.piece.start, other.piece.end, self.piece.sentence),
            share @ np.stack([self.moment, other.moment]),
            share @ np.stack([self.stars, other.stars]),
        )


def merge(parts: Iterable[Part]) -> list[Part]:
    """Join neighbouring clauses of a sentence with the same moment and sentiment."""
    kept: list[Part] = []
    for part in parts:
        if kept and kept[-1].is_like(part):
            kept[-1] = kept[-1].joined(part)
        else:
            kept.append(part)
    return kept


def sentiment_class(stars: NDArray[np.float64]) -> int:
    """Return the number of the most probable of negative, neutral, positive."""
    return int(sentiment_of(stars[None])[0].argmax())
