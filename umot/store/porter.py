"""Porter's stemmer for English with its author's later extensions, as Lucene's `english` has it.

M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, and the departures of his own
implementation (`bli`, `logi`, words of two letters). Snowball's `porter` lacks these.
"""

import re
from typing import Final

_STEP_2: Final = {
    "ational": "ate",
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "izer": "ize",
    "bli": "ble",
    "alli": "al",
    "entli": "ent",
    "eli": "e",
    "ousli": "ous",
    "ization": "ize",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "iveness": "ive",
    "fulness": "ful",
    "ousness": "ous",
    "aliti": "al",
    "iviti": "ive",
    "biliti": "ble",
    "logi": "log",
}
_STEP_3: Final = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4: Final = re.compile(
    "(?:al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|(?<=[st])ion|ou|ism|ate|iti|ous|ive|ize)$"
)
_ENDINGS_2: Final = re.compile(f"(?:{'|'.join(sorted(_STEP_2, key=len, reverse=True))})$")
_ENDINGS_3: Final = re.compile(f"(?:{'|'.join(_STEP_3)})$")
_DOUBLE: Final = re.compile(r"([^aeiou])\1$")
_MEASURE: Final = re.compile("v+c+")


def stem(word: str) -> str:
    """Return the stem of a lower-cased word."""
    if len(word) <= 2:
        return word
    word = _step_1c(_step_1b(_step_1a(word)))
    return _step_5(_step_4(_step_3(_step_2(word))))


def _shape(word: str) -> str:
    """Return `v` or `c` per letter; a y after a consonant is a vowel."""
    shape = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    return len(_MEASURE.findall(_shape(word)))


def _ends_short(word: str) -> bool:
    """Tell whether a word ends consonant, vowel, consonant other than w, x and y."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _step_1a(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _step_1b(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    for ending in ("ed", "ing"):
        rest = word.removesuffix(ending)
        if rest != word:
            return _mended(rest) if "v" in _shape(rest) else word
    return word


def _mended(rest: str) -> str:
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if _DOUBLE.search(rest) and _shape(rest)[-1] == "c":
        return rest if rest[-1] in "lsz" else rest[:-1]
    return rest + "e" if _measure(rest) == 1 and _ends_short(rest) else rest


def _step_1c(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and "v" in _shape(word[:-1]) else word


def _step_2(word: str) -> str:
    return _replaced(word, _ENDINGS_2, _STEP_2)


def _step_3(word: str) -> str:
    return _replaced(word, _ENDINGS_3, _STEP_3)


def _replaced(word: str, endings: "re.Pattern[str]", by: dict[str, str]) -> str:
    found = endings.search(word)
    if found and _measure(word[: found.start()]):
        return word[: found.start()] + by[found[0]]
    return word


def _step_4(word: str) -> str:
    found = _STEP_4.search(word)
    return word[: found.start()] if found and _measure(word[: found.start()]) > 1 else word


def _step_5(word: str) -> str:
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _ends_short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
