"""Measure the Elasticsearch store: `python -m benchmarks.index`.

Documents per second through `replace` (which looks before and after every write, for versions, tombstones
and other writers) against raw `_bulk` requests with the same bodies into indices of the same templates,
in turns on the node at `ELASTICSEARCH_URL` or one started for this run; then resident memory of this
process while 200,000 posts go in. Counts posts and mentions together (a post has two mentions).
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.store import Corpus
from tests.elasticsearch_node.harness import start_node
from umot.store.contract import PostWrite
from umot.store.elastic.address import parse_address
from umot.store.elastic.bulk import Operation, index_operation
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.documents import KEYS, to_index
from umot.store.elastic.indices import year_of
from umot.store.elastic.plans import key_of
from umot.store.elastic.store import ElasticStore

_BATCH: Final = 1_000
_PER_POST: Final = 3
_MIB: Final = 1 << 20


@contextmanager
def server() -> Iterator[str]:
    """Give the address of a node: `host:port`."""
    if given := os.environ.get("ELASTICSEARCH_URL"):
        yield given.removeprefix("http://")
        return
    with tempfile.TemporaryDirectory() as name:
        node = start_node(Path(name))
        try:
            yield node.url.removeprefix("http://")
        finally:
            node.stop()


def bodies(writes: Sequence[PostWrite], prefix: str) -> Iterator[Operation]:
    """Yield what the store sends for new posts: each post with the keys of its mentions, then these."""
    for write in writes:
        year = year_of(write.post)
        post = to_index("posts", write.post) | {KEYS: [key_of(mention["id"]) for mention in write.mentions]}
        yield index_operation(f"{prefix}-posts-{year}", post["id"], post, 1)
        for mention in write.mentions:
            document = to_index("mentions", mention)
            yield index_operation(f"{prefix}-mentions-{year}", document["id"], document, 1)


def raw(cluster: Cluster, batches: Sequence[Sequence[PostWrite]]) -> None:
    """Send the bodies in plain bulk requests, and refuse an answer with errors."""
    for batch in batches:
        lines: list[Any] = [line for operation in bodies(batch, cluster.address.prefix) for line in operation.lines]
        if cluster.client.bulk(operations=lines)["errors"]:
            raise SystemExit("a raw bulk request had errors: the comparison would be of nothing")


def through_store(store: ElasticStore, batches: Sequence[Sequence[PostWrite]]) -> None:
    """Write the same posts as the pipeline does."""
    for batch in batches:
        if any(result.outcome != "indexed" for result in store.replace(batch)):
            raise SystemExit("a post was not indexed: the comparison would be of nothing")


def compare(host: str, posts: int, rounds: int) -> None:
    """Print documents per second of both ways, rounds in turns, fresh posts in each."""
    stores = {name: ElasticStore(parse_address(f"elasticsearch+http://{host}/{name}")) for name in ("raw", "ours")}
    cluster = Cluster(parse_address(f"elasticsearch+http://{host}/raw"), 60)
    source = Corpus().posts()
    through_store(stores["raw"], [list(islice(source, _BATCH))])
    through_store(stores["ours"], [list(islice(source, _BATCH))])
    taken: dict[str, list[float]] = {"raw _bulk": [], "store": []}
    for _ in range(rounds):
        batches = [list(islice(source, _BATCH)) for _ in range(posts // _BATCH)]
        began = time.perf_counter()
        raw(cluster, batches)
        middle = time.perf_counter()
        through_store(stores["ours"], batches)
        taken["raw _bulk"].append(middle - began)
        taken["store"].append(time.perf_counter() - middle)
    speed = {name: posts * _PER_POST / median(times) for name, times in taken.items()}
    ratio = median(a / b for a, b in zip(taken["raw _bulk"], taken["store"], strict=True))
    for name, value in speed.items():
        print(f"{name:10} {value:9,.0f} documents/s")
    print(f"store / raw: {ratio:.2f} (median of {rounds} pairs of {posts:,} posts)")


def memory(host: str, posts: int) -> None:
    """Print the resident memory of this process while posts go in."""
    store = ElasticStore(parse_address(f"elasticsearch+http://{host}/memory"))
    source = Corpus().posts()
    for number in range(0, posts, _BATCH):
        through_store(store, [list(islice(source, _BATCH))])
        if number % (posts // 5) == 0:
            print(f"after {number + _BATCH:7,} posts: {_resident() / _MIB:.0f} MiB", flush=True)
    print(f"after {posts:7,} posts: {_resident() / _MIB:.0f} MiB")


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Compare speeds, then watch the memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index", description=__doc__)
    parser.add_argument("--posts", type=int, default=5_000, help="per round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-posts", type=int, default=200_000, help="0 leaves it out")
    options = parser.parse_args()
    with server() as host:
        compare(host, options.posts, options.rounds)
        if options.memory_posts:
            memory(host, options.memory_posts)


if __name__ == "__main__":
    main()
