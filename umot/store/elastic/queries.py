"""Turn checked queries into Elasticsearch's JSON: only the shapes whose meaning both engines share.

Exact values are asked for without relevance, as the embedded engine does.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from umot.store.mapping import Field
from umot.store.nodes import Bool, Exists, Match, MatchAll, Node, Phrase, Range, Scalar, Sort, Terms

Json = dict[str, Any]
_LARGEST_LONG: Final = 2**63 - 1


def to_json(node: Node) -> Json:
    """Return the query of a tree."""
    return _SHAPES[type(node)](node)


def sort_to_json(keys: Sort) -> list[Json]:
    """Return the order of some keys, or that of relevance and then id without keys."""
    if not keys:
        return [{"_score": "desc"}, {"id": "asc"}]
    return [{key.field.name: {"order": "desc" if key.descending else "asc", "missing": "_last"}} for key in keys]


def after_to_json(after: Mapping[int, Any] | Any, keys: Sort) -> list[Any]:
    """Return a place in an order; a number that a document lacks is the one that sorts last."""
    if not keys:
        return list(after)
    return [
        _last(key.field, descending=key.descending) if value is None else value
        for key, value in zip(keys, after, strict=True)
    ]


def _last(field: Field, *, descending: bool) -> Any:
    if field.type == "keyword":
        return None
    if field.type == "float":
        return "-Infinity" if descending else "Infinity"
    return -_LARGEST_LONG - 1 if descending else _LARGEST_LONG


def _match_all(_node: MatchAll) -> Json:
    return {"match_all": {}}


def _match(node: Match) -> Json:
    return {"match": {node.field.name: {"query": node.text, "operator": node.operator}}}


def _phrase(node: Phrase) -> Json:
    return {"match_phrase": {node.field.name: {"query": node.text}}}


def _terms(node: Terms) -> Json:
    return {"terms": {node.field.name: [_value(node.field, value) for value in node.values]}}


def _range(node: Range) -> Json:
    if node.low is None and node.high is None:
        return _exists(Exists(node.field))
    bounds = {}
    if node.low is not None:
        bounds["gte" if node.with_low else "gt"] = _value(node.field, node.low)
    if node.high is not None:
        bounds["lte" if node.with_high else "lt"] = _value(node.field, node.high)
    return {"range": {node.field.name: bounds}}


def _exists(node: Exists) -> Json:
    return {"exists": {"field": node.field.name}}


def _bool(node: Bool) -> Json:
    if node.minimum > len(node.should):
        return {"match_none": {}}
    # Lucene asks for one of the optional clauses when there is nothing else.
    everything = () if node.must or node.filter or node.minimum else (MatchAll(),)
    clauses = {"must": node.must, "should": node.should, "must_not": node.must_not, "filter": node.filter + everything}
    found = {name: [to_json(clause) for clause in some] for name, some in clauses.items() if some}
    return {"bool": {**found, "minimum_should_match": node.minimum}}


def _value(field: Field, value: Scalar) -> Any:
    return bool(value) if field.type == "boolean" else value


_SHAPES: Final[dict[type, Callable[[Any], Json]]] = {
    MatchAll: _match_all,
    Match: _match,
    Phrase: _phrase,
    Terms: _terms,
    Range: _range,
    Exists: _exists,
    Bool: _bool,
}
