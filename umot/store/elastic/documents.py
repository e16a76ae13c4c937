"""What a document looks like in the index: with the fields that the store fills, without them when it is read."""

from functools import cache
from typing import Any, Final

from umot.store.contract import Collection, Document
from umot.store.mapping import fields_of

KEYS: Final = "mention_keys"


def to_index(collection: Collection, document: Document) -> Document:
    """Return a document with each text under the analyser of its own language as well."""
    derived = {
        name: document[source]
        for name, source in _derived(collection).get(document.get("language"), ())
        if document.get(source) is not None
    }
    return document | derived


def from_index(collection: Collection, source: dict[str, Any]) -> Document:
    """Return a document as it was written."""
    filled = _filled(collection)
    return {name: value for name, value in source.items() if name not in filled}


@cache
def _derived(collection: Collection) -> dict[Any, list[tuple[str, str]]]:
    derived: dict[Any, list[tuple[str, str]]] = {}
    for field in fields_of(collection).values():
        if field.is_text and field.language:
            derived.setdefault(field.language, []).append((field.name, field.source))
    return derived


@cache
def _filled(collection: Collection) -> frozenset[str]:
    return frozenset(name for fields in _derived(collection).values() for name, _ in fields) | {KEYS}
