"""The words of an event: terms, phrases and products over-represented against the time before."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, get_args

from umot.alerts.explain.mention import Mention
from umot.alerts.explain.phrases import merged
from umot.alerts.explain.reading import Reader, Reading, Term
from umot.alerts.explain.telling import Tally, Windows, by_voter, telling

MOST_TERMS: Final = 8
MOST_PHRASES: Final = 5
MOST_PRODUCTS: Final = 3
_MERGED: Final = 50
"""Phrases that are looked at for being pieces of each other."""

Part = Literal["terms", "phrases", "products"]
Uses = dict[Term, dict[int, str]]
"""Of a term: who used it, and the form in which."""

_PARTS: Final[tuple[Part, ...]] = get_args(Part)
_Tallies = dict[Part, Tally]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is over-represented, as people write it; `weights` (z-scores of terms) and `readings` are behind it."""

    terms: tuple[str, ...]
    phrases: tuple[str, ...]
    products: tuple[str, ...]
    weights: Mapping[Term, float]
    readings: Mapping[Mention, Reading]


def wording(found: Sequence[Mention], before: Iterable[Mention]) -> Wording:
    """Compare the wording of the found mentions with that of the time before."""
    reader = Reader.of(found)
    readings = {mention: reader.read(mention) for mention in found}
    now = _tallies([readings[mention] for mention in voter] for voter in by_voter(found))
    then = _tallies((list(map(reader.read, voter)) for voter in by_voter(before, Windows(found))), now)
    weights = {part: telling(now[part], then[part]) for part in _PARTS}

    def uses(part: Part, most: int) -> Uses:
        return _uses(found, lambda mention: getattr(readings[mention], part), islice(weights[part], most))

    phrases = uses("phrases", _MERGED)
    return Wording(
        terms=_shown(uses("terms", 2 * MOST_TERMS), MOST_TERMS),
        phrases=_shown({phrase: phrases[phrase] for phrase in merged(phrases)}, MOST_PHRASES),
        products=_shown(uses("products", MOST_PRODUCTS), MOST_PRODUCTS),
        weights=weights["terms"],
        readings=readings,
    )


def _tallies(voters: Iterable[list[Reading]], of: _Tallies | None = None) -> _Tallies:
    """Count what each voter says; with `of`, in any case what is common there."""
    tallies = {part: Tally(of[part].common()) if of else Tally() for part in _PARTS}
    for readings in voters:
        for part, tally in tallies.items():
            tally.add((reading.language, getattr(reading, part)) for reading in readings)
    return tallies


def _uses(found: Sequence[Mention], said: Callable[[Mention], Mapping[Term, str]], terms: Iterable[Term]) -> Uses:
    """Return who used each term and in what form, in the order of the terms; a voter has one form of each."""
    uses: Uses = {term: {} for term in terms}
    for number, voter in enumerate(by_voter(found)):
        for mention in voter:
            for term, form in said(mention).items():
                if term in uses:
                    uses[term].setdefault(number, form)
    return uses


def _shown(uses: Uses, most: int) -> tuple[str, ...]:
    """Return the commonest form of each term; a form that two languages share is shown once."""
    forms: dict[str, str] = {}
    for users in uses.values():
        form = _commonest(users.values())
        forms.setdefault(form.casefold(), form)
    return tuple(islice(forms.values(), most))


def _commonest(forms: Iterable[str]) -> str:
    counts = Counter(forms)
    return min(counts, key=lambda form: (-counts[form], form.swapcase()))
