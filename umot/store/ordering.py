"""The values by which documents are ordered and pages continued, the same on both engines."""

from collections.abc import Sequence
from typing import Any

from umot.errors import QueryError
from umot.store.contract import Document
from umot.store.mapping import exact_value
from umot.store.nodes import Scalar, Sort, SortKey


def sort_values(document: Document, keys: Sort) -> tuple[Scalar | None, ...]:
    """Return the values by which a document is sorted: dates in milliseconds, None when it has none."""
    return tuple(sort_value(document.get(key.field.name), key) for key in keys)


def sort_value(value: Any, key: SortKey) -> Scalar | None:
    """Return the value of a field by which its document is sorted: the least, or the greatest when descending."""
    values = [v for v in (value if isinstance(value, list) else [value]) if v is not None]
    if key.field.ignore_above is not None:
        values = [v for v in values if len(v) <= key.field.ignore_above]
    exact = [exact_value(key.field, v) for v in values]
    return (max(exact) if key.descending else min(exact)) if exact else None


def check_after(after: Sequence[Any] | None, keys: Sort) -> None:
    """Check a place in an order: one value per key, or score and id without keys.

    Raises:
        QueryError: it is a place in another order.
    """
    expected = len(keys) or 2
    if after is not None and len(after) != expected:
        raise QueryError(f"after: found {len(after)} values, expected {expected}: give the last hit's `sort` unchanged")
