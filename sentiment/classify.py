"""The public door: texts in, stance, complaint, sentiment and mentions out.

>>> classifier = Classifier.load()
>>> results = classifier.classify([Document("Mooie site, maar het pakket kwam te laat.")])
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentiment import weights
from sentiment.batching import TokenSequence, token_span
from sentiment.hugging_face import HuggingFaceHead
from sentiment.inference import for_inference, plan, pool, probabilities
from sentiment.labels import MOMENTS, SENTIMENTS, STANCES
from sentiment.language import detect
from sentiment.merge import Part, merge, sentiment_class
from sentiment.names import HUGGING_FACE, SHIPPED, model_name
from sentiment.predict import score_of, sentiment_of, with_prior
from sentiment.results import Document, MentionResult, Result
from sentiment.segment import Piece, segment
from sentiment.tokenizer import says_something

__all__ = ["Classifier", "Document", "MentionResult", "Result"]

# Documents read ahead to be sorted by length.
LOOK_AHEAD: Final = 512
# A longer text is read at its head and its tail only, half of this each.
MAX_CHARACTERS: Final = 32_000
_JOINT: Final = "\n\n"
# Half a surrogate pair is no text in UTF-8; one character takes its place.
_HALF: Final = re.compile("[\ud800-\udfff]")

Probabilities = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class _Reading:
    """A document as it is read: `skipped` code points are missing from `text` after `head`."""

    document: Document
    language: str | None
    text: str
    head: int
    skipped: int
    pieces: list[Piece]

    @classmethod
    def of(cls, document: Document) -> "_Reading":
        whole, half = _HALF.sub("\ufffd", document.text), MAX_CHARACTERS // 2
        language = detect(whole[:MAX_CHARACTERS], document.language)
        if len(whole) <= MAX_CHARACTERS:
            return cls(document, language, whole, len(whole), 0, segment(whole, language))
        head, tail = whole[:half], whole[-half:]
        text = head + _JOINT + tail
        return cls(document, language, text, half, len(whole) - len(text), _segment_apart(head, tail, language))

    def place(self, offset: int) -> int:
        return offset + self.skipped if offset > self.head else offset


def _segment_apart(head: str, tail: str, language: str | None) -> list[Piece]:
    """Return the pieces of both, placed in head + joint + tail: none holds words of both."""
    pieces = segment(head, language)
    shift, sentences = len(head) + len(_JOINT), len(pieces)  # every sentence has a piece
    following = segment(tail, language)
    return pieces + [Piece(p.start + shift, p.end + shift, p.sentence + sentences) for p in following]


class Classifier:
    """A loaded model; its results do not depend on what else is classified with a text."""

    def __init__(self, shipment: weights.Shipment, name: str, other: HuggingFaceHead | None = None) -> None:
        self._config, self._other = shipment.config, other
        self._tokenizer, self._name = shipment.tokenizer, name
        self._model = for_inference(shipment.model)

    @classmethod
    def load(cls, model: str | None = None, labels: Mapping[str, str] | None = None) -> "Classifier":
        """Load the shipped weights, a directory of such weights, or `hf:<repository or path>`.

        A Hugging Face model gives the sentiment (or the moment) and the shipped weights the rest;
        `labels` maps its labels to our codes (`sentiment.labels.CODES`). Raises ModelUnavailableError.
        """
        if model is not None and model.startswith(HUGGING_FACE):
            return cls(weights.load(), model_name(model, labels), HuggingFaceHead.load(model, labels))
        return cls(weights.load(Path(model) if model else SHIPPED), model_name(model))

    @property
    def name(self) -> str:
        """The model's name, see `model_name`: results of one name are comparable.

        It changes with the weights of a directory and with `labels`; a repository of the hub stands for whatever it
        holds.
        """
        return self._name

    def classify(self, documents: Iterable[Document]) -> Iterator[Result]:
        """Yield one result per document, in order, reading at most 512 documents ahead."""
        source = iter(documents)
        while chunk := list(islice(source, LOOK_AHEAD)):
            yield from self._chunk([_Reading.of(document) for document in chunk])

    def _chunk(self, readings: Sequence[_Reading]) -> Iterator[Result]:
        encodings = self._tokenizer.encode_batch([reading.text for reading in readings])
        if self._other is None:
            # A script that the model never met says nothing to it, whatever its heads make of that.
            known = map(says_something, encodings)
            readings = [x if said else replace(x, pieces=[]) for x, said in zip(readings, known, strict=True)]
        sequences: list[TokenSequence] = []
        firsts, slot = list[int](), 0
        for reading, encoding in zip(readings, encodings, strict=True):
            firsts.append(slot)
            spans = [token_span(encoding, piece.start, piece.end) for piece in reading.pieces]
            if spans:
                sequences += plan(encoding, spans, slot, self._config.context)
                slot += 1 + len(spans)
        vectors, tokens = pool(self._model, sequences, slot)
        found = probabilities(self._model, vectors, self._config.temperatures)
        self._override(found, readings)
        for reading, first in zip(readings, firsts, strict=True):
            yield self._result(reading, first, found, tokens)

    def _override(self, found: Probabilities, readings: Sequence[_Reading]) -> None:
        if self._other is None:
            return
        read = [reading for reading in readings if reading.pieces]
        texts = [
            text
            for reading in read
            for text in (reading.text, *(reading.text[p.start : p.end] for p in reading.pieces))
        ]
        if texts:
            found[self._other.task] = self._other.probabilities(texts)

    def _result(self, reading: _Reading, first: int, found: Probabilities, tokens: NDArray[np.int64]) -> Result:
        document, language = reading.document, reading.language
        if not reading.pieces:
            return Result(language, "none", False, 0.0, "neutral", 0.0, True, ())
        stance = with_prior(found["stance"][first], document.kind)
        stars = found["stars"][first]
        complaint = float(found["complaint"][first, 1])
        return Result(
            language=language,
            stance=STANCES[int(stance.argmax())],
            complaint=complaint >= 0.5,
            complaint_probability=_rounded(complaint),
            sentiment=SENTIMENTS[sentiment_class(stars)],
            score=_rounded(score_of(stars[None])[0]),
            uncertain=self._doubts("stance", stance) or self._doubts_stars(stars),
            mentions=self._mentions(reading, first, found, tokens),
        )

    def _mentions(
        self, reading: _Reading, first: int, found: Probabilities, tokens: NDArray[np.int64]
    ) -> tuple[MentionResult, ...]:
        slots = [first + 1 + i for i in range(len(reading.pieces))]
        read = [
            Part(piece, found["moment"][slot], found["stars"][slot])
            for piece, slot in zip(reading.pieces, slots, strict=True)
            if tokens[slot]
        ]
        return tuple(self._mention(reading, part) for part in merge(read))

    def _mention(self, reading: _Reading, part: Part) -> MentionResult:
        start, end = part.piece.start, part.piece.end
        return MentionResult(
            start=reading.place(start),
            end=reading.place(end),
            text=reading.text[start:end],
            moment=MOMENTS[int(part.moment.argmax())],
            moment_probability=_rounded(part.moment.max()),
            sentiment=SENTIMENTS[sentiment_class(part.stars)],
            score=_rounded(score_of(part.stars[None])[0]),
            uncertain=self._doubts("moment", part.moment) or self._doubts_stars(part.stars),
        )

    def _doubts(self, task: str, distribution: NDArray[np.float64]) -> bool:
        return bool(distribution.max() < self._config.thresholds[task])

    def _doubts_stars(self, stars: NDArray[np.float64]) -> bool:
        return self._doubts("stars", sentiment_of(stars[None])[0])


def _rounded(value: float | np.float64) -> float:
    """Return a number as it is stored: more digits than a model knows help nobody."""
    return round(float(value), 4)
