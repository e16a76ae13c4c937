"""What a template changes in an index that exists, and what its documents become."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from umot.store.contract import Document
from umot.store.elastic.documents import KEYS, from_index, to_index
from umot.store.mapping import COLLECTIONS, fields_of

_OWN: Final = "_meta"


@dataclass(frozen=True, slots=True)
class Difference:
    """Fields that a template adds to an index, defines otherwise, or does not have."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()

    @property
    def in_place(self) -> bool:
        """Tell whether the index can take it as it is: new fields only, that no document has yet."""
        return not (self.changed or self.dropped or self.derived)

    def __bool__(self) -> bool:
        return bool(self.added or not self.in_place)

    def __str__(self) -> str:
        told = (("new", (*self.added, *self.derived)), ("changed", self.changed), ("dropped", self.dropped))
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in told if names)


def difference(collection: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Difference:
    """Compare the mapping of an index with that of its template."""
    old, new = found.get("properties", {}), wanted["properties"]
    more = [name for name in new if name not in old]
    rules = {key for key in {*found, *wanted} - {"properties", _OWN} if found.get(key) != wanted.get(key)}
    return Difference(
        tuple(name for name in more if not _is_derived(collection, name)),
        (*(name for name in new if name in old and old[name] != new[name]), *sorted(rules)),
        tuple(name for name in old if name not in new),
        tuple(name for name in more if _is_derived(collection, name)),
    )


def fitted(collection: str, source: Document, properties: Mapping[str, Any]) -> Document:
    """Return a stored document with the fields that a mapping has, those that the store fills filled anew."""
    if collection not in COLLECTIONS:
        return _only(source, properties)
    keys = {KEYS: source[KEYS]} if KEYS in source else {}
    return to_index(collection, _only(from_index(collection, source), properties)) | keys


def _only(source: Document, properties: Mapping[str, Any]) -> Document:
    return {name: value for name, value in source.items() if name in properties}


def _is_derived(collection: str, name: str) -> bool:
    """Tell whether the store fills a field from another one, so that documents must be written anew to have it."""
    field = fields_of(collection).get(name) if collection in COLLECTIONS else None
    return field is not None and field.source != name
