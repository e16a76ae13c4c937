"""Find the places in a stored text that a query matched, as code-point spans."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from umot.store.analysis import GAP, analyse, spans, terms_of
from umot.store.contract import Document
from umot.store.nodes import Bool, Match, Node, Phrase

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What to look for in a field: patterns of terms in a row (None for any word)."""

    source: str
    language: str | None
    analyzer: str
    patterns: tuple[tuple[str | None, ...], ...]


class Highlighter:
    """The words and phrases of one query, to be found in any number of documents.

    A text field under a language's analyser is filled from the plain one, so its matches are shown
    there: a hit in `text_nl` is a span of `text`.
    """

    def __init__(self, node: Node, fields: Sequence[str]) -> None:
        self._fields = fields
        self._sought = [sought for sought in map(_sought, _leaves(node)) if sought.patterns]

    def spans(self, document: Document) -> dict[str, Sequence[Span]]:
        """Return the spans per asked field, in order and merged where they touch the same words."""
        found = {name: self._in_field(document, name) for name in self._fields}
        return {name: places for name, places in found.items() if places}

    def _in_field(self, document: Document, name: str) -> list[Span]:
        text = document.get(name)
        wanted = [s for s in self._sought if s.source == name and s.language in (None, document.get("language"))]
        if not text or not wanted:
            return []
        words = list(spans(text))
        return _merged(sorted(place for sought in wanted for place in _places(words, sought)))


def _leaves(node: Node) -> Iterator[Match | Phrase]:
    if isinstance(node, Bool):
        for clause in (*node.must, *node.should, *node.filter):
            yield from _leaves(clause)
    elif isinstance(node, Match | Phrase):
        yield node


def _sought(leaf: Match | Phrase) -> _Sought:
    terms = [None if term == GAP else term for term in analyse(leaf.text, leaf.field.analyzer)]
    if isinstance(leaf, Match):
        patterns: tuple[tuple[str | None, ...], ...] = tuple((term,) for term in dict.fromkeys(terms) if term)
    else:
        patterns = (_trimmed(terms),) if any(terms) else ()
    return _Sought(leaf.field.source, leaf.field.language, leaf.field.analyzer, patterns)


def _trimmed(terms: Sequence[str | None]) -> tuple[str | None, ...]:
    places = [place for place, term in enumerate(terms) if term]
    return tuple(terms[places[0] : places[-1] + 1])


def _places(words: Sequence[tuple[str, int, int]], sought: _Sought) -> Iterator[Span]:
    term_of = terms_of(sought.analyzer)
    terms = [term_of(word) for word, _, _ in words]
    singles = {pattern[0] for pattern in sought.patterns if len(pattern) == 1}
    yield from (words[n][1:] for n, term in enumerate(terms) if term in singles)
    for pattern in sought.patterns:
        if len(pattern) > 1:
            yield from _phrases(words, terms, pattern)


def _phrases(
    words: Sequence[tuple[str, int, int]], terms: Sequence[str], pattern: Sequence[str | None]
) -> Iterator[Span]:
    for start in range(len(terms) - len(pattern) + 1):
        if all(term in (None, terms[start + n]) for n, term in enumerate(pattern)):
            yield words[start][1], words[start + len(pattern) - 1][2]


def _merged(places: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in places:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
