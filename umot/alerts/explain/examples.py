"""The texts that stand for an event: typical of it, and different from each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from umot.alerts.explain.mention import Mention
from umot.alerts.explain.reading import Reading, Term

LONGEST: Final = 280
_DAMPING: Final = 8
"""Terms that every text is lent: one lucky word is not more typical than a whole sentence of them."""
_RELEVANCE: Final = 0.7
_COPY: Final = 0.6
_LOOKED_AT: Final = 300


@dataclass(frozen=True, slots=True)
class _Candidate:
    mention: Mention
    terms: frozenset[Term]
    typical: float


def examples(readings: Mapping[Mention, Reading], weights: Mapping[Term, float], most: int) -> list[Mention]:
    """Return the most typical mentions, one per author and post, distinct from each other.

    Typical is a high mean z-score of a text's terms, damped by their number. Chosen one by one by maximal marginal
    relevance: Carbonell & Goldstein (1998), "The use of MMR, diversity-based reranking for reordering documents and
    producing summaries", SIGIR. Where no term is telling, peaks and strong feelings come first.
    """
    candidates = _candidates(readings, weights)
    chosen: list[_Candidate] = []
    while candidates and len(chosen) < most:
        best = max(candidates, key=_marginal(candidates[0].typical, chosen))
        chosen.append(best)
        candidates = [other for other in candidates if _differs(other, best)]
    return [candidate.mention for candidate in chosen]


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return the text on one line, cut at a word with an ellipsis when it is longer."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    head = line[: longest - 1]
    at = len(head) if line[longest - 1].isspace() else head.rfind(" ")
    return f"{head[:at] if at > longest // 2 else head}…"


def _candidates(readings: Mapping[Mention, Reading], weights: Mapping[Term, float]) -> list[_Candidate]:
    """Return the best mentions, most typical first; those without a telling term only where none has one."""
    found = [_candidate(mention, reading, weights) for mention, reading in readings.items() if mention.text]
    telling = [candidate for candidate in found if candidate.typical]
    return sorted(telling or found, key=_order)[:_LOOKED_AT]


def _candidate(mention: Mention, reading: Reading, weights: Mapping[Term, float]) -> _Candidate:
    total = sum(weights.get(term, 0.0) for term in reading.terms)
    return _Candidate(mention, frozenset(reading.terms), round(total / (len(reading.terms) + _DAMPING), 9))


def _order(candidate: _Candidate) -> tuple[float, bool, float, Mention]:
    mention = candidate.mention
    return -candidate.typical, not mention.is_peak, -abs(mention.score), mention


def _marginal(highest: float, chosen: Sequence[_Candidate]) -> Callable[[_Candidate], float]:
    def gain(candidate: _Candidate) -> float:
        relevance = candidate.typical / highest if highest else 1.0
        alike = max((_likeness(candidate, other) for other in chosen), default=0.0)
        return _RELEVANCE * relevance - (1 - _RELEVANCE) * alike

    return gain


def _likeness(one: _Candidate, other: _Candidate) -> float:
    either = one.terms | other.terms
    return len(one.terms & other.terms) / len(either) if either else 1.0


def _differs(one: _Candidate, other: _Candidate) -> bool:
    """Say whether two mentions have other authors and posts, and are no copies."""
    a, b = one.mention, other.mention
    return a.voter != b.voter and a.post != b.post and _likeness(one, other) < _COPY
