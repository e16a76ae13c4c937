"""What is stored of some posts at this moment, without waiting for a refresh."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from more_itertools import batched

from umot.store.contract import Collection
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.documents import KEYS
from umot.store.elastic.failures import reason_of
from umot.store.elastic.indices import STATE, Indices
from umot.store.elastic.keys import state_id

_AT_ONCE: Final = 10_000
_MISSING: Final = "index_not_found"


@dataclass(frozen=True, slots=True)
class Copy:
    """A stored document: its year, its own version, the version that Elasticsearch compares, its mentions' keys."""

    year: str
    version: int
    stamp: int
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The copies of a document, the one that counts first; more than one is a mishap to be mended."""

    copies: tuple[Copy, ...] = ()
    erased: bool = False

    @property
    def best(self) -> Copy | None:
        """The copy that counts."""
        return self.copies[0] if self.copies else None


def read_many(
    cluster: Cluster, places: Iterable[tuple[str, str]], fields: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    """Yield what is found at (alias, id), with some fields or, when None, all.

    Raises:
        StoreError: a part of the index cannot be read, for longer than the patience.
    """
    options: dict[str, Any] = {} if fields is None else {"source_includes": list(fields)}
    for some in batched(places, _AT_ONCE):
        waits = cluster.back_off()
        waiting: Sequence[tuple[str, str]] = some
        while waiting:
            answers = _ask_for(cluster, waiting, options, waits)
            yield from (answer for answer in answers if answer.get("found"))
            waiting = _unread(cluster, waiting, answers, waits)


def _ask_for(
    cluster: Cluster, places: Sequence[tuple[str, str]], options: dict[str, Any], waits: Iterator[float]
) -> list[dict[str, Any]]:
    docs = [{"_index": alias, "_id": key} for alias, key in places]
    answers: list[dict[str, Any]] = cluster.ask(lambda client: client.mget(docs=docs, **options), waits)["docs"]
    return answers


def _unread(
    cluster: Cluster, places: Sequence[tuple[str, str]], answers: Sequence[dict[str, Any]], waits: Iterator[float]
) -> list[tuple[str, str]]:
    """Wait a little and return the places whose part of the index did not answer; a missing index is an answer."""
    troubles = {place: reason_of(answer) for place, answer in zip(places, answers, strict=True) if "error" in answer}
    unread = {place: reason for place, reason in troubles.items() if _MISSING not in reason}
    if unread:
        cluster.wait(waits, f"{len(unread)} documents cannot be read ({next(iter(unread.values()))})")
    return list(unread)


def probe(cluster: Cluster, indices: Indices, ids: Sequence[str]) -> dict[str, Known]:
    """Return what is stored of posts in any year, and which are erased."""
    copies = find_copies(cluster, indices.years(), "posts", ids)
    erased = find_erased(cluster, ids)
    return {key: Known(copies[key], key in erased) for key in ids}


def find_copies(
    cluster: Cluster, years: Iterable[str], collection: Collection, ids: Sequence[str]
) -> dict[str, tuple[Copy, ...]]:
    """Return the stored copies of documents, the one that counts first."""
    places = [(cluster.alias(f"{collection}-{year}"), key) for year in years for key in ids]
    copies: dict[str, list[Copy]] = {key: [] for key in ids}
    for found in read_many(cluster, places, ("version", KEYS)):
        copies[found["_id"]].append(_copy(found, cluster.alias(f"{collection}-")))
    return {key: _ranked(found) for key, found in copies.items()}


def find_erased(cluster: Cluster, posts: Iterable[str]) -> set[str]:
    """Return which of some posts have a tombstone."""
    keys = {state_id("tombstone", post): post for post in posts}
    places = ((cluster.alias(STATE), key) for key in keys)
    return {keys[found["_id"]] for found in read_many(cluster, places, ("space",))}


def _copy(found: dict[str, Any], start: str) -> Copy:
    source = found["_source"]
    year = found["_index"].removeprefix(start).rpartition("-")[0]
    return Copy(year, source.get("version") or 0, found["_version"], tuple(source.get(KEYS) or ()))


def _ranked(copies: Sequence[Copy]) -> tuple[Copy, ...]:
    """Order copies so that every process picks the same one: the latest version, then the first year."""
    return tuple(sorted(copies, key=lambda copy: (-copy.version, copy.year)))
