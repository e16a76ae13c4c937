"""The part of KQL that the files use, read as Kibana reads it and turned into Elasticsearch's own queries."""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Query = dict[str, Any]
Read = TypeVar("Read")
_TOKEN = re.compile(r'\s*(<=|>=|<|>|:|\(|\)|"(?:[^"\\]|\\.)*"|[^\s:()<>"]+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SIGNS = {"t": "\t", "r": "\r", "n": "\n"}
_RANGES = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


def query_of(expression: str) -> Query:
    """Return the query of an expression; an empty one finds everything."""
    if not expression:
        return {"match_all": {}}
    reader = _Reader(_TOKEN.findall(expression))
    query = reader.either()
    assert not reader.left, f"{expression!r}: cannot read {reader.left}"
    return query


def fields_of(expression: str) -> set[str]:
    """Return the fields that an expression names."""
    return set(_fields(query_of(expression)))


def _fields(query: Query) -> Iterator[str]:
    ((kind, body),) = query.items()
    if kind == "bool":
        for clauses in body.values():
            for clause in clauses if isinstance(clauses, list) else []:
                yield from _fields(clause)
    elif kind == "exists":
        yield body["field"]
    elif kind != "match_all":
        yield from body


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens

    def either(self) -> Query:
        clauses = self._joined("or", self.both)
        return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}

    def both(self) -> Query:
        clauses = self._joined("and", self.negated)
        return clauses[0] if len(clauses) == 1 else {"bool": {"filter": clauses}}

    def negated(self) -> Query:
        if self._takes("not"):
            return {"bool": {"must_not": [self.negated()]}}
        if self._takes("("):
            query = self.either()
            assert self._takes(")")
            return query
        return self._compared(self.left.pop(0))

    def _joined(self, word: str, read: Callable[[], Read]) -> list[Read]:
        clauses = [read()]
        while self._takes(word):
            clauses.append(read())
        return clauses

    def _compared(self, field: str) -> Query:
        operator = self.left.pop(0)
        if operator in _RANGES:
            return {"range": {field: {_RANGES[operator]: float(self.left.pop(0))}}}
        assert operator == ":", f"{field} {operator}"
        if not self._takes("("):
            return _is(field, self.left.pop(0))
        values = self._joined("or", lambda: self.left.pop(0))
        assert self._takes(")")
        return {"bool": {"should": [_is(field, value) for value in values], "minimum_should_match": 1}}

    def _takes(self, word: str) -> bool:
        if self.left and self.left[0] == word:
            self.left.pop(0)
            return True
        return False


def _is(field: str, value: str) -> Query:
    if value.startswith('"'):
        exact = _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), value[1:-1])
        return {"match_phrase": {field: exact}}
    return {"exists": {"field": field}} if value == "*" else {"match": {field: value}}
