"""Puts sentences together the way people write: one to five of them, in the order in which things happened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from demo.phrases import Deck, Language, Mood, Sentence
from umot.text import fingerprint

_TRIES: Final = 500
_LONGEST: Final = 5

Skeleton = tuple[tuple[str, float], ...]
"""Topics in narrative order with the chance that a post speaks of them; `product` = the product's own topic."""

_HAPPY: Final[Skeleton] = (
    ("site", 0.18), ("checkout", 0.12), ("delivery", 0.4), ("product", 1.0), ("product", 0.25), ("service", 0.12),
    ("verdict", 0.5),
)  # fmt: skip
_MIXED: Final[Skeleton] = (("site", 0.2), ("delivery", 0.4), ("product", 1.0), ("service", 0.2), ("verdict", 0.5))
_UNHAPPY: Final[dict[str, Skeleton]] = {
    "delivery": (("delivery", 1.0), ("delivery", 0.4), ("service", 0.35), ("verdict", 0.45)),
    "product": (("product", 1.0), ("product", 0.35), ("service", 0.3), ("verdict", 0.5)),
    "service": (("product", 0.3), ("service", 1.0), ("service", 0.35), ("verdict", 0.5)),
    "checkout": (("site", 0.3), ("checkout", 1.0), ("service", 0.35), ("verdict", 0.4)),
}
CAUSES: Final = tuple(_UNHAPPY)
"""What an unhappy post is about."""

_QUESTION: Final[Skeleton] = (("openings", 0.3), ("questions", 1.0), ("questions", 0.15), ("closings", 0.35))
_SHORT: Final[dict[str, Skeleton]] = {
    "questions": _QUESTION,
    "echoes": (("openings", 0.25), ("citing", 1.0), ("questions", 0.3), ("closings", 0.3)),
    "triggers": (("openings", 0.15), ("trigger", 1.0), ("trigger", 0.1), ("closings", 0.15)),
    "help": (("openings", 0.3), ("help", 1.0), ("closings", 0.4)),
    "news": (("news", 1.0), ("news", 0.4)),
}


@dataclass(slots=True)
class Writer:
    """Writes posts; no two of them have the same words, unless they are too short to tell."""

    rng: Random
    deck: Deck
    _written: set[str] = field(default_factory=set)

    def review(self, language: Language, mood: Mood, product: str, cause: str) -> tuple[str, int]:
        """Return an experience with a product of a topic, and the stars its author gives."""
        skeleton = {"positive": _HAPPY, "neutral": _MIXED}.get(mood, _UNHAPPY[cause])
        told = self._unlike(lambda: list(self._follow(skeleton, language, mood, product)))
        return self._joined(told, language), self._stars(told)

    def moment(self, language: Language, mood: Mood) -> str:
        """Return a remark of somebody who is in the shop or at the till right now."""
        topic = self.rng.choice(("site", "checkout"))
        skeleton = (("openings", 0.2), (topic, 1.0), (topic, 0.3), ("closings", 0.1))
        return self._joined(self._unlike(lambda: list(self._follow(skeleton, language, mood))), language)

    def short(self, kind: str, language: Language) -> str:
        """Return a question, an echo, a trigger, a request for help or a news item."""
        told = self._unlike(lambda: list(self._follow(_SHORT[kind], language, None)))
        return self._joined(told, language)

    def one(self, topic: str, language: Language, mood: Mood | None = None) -> str:
        """Return a single sentence of a topic."""
        return self.deck.deal(topic, language, mood).text

    def _follow(
        self, skeleton: Skeleton, language: Language, mood: Mood | None, product: str = ""
    ) -> Iterator[Sentence]:
        for topic, chance in skeleton:
            if self.rng.random() < chance:
                fragment = topic in ("openings", "closings")
                yield self.deck.deal(product if topic == "product" else topic, language, None if fragment else mood)

    def _unlike(self, tell: Callable[[], list[Sentence]]) -> list[Sentence]:
        """Tell again until the words are new."""
        for _ in range(_TRIES):
            told = tell()[:_LONGEST]
            print_ = fingerprint(" ".join(s.text for s in told))
            if print_ is None or print_ not in self._written:
                self._written.add(print_ or "")
                return told
        raise RuntimeError("the sentences of this topic are used up; write more of them")

    def _joined(self, told: list[Sentence], language: Language) -> str:
        texts = [s.text for s in told]
        if self.rng.random() < 0.02:
            texts.append(self.one("contact", language))
        return " ".join(texts)

    def _stars(self, told: list[Sentence]) -> int:
        """Return the mean of what the sentences would give, with the slips that people make."""
        stars = round(sum(s.stars for s in told) / len(told))
        slip = self.rng.random()
        if slip < 0.015:
            return 6 - stars
        return min(5, max(1, stars + self.rng.choice((-1, 1)))) if slip < 0.1 else stars
