"""Measure mentions: clauses cut and merged against sentences left whole, and a mention in its post or alone.

Taken are the sentences of held-out posts in which neighbouring gold mentions, with no end of sentence between
them, differ in moment or sentiment.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import regex
from numpy.typing import NDArray

from sentiment.corpus import Example, Target
from sentiment.labels import LANGUAGES, MOMENTS
from sentiment.merge import Part, merge
from sentiment.metrics import Labels, Metric, Rows, accuracy, limits, macro_f1
from sentiment.predict import SENTIMENT_OF_STAR, Predictions, predict, sentiment_of, softmax
from sentiment.segment import Piece, segment, sentences
from sentiment.weights import CONTEXTS, Shipment

_ENDED: Final = regex.compile(r"(?:[.!?…][\"'”’»)\]]*|\p{Extended_Pictographic}[\ufe0f\u200d]*|[:;]-?[()DP]|\n)\s*$")
# A found mention is the gold one when they share half of the longer of the two.
_SHARED: Final = 0.5

Cut = Callable[[Example], list[Piece]]
Counts = NDArray[np.int64]
Statistic = Callable[[Counts], float]
Row = tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """A mention's place, moment and class of sentiment, as numbers."""

    start: int
    end: int
    moment: int
    sentiment: int

    @property
    def pair(self) -> tuple[int, int]:
        """What is to be found."""
        return self.moment, self.sentiment


@dataclass(frozen=True)
class Sentence:
    """A sentence of post `owner` with two or more gold mentions."""

    owner: int
    gold: tuple[Label, ...]

    def holds(self, found: Label) -> bool:
        """Tell whether most of a found mention lies in this sentence."""
        inside = min(found.end, self.gold[-1].end) - max(found.start, self.gold[0].start)
        return inside > _SHARED * (found.end - found.start)


def divided(posts: Sequence[Example]) -> list[Sentence]:
    """Return the sentences that speak of two things, by the gold mentions."""
    stretches = (Sentence(i, tuple(run)) for i, post in enumerate(posts) for run in _unbroken(post))
    return [sentence for sentence in stretches if len({label.pair for label in sentence.gold}) > 1]


def _unbroken(post: Example) -> Iterator[list[Label]]:
    run: list[Label] = []
    for target in post.targets[1:]:
        run.append(_gold(target))
        if _ENDED.search(post.text[target.start : target.end]):
            yield run
            run = []
    yield run


def _gold(target: Target) -> Label:
    assert target.moment is not None
    assert target.stars is not None
    sentiment = int(SENTIMENT_OF_STAR[min(target.stars) - 1])
    return Label(target.start, target.end, MOMENTS.index(target.moment), sentiment)


def cut_and_merged(example: Example) -> list[Piece]:
    """Return the pieces as the classifier cuts them."""
    return segment(example.text, example.language)


def left_whole(example: Example) -> list[Piece]:
    """Return every sentence as one piece."""
    return [Piece(start, end, n) for n, (start, end) in enumerate(sentences(example.text))]


def found_mentions(shipment: Shipment, posts: Sequence[Example], cut: Cut) -> list[list[Label]]:
    """Return the mentions of every post as the classifier would give them."""
    pieces = [cut(post) for post in posts]
    read = [
        replace(post, targets=(post.targets[0], *(Target(p.start, p.end) for p in found)))
        for post, found in zip(posts, pieces, strict=True)
    ]
    logits = predict(shipment.model, shipment.tokenizer, read, shipment.config.context).logits
    moments, stars = (softmax(logits[task], shipment.config.temperatures[task]) for task in ("moment", "stars"))
    mentions, row = [], 0
    for found in pieces:
        parts = [Part(piece, moments[row + i], stars[row + i]) for i, piece in enumerate(found, 1)]
        mentions.append([Label(p.piece.start, p.piece.end, *p.label) for p in merge(parts)])
        row += 1 + len(found)
    return mentions


def counts(sentences: Sequence[Sentence], mentions: Sequence[Sequence[Label]]) -> Counts:
    """Return (exact, matched, found, gold) of every sentence, [n, 4].

    Exact: the moments in order are those of the gold mentions, repetitions counted once.
    """
    return np.array([_counted(s, [m for m in mentions[s.owner] if s.holds(m)]) for s in sentences], np.int64)


