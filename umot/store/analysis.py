"""Split and stem texts as Lucene's analysers do, once, in Python.

Tokens are the words of Unicode's word boundaries (UAX #29) as Lucene's `StandardTokenizer` emits
them. Dutch and English answer as the analysers `dutch` and `english`; German, French, Spanish and
Italian use Snowball stems where Lucene has light stemmers: near, but not the same.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import regex
import Stemmer

from umot.store import porter

ANALYSIS_VERSION: Final = 1
GAP: Final = "\x01"
LANGUAGE_OF: Final = {
    "dutch": "nl",
    "english": "en",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
}
_LONGEST: Final = 255
_CACHED_WORDS: Final = 50_000
_DUTCH_OVERRIDES: Final = {
    "fiets": "fiets",
    "bromfiets": "bromfiets",
    "ei": "eier",
    "kind": "kinder",
}
_ELIDED: Final = {
    "fr": "l m t qu n s j d c jusqu quoiqu lorsqu puisqu",
    "it": "c l all dall dell nell sull coll pell gl agl dagl degl negl sugl un m t s v d",
}
_SNOWBALL: Final = {
    "nl": "dutch_porter",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
}

_TAIL: Final = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]*+"
_LETTER: Final = r"[\p{WB=ALetter}\p{WB=Hebrew_Letter}]"
_PART: Final = rf"""
        (?:{_LETTER}{_TAIL})++
            (?:[\p{{WB=MidLetter}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_TAIL}(?={_LETTER}))?+
      | (?:\p{{WB=Numeric}}{_TAIL})++
            (?:[\p{{WB=MidNum}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_TAIL}(?=\p{{WB=Numeric}}))?+
      | (?:\p{{WB=Katakana}}{_TAIL})++
"""
_WORD: Final = regex.compile(
    rf"""
    [0-9#*]\uFE0F?\u20E3
  | (?:\p{{WB=ExtendNumLet}}{_TAIL})*+ (?:{_PART}) (?:{_PART}|\p{{WB=ExtendNumLet}}{_TAIL})*+
  | \p{{WB=Regional_Indicator}}{{2}}
  | \p{{ExtPict}} (?:[\uFE0F\p{{Emoji_Modifier}}]|\u200D\p{{ExtPict}})*+
  | [\p{{Script=Han}}\p{{Script=Hiragana}}]{_TAIL}
  | (?:\p{{LB=SA}}{_TAIL})++
    """,
    regex.VERSION1 | regex.VERBOSE,
)
# Most texts hold nothing beyond these letters and signs; the same rules on them run six times as fast in `re`.
_PLAIN: Final = re.compile("[\x00-\xa8\xaa-\xac\xaf-\xb7\xb9-\u024f\u2010-\u2027€]*+")
_PLAIN_PART: Final = "[a-zªµºß-öø-ɏ]++(?:[.':·‘’\u2024\u2027](?=[a-zªµºß-öø-ɏ]))?+|[0-9]++(?:[.,;'‘’\u2024](?=[0-9]))?+"
_PLAIN_WORD: Final = re.compile(f"_*+(?:{_PLAIN_PART})(?:{_PLAIN_PART}|_++)*+")


def tokens(text: str) -> list[str]:
    """Return the lower-cased words of a text, as the analyser `standard` does."""
    lowered = _lower(text)
    found: list[str] = _words(lowered).findall(lowered)
    if max(map(len, found), default=0) > _LONGEST:
        return [token for token, _, _ in spans(text)]
    return found


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each lower-cased word with its start and end in the text, in code points."""
    lowered = _lower(text)
    for match in _words(lowered).finditer(lowered):
        for start in range(match.start(), match.end(), _LONGEST):
            end = min(start + _LONGEST, match.end())
            yield lowered[start:end], start, end


def analyse(text: str, analyzer: str) -> list[str]:
    """Return the terms of a text under an analyser; `GAP` stands where a stop word was."""
    return list(map(terms_of(analyzer), tokens(text)))


@cache
def terms_of(analyzer: str) -> Callable[[str], str]:
    """Return the function from a lower-cased word to its term (`GAP` for a stop word)."""
    if analyzer == "standard":
        return str
    return _Terms(LANGUAGE_OF[analyzer]).__getitem__


@cache
def stop_words() -> dict[str, frozenset[str]]:
    """Return the stop words per language: Snowball's lists (BSD licence), for English Lucene's 33."""
    text = files("umot.store").joinpath("stopwords.json").read_text(encoding="utf-8")
    return {language: frozenset(words.split()) for language, words in json.loads(text).items()}


def _words(lowered: str) -> "re.Pattern[str] | regex.Pattern[str]":
    return _PLAIN_WORD if _PLAIN.fullmatch(lowered) else _WORD


def _lower(text: str) -> str:
    """Lower-case one code point at a time, as Java does: length and offsets stay."""
    if text.isascii():
        return text.lower()
    return text.replace("İ", "i").replace("Σ", "σ").lower()


class _Terms(dict[str, str]):
    """Terms by word, remembered; emptied when full, so that memory stays flat."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stop = stop_words()[language]
        self._strip = _stripper(language)
        self._stem = _stemmer(language)

    def __missing__(self, word: str) -> str:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        bare = self._strip(word)
        term = GAP if bare in self._stop else self._stem(bare)
        self[word] = term
        return term


def _stripper(language: str) -> Callable[[str], str]:
    if language == "en":
        return _without_possessive
    if language in _ELIDED:
        articles = frozenset(_ELIDED[language].split())
        return lambda word: _without_elision(word, articles)
    return str


def _without_possessive(word: str) -> str:
    return word[:-2] if word.endswith(("'s", "’s", "＇s")) else word


def _without_elision(word: str, articles: frozenset[str]) -> str:
    match = re.search("['’]", word)
    return word[match.end() :] if match and word[: match.start()] in articles else word


def _stemmer(language: str) -> Callable[[str], str]:
    if language == "en":
        return porter.stem
    snowball = Stemmer.Stemmer(_SNOWBALL[language], 0)
    if language == "nl":
        return lambda word: _DUTCH_OVERRIDES.get(word) or str(snowball.stemWord(word))
    return lambda word: str(snowball.stemWord(word))
