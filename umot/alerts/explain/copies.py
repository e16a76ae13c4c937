"""Texts that are near-copies of one another, found without comparing each with each.

Copies are texts with the same words, or whose sets of five successive characters have a Jaccard index of at least
`ALIKE`. Candidates come from MinHash signatures (Broder 1997, "On the resemblance and containment of documents") cut
into bands (Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", section 3.4): 32 bands of 4 find 98.8 % of the
pairs at 0.6 and nearly all above. In each bucket of a band texts are compared with a few leaders only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umot.store.analysis import tokens
from umot.text import fingerprint

ALIKE: Final = 0.6
_CHARACTERS: Final = 5
_BANDS: Final = 32
_ROWS: Final = 4
_LEADERS: Final = 4

Hashes = NDArray[np.uint64]

# Odd multipliers of multiply-shift hashing; the seed is fixed so that the same texts always give the same answer.
_MULTIPLIERS: Final[Hashes] = np.random.default_rng(5).integers(1, 2**63, (_BANDS * _ROWS, 1), np.uint64) * 2 + 1
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)


def largest_copied(texts: Iterable[str]) -> int:
    """Return how many of the texts are near-copies of one text; 1 when none is.

    A text of fewer than `umot.text.SYNDICATED_WORDS` words proves no copy. The order of the texts makes no difference.
    """
    marks = [(mark, text) for text in sorted(texts) if (mark := fingerprint(text))]
    counts = Counter(mark for mark, _ in marks)
    # One text stands for all with its words.
    shingles = {mark: _shingles(text) for mark, text in dict(marks).items()}
    copies = {mark: {mark} for mark in shingles}
    for original, copy in _alike(shingles, sorted(counts, key=lambda mark: (-counts[mark], mark))):
        copies[original].add(copy)
    return max((sum(counts[mark] for mark in alike) for alike in copies.values()), default=1)


def _alike(shingles: Mapping[str, Hashes], order: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield originals and copies; the earlier text in the order is the original."""
    for bucket in _buckets(shingles, order):
        leaders: list[str] = []
        for mark in bucket:
            leader = next((other for other in leaders if _jaccard(shingles[mark], shingles[other]) >= ALIKE), None)
            if leader:
                yield leader, mark
            elif len(leaders) < _LEADERS:
                leaders.append(mark)


def _buckets(shingles: Mapping[str, Hashes], order: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts that agree in a whole band of their signatures."""
    buckets: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    for mark in order:
        for band, rows in enumerate(_signature(shingles[mark]).reshape(_BANDS, _ROWS)):
            buckets[band, rows.tobytes()].append(mark)
    return (bucket for bucket in buckets.values() if len(bucket) > 1)


def _shingles(text: str) -> Hashes:
    """Return the sorted hashes of every five successive characters of the words of a text."""
    words = " ".join(tokens(text)).ljust(_CHARACTERS)
    codes = np.frombuffer(words.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    hashes = np.zeros(len(codes) - _CHARACTERS + 1, np.uint64)
    for at in range(_CHARACTERS):
        hashes = (hashes ^ codes[at : at + len(hashes)]) * _STEP
        hashes ^= hashes >> _HALF
    return np.unique(hashes)


def _signature(shingles: Hashes) -> Hashes:
    return np.asarray((_MULTIPLIERS * shingles).min(axis=1))


def _jaccard(one: Hashes, other: Hashes) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)
