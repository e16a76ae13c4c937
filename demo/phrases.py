"""The hand-written sentences: read from `sentences/<language>/<topic>.tsv`, dealt like cards."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, Literal

FOLDER: Final = Path(__file__).parent / "sentences"

Language = Literal["nl", "en"]
Mood = Literal["negative", "neutral", "positive"]
STARS: Final[dict[Mood, tuple[int, ...]]] = {"negative": (1, 2), "neutral": (3,), "positive": (4, 5)}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with the moment it speaks of and the stars its author would give."""

    language: Language
    topic: str
    moment: str
    stars: int
    text: str


def read_sentences(folder: Path = FOLDER) -> tuple[Sentence, ...]:
    """Return all sentences in a fixed order.

    Raises:
        ValueError: a line that is not `moment<TAB>stars<TAB>text`.
    """
    return tuple(sentence for file in sorted(folder.glob("*/*.tsv")) for sentence in _lines(file))


def _lines(file: Path) -> Iterator[Sentence]:
    language: Language = "en" if file.parent.name == "en" else "nl"
    for line in file.read_text("utf-8").splitlines():
        moment, stars, text = line.split("\t")
        yield Sentence(language, file.stem, moment, int(stars), text)


@dataclass(slots=True)
class Deck:
    """Deals sentences of a topic, language and mood: all of them once before any of them again."""

    rng: Random
    sentences: tuple[Sentence, ...]
    _piles: dict[tuple[str, str, Mood | None], list[Sentence]] = field(default_factory=dict)

    def deal(self, topic: str, language: Language, mood: Mood | None = None) -> Sentence:
        """Return the next sentence; without a mood any of the topic."""
        pile = self._piles.setdefault((topic, language, mood), [])
        if not pile:
            pile += [s for s in self.sentences if s.topic == topic and s.language == language]
            pile[:] = [s for s in pile if mood is None or s.stars in STARS[mood]]
            self.rng.shuffle(pile)
        return pile.pop()
