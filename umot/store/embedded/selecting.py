"""Pick the first rows of an exact order; tantivy itself orders by one field and leaves ties open."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from tantivy import Order

from umot.store.contract import Document
from umot.store.embedded.compiling import compile_query
from umot.store.embedded.index import ROW, SearchIndex
from umot.store.nodes import Bool, Exists, Node, Range, Scalar, Sort, SortKey, Terms
from umot.store.ordering import sort_value

_MARGIN: Final = 64


def total(index: SearchIndex, node: Node) -> int:
    """Return how many documents match."""
    return index.top(compile_query(node, index), 1)[1]


def first_rows(index: SearchIndex, node: Node, keys: Sort, size: int) -> list[int]:
    """Return the rows of the first documents of an order that ends in `id`, themselves in no order.

    By the first key tantivy gives the first documents; those that share the last one's value are
    asked for again by the other keys, and those without a value come last.
    """
    if size <= 0:
        return []
    key, rest = keys[0], keys[1:]
    present = _both(node, Exists(key.field))
    hits, count = _top(index, present, key, size)
    if count <= size:
        found = _rows(index, [address for _, address in hits])
        lacking = Bool(filter=(node,), must_not=(Exists(key.field),))
        return found + (first_rows(index, lacking, rest, size - count) if rest else [])
    last = hits[-1][0]
    found = _rows(index, [address for value, address in hits if value != last])
    if not rest:
        return _rows(index, [address for _, address in hits])
    ties = _both(node, Terms(key.field, (last,)))
    return found + first_rows(index, ties, rest, size - len(found))


def ranked(
    index: SearchIndex,
    node: Node,
    size: int,
    after: tuple[float, str] | None,
    ids_of: Callable[[Sequence[int]], dict[int, str]],
) -> list[tuple[int, float]]:
    """Return rows and scores by relevance, equal scores by id."""
    limit = size + _MARGIN
    while True:
        hits, _ = index.top(compile_query(node, index), limit)
        complete = len(hits) < limit
        sure = hits if complete else [hit for hit in hits if hit[0] > hits[-1][0]]
        found = _in_rank_order(index, sure, after, ids_of)
        if complete or len(found) >= size:
            return found[:size]
        limit *= 4


def constant_score(index: SearchIndex, node: Node) -> float:
    """Return the score that all documents of an unscored query share."""
    hits, _ = index.top(compile_query(node, index), 1)
    return float(hits[0][0]) if hits else 0.0


def beyond(keys: Sort, after: Sequence[Scalar | None]) -> Node:
    """Return the query for everything after a place in an order."""
    steps = []
    for n, (key, value) in enumerate(zip(keys, after, strict=True)):
        same = tuple(_same(k, v) for k, v in zip(keys[:n], after[:n], strict=True))
        if value is not None:
            steps.append(Bool(filter=(*same, _further(key, value))))
    return Bool(should=tuple(steps), minimum=1)


def in_order(documents: Sequence[Document], keys: Sort) -> list[Document]:
    """Sort documents by the keys, those without a value last."""
    found = list(documents)
    for n in reversed(range(len(keys))):
        found.sort(key=lambda document: _rank(document, keys[n]), reverse=keys[n].descending)
    return found


def _rank(document: Document, key: SortKey) -> tuple[bool, Any]:
    value = sort_value(document.get(key.field.name), key)
    return ((value is None) != key.descending, 0 if value is None else value)


def _top(index: SearchIndex, node: Node, key: SortKey, size: int) -> tuple[list[tuple[Any, Any]], int]:
    order = Order.Desc if key.descending else Order.Asc
    return index.top(compile_query(node, index), size, order_by_field=key.field.name, order=order)


def _rows(index: SearchIndex, addresses: list[Any]) -> list[int]:
    return index.numbers(ROW, addresses)


def _in_rank_order(
    index: SearchIndex,
    hits: Sequence[tuple[float, Any]],
    after: tuple[float, str] | None,
    ids_of: Callable[[Sequence[int]], dict[int, str]],
) -> list[tuple[int, float]]:
    rows = _rows(index, [address for _, address in hits])
    ids = ids_of(rows)
    scored = ((-score, ids[row], row) for (score, _), row in zip(hits, rows, strict=True) if row in ids)
    place = (-after[0], after[1]) if after else None
    return [(row, -score) for score, key, row in sorted(scored) if place is None or (score, key) > place]


def _both(one: Node, other: Node) -> Node:
    return Bool(filter=(one, other))


def _same(key: SortKey, value: Scalar | None) -> Node:
    if value is None:
        return Bool(must_not=(Exists(key.field),))
    return Terms(key.field, (value,))


def _further(key: SortKey, value: Scalar) -> Node:
    on = (
        Range(key.field, high=value, with_high=False) if key.descending else Range(key.field, low=value, with_low=False)
    )
    return Bool(should=(on, Bool(must_not=(Exists(key.field),))), minimum=1)
