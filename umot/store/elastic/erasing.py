"""Remove posts for good: tombstones first, then what is stored, then what is left in the files."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final

from more_itertools import batched

from umot.store.contract import Collection
from umot.store.elastic.bulk import delete_operation, send
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.indices import YEARLY
from umot.store.elastic.scanning import scan
from umot.store.elastic.state import ElasticState
from umot.store.elastic.writes import PostWriter

_CHUNK: Final = 1_000
_PAGE: Final = 1_000
_WITH_TEXTS: Final[tuple[Collection, ...]] = (*YEARLY, "alerts")
# Without it, segments with few removed documents would be left as they are.
_EXPUNGE_ALL: Final = {"index.merge.policy.expunge_deletes_allowed": 0}


def erase(cluster: Cluster, state: ElasticState, posts: PostWriter, ids: Sequence[str], reason: str) -> int:
    """Remove posts with their mentions and leave tombstones; return how many posts went.

    A writer that meets the post at the same time sees the tombstone when it looks again, and takes back its own.
    """
    gone = 0
    for some in batched(dict.fromkeys(ids), _CHUNK):
        state.put_many("tombstone", {key: {"reason": reason} for key in some})
        gone += posts.remove(some)
        _remove_mentions(cluster, some)
    return gone


def purge(cluster: Cluster) -> None:
    """Rewrite every segment that holds removed documents; this takes up to half a minute.

    Elasticsearch keeps what was removed for copies of a shard that may have missed it, and asks them
    every 30 seconds how far they are. What was removed before this call is gone when it returns.

    Raises:
        StoreError: a copy does not come forward within the patience, so that removed documents stay.
    """
    aliases = [cluster.alias(collection) for collection in _WITH_TEXTS]
    cluster.ask(lambda client: client.indices.put_settings(index=aliases, settings=_EXPUNGE_ALL))
    cluster.ask(lambda client: client.indices.flush(index=aliases, wait_if_ongoing=True))
    ends = {key: shard["seq_no"]["max_seq_no"] for key, shard in _primaries(cluster, aliases)}
    waits = cluster.back_off()
    while behind := [key for key, shard in _primaries(cluster, aliases) if _kept_from(shard) <= ends.get(key, -1)]:
        cluster.wait(waits, f"{cluster.address}: copies of {behind[0]} may still need what was removed", logging.INFO)
    cluster.ask(lambda client: client.indices.forcemerge(index=aliases, only_expunge_deletes=True))


def _primaries(cluster: Cluster, aliases: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    stats = cluster.ask(lambda client: client.indices.stats(index=aliases, metric="docs", level="shards"))
    for name, index in stats["indices"].items():
        for number, copies in index["shards"].items():
            yield from ((f"{name}[{number}]", copy) for copy in copies if copy["routing"]["primary"])


def _kept_from(shard: dict[str, Any]) -> int:
    """Return the number of the first change that a copy of a shard may still need."""
    return min(int(lease["retaining_seq_no"]) for lease in shard["retention_leases"]["leases"])


def _remove_mentions(cluster: Cluster, posts: Sequence[str]) -> None:
    """Remove mentions that no post names."""
    alias = cluster.alias("mentions")
    cluster.ask(lambda client: client.indices.refresh(index=alias))
    query = {"terms": {"post_id": list(posts)}}
    hits = scan(cluster, "mentions", query, "id", _PAGE)
    send(cluster, (delete_operation(_write_alias(hit["_index"]), hit["_id"]) for hit in hits))


def _write_alias(index: str) -> str:
    return index.rpartition("-")[0]
