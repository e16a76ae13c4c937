"""Which brands a text speaks of."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

_WORD = r"[^\W_]"


class BrandNames(Protocol):
    """The part of a brand's configuration that matching needs."""

    @property
    def name(self) -> str:
        """The name as it is shown."""

    @property
    def spellings(self) -> Sequence[str]:
        """Other ways to write it."""

    @property
    def exclude(self) -> Sequence[str]:
        """Phrases that hold a spelling and mean something else."""


class BrandMatcher:
    """Finds brands by name and spelling: whole words, any case, with or without accents, `#` or `@`."""

    def __init__(self, brands: Iterable[BrandNames]) -> None:
        self._brand_of: dict[str, list[str]] = {}
        self._excluded: list[tuple[str, re.Pattern[str]]] = []
        for brand in brands:
            for spelling in (brand.name, *brand.spellings):
                names = self._brand_of.setdefault(_key(spelling), [])
                if brand.name not in names:
                    names.append(brand.name)
            if brand.exclude:
                self._excluded.append((brand.name, _phrases(map(_folded, brand.exclude))))
        self._names = _phrases(self._brand_of)

    def find(self, text: str) -> list[str]:
        """Return the brands that the text names, in order of first appearance."""
        folded = _folded(text)
        found: dict[str, None] = {}
        for match in self._names.finditer(folded):
            for brand in self._brand_of[_key(match.group())]:
                if not self._is_excluded(brand, folded, match):
                    found[brand] = None
        return list(found)

    def _is_excluded(self, brand: str, folded: str, match: re.Match[str]) -> bool:
        """Tell whether the match lies inside one of the brand's excluded phrases."""
        return any(
            phrase.start() <= match.start() and match.end() <= phrase.end()
            for name, pattern in self._excluded
            if name == brand
            for phrase in pattern.finditer(folded)
        )


def brand_of_mention(mentioned: Sequence[str], of_post: Sequence[str]) -> str | None:
    """Return the brand that a mention is about: the first in its clause, else the post's only one, else None."""
    if mentioned:
        return mentioned[0]
    return of_post[0] if len(of_post) == 1 else None


def _folded(text: str) -> str:
    """Lower-case without accents; white space runs become one space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _key(spelling: str) -> str:
    """Make `Bol.com`, `bol com` and `BOL-COM` one spelling."""
    return " ".join(re.findall(rf"{_WORD}+", _folded(spelling)))


def _phrases(spellings: Iterable[str]) -> re.Pattern[str]:
    """Compile spellings into one pattern of whole words, longest first."""
    parts = sorted({r"[\W_]{0,2}".join(map(re.escape, re.findall(rf"{_WORD}+", s))) for s in spellings})
    longest = "|".join(sorted(filter(None, parts), key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"(?<!{_WORD})(?:{longest})(?!{_WORD})")
