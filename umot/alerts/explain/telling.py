"""Terms that say what is different now: one voice per author, each language against itself."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Final

import numpy as np

from umot.alerts.explain.logodds import LEAST_LOG_ODDS, Floats, highest_z, least_z, log_odds
from umot.alerts.explain.mention import Mention
from umot.alerts.explain.reading import ALL_LANGUAGES, Term

_LEAST_VOTERS: Final = 2
_LEAST_SHARE: Final = 0.02
"""A term that fewer use explains no rise, however surprising it is."""
_VOCABULARY: Final = 100_000
"""Terms counted of the time before, besides those of the event; the threshold hardly rises with more."""

Ballot = tuple[str, Collection[Term]]
"""A text's language and what it says."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many voters used each term, and how many there are, by language.

    The terms in `kept` are always counted, others while there are fewer than `_VOCABULARY`, so that memory does not
    grow with the texts.
    """

    kept: Collection[Term] = frozenset()
    votes: Counter[Term] = field(default_factory=Counter)
    voters: Counter[str] = field(default_factory=Counter)

    def add(self, ballots: Iterable[Ballot]) -> None:
        """Count one voter, whatever the number of its texts."""
        languages, terms = {ALL_LANGUAGES}, set[Term]()
        for language, said in ballots:
            languages.add(language)
            terms.update(said)
        room = len(self.votes) < _VOCABULARY
        self.votes.update(term for term in terms if room or term in self.votes or term in self.kept)
        self.voters.update(languages)

    def common(self) -> set[Term]:
        """Return the terms that enough voters used."""
        return {
            term
            for term, votes in self.votes.items()
            if votes >= max(_LEAST_VOTERS, _LEAST_SHARE * self.voters[term[0]])
        }


def telling(found: Tally, before: Tally) -> dict[Term, float]:
    """Return the over-represented terms with their z-scores, most telling first; none when chance could do it.

    Any term of either time might have come up by chance, so the threshold rises with the number of those that have
    the votes to pass it (Tarone 1990).
    """
    terms = sorted(found.votes.keys() | before.votes.keys())
    now, then = _counts(found, terms), _counts(before, terms)
    ratio, z = log_odds(*now, *then)
    candidates = found.common()
    common = np.array([term in candidates for term in terms], dtype=bool)
    kept = common & (z >= least_z(highest_z(*now, *then))) & (ratio >= LEAST_LOG_ODDS)
    order = sorted(np.flatnonzero(kept), key=lambda n: (-round(float(z[n]), 9), terms[n]))
    return {terms[n]: float(z[n]) for n in order}


def by_voter(mentions: Iterable[Mention], windows: "Windows | None" = None) -> Iterator[list[Mention]]:
    """Yield the mentions of each voter; with windows, of each voter in each window."""

    def key(found: Mention) -> tuple[str, int]:
        return found.voter, windows.number(found.day) if windows else 0

    for _, group in groupby(sorted(mentions, key=key), key):
        yield list(group)


class Windows:
    """Stretches of time as long as the event.

    A voter says more different things in six weeks than in three days; counted once per window, both sides are alike.
    """

    def __init__(self, mentions: Iterable[Mention]) -> None:
        days = [day for found in mentions if (day := _ordinal(found.day))]
        self._start = min(days, default=0)
        self._length = max(days, default=0) - self._start + 1

    def number(self, day: str) -> int:
        """Return the window that a day (`2026-03-02`) lies in; days that nobody knows share one."""
        return (_ordinal(day) - self._start) // self._length


def _ordinal(day: str) -> int:
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        return 0


def _counts(tally: Tally, terms: list[Term]) -> tuple[Floats, Floats]:
    votes = np.array([tally.votes[term] for term in terms], dtype=float)
    return votes, np.array([tally.voters[term[0]] for term in terms], dtype=float)
