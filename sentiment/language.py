"""Name the language of a text; a source's own claim is believed when the text does not refute it."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from sentiment.labels import LANGUAGES

if TYPE_CHECKING:
    from lingua import LanguageDetector

# Named so that they are not taken for one of the six.
NEIGHBOURS: Final = ("af", "da", "pt", "sv", "pl", "tr")

_CODE: Final = re.compile(r"[a-z]{2}")
_NOISE: Final = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\bRT\b")
_LETTERS: Final = re.compile(r"[^\W\d_]")
_VIEW: Final = 1000
_SHORT: Final = 30
_LEAST_LETTERS: Final = 3
_LEAST: Final = 0.5
_REFUTED: Final = 0.9
_NEIGHBOUR_PRIOR: Final = 0.2


def detect(text: str, claimed: str | None = None) -> str | None:
    """Return an ISO 639-1 code, or None when the text does not tell.

    `claimed` (a BCP 47 tag, or the English name of a language) stands unless a text of at least
    30 letters clearly is another language; a shorter text cannot refute it. A claim that names no
    known language counts as none.
    """
    claim = _code(claimed) if claimed else None
    plain = _NOISE.sub(" ", text[:_VIEW])
    letters = len(_LETTERS.findall(plain))
    if letters < _LEAST_LETTERS or (claim and letters < _SHORT):
        return claim
    found = _confidences(plain)
    best = max(found, key=lambda code: found[code])
    if found[best] < (_REFUTED if claim else _LEAST):
        return claim
    return best


def _code(claimed: str) -> str | None:
    """Return the two letters that a claim stands for."""
    primary = claimed.strip().replace("_", "-").split("-")[0].lower()
    return primary if _CODE.fullmatch(primary) else _codes_of_names().get(primary)


@cache
def _codes_of_names() -> dict[str, str]:
    """Return the ISO 639-1 codes of English names and ISO 639-3 codes."""
    from lingua import Language

    return {
        name.lower(): language.iso_code_639_1.name.lower()
        for language in Language.all()
        for name in (language.name, language.iso_code_639_3.name)
    }


def _confidences(text: str) -> dict[str, float]:
    found = {
        value.language.iso_code_639_1.name.lower(): value.value
        for value in _detector().compute_language_confidence_values(text)
    }
    priors = {code: 1.0 if code in LANGUAGES else _NEIGHBOUR_PRIOR for code in found}
    weighted = {code: value * priors[code] for code, value in found.items()}
    total = sum(weighted.values())
    return {code: value / total for code, value in weighted.items()} if total else weighted


@cache
def _detector() -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in (*LANGUAGES, *NEIGHBOURS)]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()