def _counted(sentence: Sentence, found: Sequence[Label]) -> tuple[int, int, int, int]:
    gold = _merged(sentence.gold)
    exact = _moments(gold) == _moments(found)
    return exact, sum(any(_matches(g, f) for f in found) for g in gold), len(found), len(gold)


def _merged(labels: Sequence[Label]) -> list[Label]:
    kept: list[Label] = []
    for label in labels:
        if kept and kept[-1].pair == label.pair:
            kept[-1] = replace(kept[-1], end=label.end)
        else:
            kept.append(label)
    return kept


def _moments(labels: Sequence[Label]) -> list[int]:
    moments = [label.moment for label in labels]
    return [m for i, m in enumerate(moments) if not i or m != moments[i - 1]]


def _matches(gold: Label, found: Label) -> bool:
    shared = min(gold.end, found.end) - max(gold.start, found.start)
    longer = max(gold.end - gold.start, found.end - found.start)
    return gold.pair == found.pair and shared >= _SHARED * longer


def exact_share(rows: Counts) -> float:
    """Return the share of sentences whose order of moments is found."""
    return float(rows[:, 0].mean())


def pair_f1(rows: Counts) -> float:
    """Return F1 over (moment, sentiment) of mentions in their place."""
    return float(2 * rows[:, 1].sum() / rows[:, 2:].sum())


def splitting_rows(shipment: Shipment, posts: Sequence[Example]) -> Iterator[Row]:
    """Yield (score, language, sentences, whole, cut and merged, difference) with 95 % intervals."""
    divided_ = divided(posts)
    whole, cut = (counts(divided_, found_mentions(shipment, posts, way)) for way in (left_whole, cut_and_merged))
    owners = np.array([sentence.owner for sentence in divided_], np.int64)
    languages = np.array([posts[owner].language for owner in owners])
    for name, statistic in (("moments in order", exact_share), ("F1 of (moment, sentiment)", pair_f1)):
        for language in ("all", *LANGUAGES):
            kept = (languages == language) | (language == "all")
            if kept.any():
                cells = _compared(statistic, whole[kept], cut[kept], owners[kept])
                yield name, language, str(int(kept.sum())), *cells


def _compared(statistic: Statistic, first: Counts, second: Counts, keys: NDArray[np.int64]) -> tuple[str, ...]:
    def difference(rows: Rows) -> float:
        return statistic(second[rows]) - statistic(first[rows])

    ways = (_over(statistic, first), _over(statistic, second), difference)
    return tuple(_with_limits(way, keys) for way in ways)


def _over(statistic: Statistic, table: Counts) -> Callable[[Rows], float]:
    return lambda rows: statistic(table[rows])


def _with_limits(measured: Callable[[Rows], float], keys: NDArray[np.int64]) -> str:
    low, high = limits(measured, keys)
    return f"{measured(np.arange(len(keys))):.3f} [{low:.3f} to {high:.3f}]"


def context_rows(shipment: Shipment, posts: Sequence[Example]) -> Iterator[Row]:
    """Yield (score, mentions, in the post, alone, both, both minus alone): the same gold mentions read three ways."""
    found = {way: predict(shipment.model, shipment.tokenizer, posts, way) for way in CONTEXTS}
    alone = found["alone"]
    rows = alone.rows("moment")
    owners = np.asarray(alone.owners, np.int64)[rows]
    for name, metric, column in (("moment macro-F1", macro_f1(7), 0), ("sentiment accuracy", accuracy, 1)):
        truth = np.array([_gold(alone.targets[row]).pair[column] for row in rows], np.int64)
        tables = {way: np.stack([truth, _read_pairs(found[way], rows)[column]], axis=1) for way in CONTEXTS}
        statistic = _of_columns(metric)
        in_post = _with_limits(_over(statistic, tables["post"]), owners)
        yield name, str(len(rows)), in_post, *_compared(statistic, tables["alone"], tables["both"], owners)


def _read_pairs(read: Predictions, rows: NDArray[np.intp]) -> tuple[Labels, Labels]:
    moments = read.logits["moment"][rows].argmax(axis=1)
    return moments, sentiment_of(softmax(read.logits["stars"][rows])).argmax(axis=1)


def _of_columns(metric: Metric) -> Statistic:
    return lambda table: metric(table[:, 0], table[:, 1])
