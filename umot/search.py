"""Finding posts by their words, as people type them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment.labels import LANGUAGES
from umot.store.contract import Hit, Query, SearchResult, Store
from umot.text import one_line

TEXT_FIELDS = ("text", *(f"text_{code}" for code in LANGUAGES))
_AROUND = 80


@dataclass(frozen=True, slots=True)
class Filters:
    """What to narrow a search or an export to; None leaves a field open.

    `since` and `until` are days of the workspace (2026-03-02, both included) or times (ISO 8601).
    """

    brand: str | None = None
    moment: str | None = None
    sentiment: str | None = None
    stance: str | None = None
    source: str | None = None
    language: str | None = None
    since: str | None = None
    until: str | None = None

    def clauses(self, collection: str = "posts") -> list[Query]:
        """Return the filter clauses for posts or mentions."""
        names = {"brand": "brands", "moment": "moments"} if collection == "posts" else {}
        given = {
            key: getattr(self, key)
            for key in ("brand", "moment", "sentiment", "stance", "source", "language")
            if getattr(self, key) is not None
        }
        clauses: list[Query] = [{"term": {names.get(key, key): value}} for key, value in given.items()]
        bounds = ((op, at) for op, at in (("gte", self.since), ("lte", self.until)) if at)
        return [*clauses, *({"range": {_time_field(at): {op: at}}} for op, at in bounds)]


def query_of(text: str | None, filters: Filters, collection: str = "posts") -> Query:
    """Return the store query for typed words; words between double quotes must stand together."""
    must: list[Query] = []
    for n, piece in enumerate((text or "").split('"')):
        if piece.strip():
            must.append(_phrase(piece) if n % 2 else _words(piece))
    clauses: dict[str, Any] = {"filter": filters.clauses(collection)}
    return {"bool": clauses | ({"must": must} if must else {})}


def search(store: Store, text: str | None, filters: Filters, *, size: int = 10) -> SearchResult:
    """Find posts, best first; without words the latest first."""
    sort: Sequence[dict[str, str]] = () if text else ({"published_at": "desc"}, {"id": "asc"})
    fields = ("text",) if text else ()
    return store.search("posts", query_of(text, filters), sort=sort, size=size, highlight=fields)


def spans(hit: Hit) -> list[tuple[int, int]]:
    """Return where the found words stand in the hit's text."""
    return list(hit.highlights.get("text", ()))


def fragments(text: str, found: Iterable[tuple[int, int]], width: int = 240) -> list[tuple[str, bool]]:
    """Cut a text to the part around its first found word: pieces, each with whether it was found."""
    found = list(found)
    begin = max(0, found[0][0] - _AROUND) if found else 0
    end = min(len(text), begin + width)
    pieces = [("…", False)] if begin else []
    place = begin
    for first, last in found:
        if first >= end:
            break
        pieces += [(text[place:first], False), (text[first : min(last, end)], True)]
        place = min(last, end)
    pieces.append((text[place:end], False))
    if end < len(text):
        pieces.append(("…", False))
    return [(_flat(piece), hot) for piece, hot in pieces if piece]


def _time_field(at: str) -> str:
    """Compare a plain date with the workspace's days, a time with the moment of publication."""
    return "day" if len(at) == len("2026-03-02") else "published_at"


def _flat(piece: str) -> str:
    """Put a piece on one line and keep the spaces at its ends."""
    core = one_line(piece, limit=len(piece) + 1)
    return f"{' ' * piece[:1].isspace()}{core}{' ' * (piece[-1:].isspace() and bool(core))}"


def _words(text: str) -> Query:
    matches = [{"match": {field: {"query": text, "operator": "and"}}} for field in TEXT_FIELDS]
    return {"bool": {"should": matches, "minimum_should_match": 1}}


def _phrase(text: str) -> Query:
    # Analysers drop words such as "niet": a phrase is looked for as it was written.
    return {"match_phrase": {"text": text}}
