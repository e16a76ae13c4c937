"""Near-copies: pairs of texts whose sets of character 5-grams are too alike (Jaccard)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import floor
from typing import Final

NGRAM: Final = 5
THRESHOLD: Final = 0.6


def ngrams(text: str) -> frozenset[str]:
    """Return the set of character 5-grams of the text, lower-cased, spaces collapsed."""
    plain = " ".join(text.lower().split())
    return frozenset(plain[i : i + NGRAM] for i in range(max(1, len(plain) - NGRAM + 1)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Return the share of the union that both sets hold."""
    return len(left & right) / len(left | right)


def near_copies(texts: Sequence[str], threshold: float = THRESHOLD) -> Iterator[tuple[int, int, float]]:
    """Yield pairs (i < j, similarity) above the threshold.

    Only pairs that share one of their rarest n-grams are compared (prefix filtering, Chaudhuri,
    Ganti and Kaushik 2006), which loses none.
    """
    sets = [ngrams(text) for text in texts]
    rarity = Counter(gram for grams in sets for gram in grams)
    seen: defaultdict[str, list[int]] = defaultdict(list)
    for j, grams in enumerate(sets):
        prefix = _prefix(grams, rarity, threshold)
        for i in sorted({i for gram in prefix for i in seen[gram]}):
            similarity = jaccard(sets[i], grams)
            if similarity > threshold:
                yield i, j, similarity
        for gram in prefix:
            seen[gram].append(j)


def _prefix(grams: frozenset[str], rarity: Counter[str], threshold: float) -> list[str]:
    length = floor((1 - threshold) * len(grams)) + 1
    return sorted(grams, key=lambda gram: (rarity[gram], gram))[:length]
