"""What a text says, as countable terms and phrases.

Words are grouped by the stem that the store's analyser of their language gives, so that "Pakete" counts for "Paket".
Dutch diminutives, which that analyser leaves alone, join the word they are made of when it is met as well. Numbers,
masks, links and account names are no words. Hashtags and emoji are terms of their own, the same in every language.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import regex

from umot.alerts.explain.function_words import ANALYZER_OF, is_function_word, is_negation
from umot.alerts.explain.mention import Mention
from umot.privacy import MASKS
from umot.store.analysis import GAP, spans, terms_of, tokens

Term = tuple[str, ...]
"""A language (`""` for what has none) and one stem, or the two or three of a phrase."""

ALL_LANGUAGES: Final = ""
UNKNOWN: Final = "und"
"""ISO 639's code for an undetermined language."""

_PHRASE: Final = (2, 3)
_LONGEST_WORD: Final = 40
_LONGEST_TAG: Final = 80
_SHORTEST_BASE: Final = 4
_CACHED_WORDS: Final = 50_000
_BAR: Final = " | "
_NOT_WORDS: Final = re.compile(rf"\[(?:{'|'.join(MASKS)})\]|(?:https?://|www\.)\S+|(?<!\w)@[\w@.-]+")
_HASHTAG: Final = re.compile(r"(?<!\w)#(\w*[^\W\d_]\w*)")
_EMOJI: Final = regex.compile(r"[\p{ExtPict}\p{RI}--\p{ASCII}©®™]", regex.VERSION1)
_SHADES: Final = regex.compile(r"[\uFE0F\p{Emoji_Modifier}]")
_BEGINS: Final = frozenset(".!?…\n|")
_WITHIN_PHRASE: Final = re.compile(r"\s*-?\s*")


@dataclass(frozen=True, slots=True)
class Reading:
    """The terms and phrases of a text and the product it is about, each with a form in which it was written."""

    language: str
    terms: dict[Term, str] = field(default_factory=dict)
    phrases: dict[Term, str] = field(default_factory=dict)
    products: dict[Term, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sense:
    """What a lower-cased word counts for, whatever its form in a text."""

    stem: str
    article: int
    """Characters of an elided article: 2 in "l'application"."""
    told: bool
    """Whether it is more than a function word."""
    edge: bool
    """Whether a phrase may begin or end with it."""


_Word = tuple[_Sense, str]
"""A word's sense and its form in the text."""


class Reader:
    """Reads texts; `bases` are the words that Dutch diminutives belong to."""

    def __init__(self, bases: Mapping[str, str]) -> None:
        self._bases = bases

    @classmethod
    def of(cls, mentions: Iterable[Mention]) -> "Reader":
        """Return a reader that knows which diminutives of these mentions have a base among them."""
        dutch = (word for found in mentions if found.language == "nl" for word in tokens(found.text))
        return cls(_bases(set(dutch)))

    def read(self, mention: Mention) -> Reading:
        """Return what the mention says."""
        reading = Reading(mention.language or UNKNOWN)
        text = _HASHTAG.sub(_BAR, _NOT_WORDS.sub(_BAR, mention.text))
        reading.terms.update(_hashtags(mention.text))
        if mention.product:
            reading.products[ALL_LANGUAGES, mention.product.casefold()] = mention.product
        for run in self._runs(text, reading):
            reading.terms.update({(reading.language, sense.stem): form for sense, form in run if sense.told})
            reading.phrases.update(_phrases(run, reading.language))
        return reading

    def _runs(self, text: str, reading: Reading) -> Iterator[list[_Word]]:
        """Yield the words between marks, numbers and emoji, which are noted on the way; a phrase lies within a run."""
        run: list[_Word] = []
        past = 0
        for token, start, end in spans(text):
            gap = text[past:start]
            past = end
            word = self._word(token, text[start:end], reading.language)
            if run and not (word and _WITHIN_PHRASE.fullmatch(gap)):
                yield run
                run = []
            if word:
                run.append((word[0], _as_written(word[1], gap, reading.language)))
            else:
                reading.terms.update(_emoji(token))
        yield run

    def _word(self, token: str, form: str, language: str) -> _Word | None:
        if not token[0].isalpha() or len(token) > _LONGEST_WORD:
            return None
        sense = _sense(self._bases.get(token, token) if language == "nl" else token, language)
        return sense, form[sense.article :]


@lru_cache(maxsize=_CACHED_WORDS)
def _sense(token: str, language: str) -> _Sense:
    term = terms_of(ANALYZER_OF.get(language, "standard"))
    stem = term(token)
    article = _article(token, language)
    # The analyser decides what is an article: "aujourd'hui" has none.
    if article and term(token[article:]) == stem:
        token = token[article:]
    else:
        article = 0
    told = stem != GAP and len(stem) > 1 and not is_function_word(token, language)
    return _Sense(stem if told else token, article, told, told or is_negation(token))


def _article(token: str, language: str) -> int:
    found = re.search("['’]", token) if language in {"fr", "it"} else None
    return found.end() if found else 0


def _as_written(form: str, gap: str, language: str) -> str:
    """Return a word's form; without the capital that only says that a sentence begins (German nouns keep theirs)."""
    begins = language != "de" and (not gap or not _BEGINS.isdisjoint(gap))
    return form.lower() if begins and form[1:].islower() else form


def _hashtags(text: str) -> dict[Term, str]:
    return {
        (ALL_LANGUAGES, tag.group().casefold()): tag.group()
        for tag in _HASHTAG.finditer(text)
        if len(tag.group()) <= _LONGEST_TAG
    }


def _emoji(token: str) -> dict[Term, str]:
    if not _EMOJI.match(token) or len(token) > _LONGEST_WORD:
        return {}
    plain = _SHADES.sub("", token)
    return {(ALL_LANGUAGES, plain): plain}


def _phrases(run: list[_Word], language: str) -> Iterator[tuple[Term, str]]:
    for length in _PHRASE:
        for at in range(len(run) - length + 1):
            words = run[at : at + length]
            if words[0][0].edge and words[-1][0].edge and any(sense.told for sense, _ in words):
                yield (language, *(sense.stem for sense, _ in words)), " ".join(form for _, form in words)


def _bases(words: set[str]) -> dict[str, str]:
    """Return the base of each diminutive ("pakketje", "telefoontje", "filmpje") that is among the words itself."""
    found = {word: _base(word, words) for word in words if word.endswith(("je", "jes"))}
    return {word: base for word, base in found.items() if base}


def _base(word: str, words: set[str]) -> str | None:
    stem = word.removesuffix("s").removesuffix("je")
    bases = (stem, stem.removesuffix("t"), stem.removesuffix("p"))
    return next((base for base in bases if len(base) >= _SHORTEST_BASE and base in words), None)
