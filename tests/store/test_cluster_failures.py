"""A writer goes on while nodes, disks and the whole cluster fail around it: nothing is lost, nothing is there twice."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from tests.elasticsearch_node.harness import Cluster, Node
from umot.store.contract import PostWrite
from umot.store.elastic.address import parse_address
from umot.store.elastic.store import ElasticStore

pytestmark = pytest.mark.slow

PATIENCE = 240.0
BATCH = 200


def batch(number: int) -> list[PostWrite]:
    """Return posts of two years with two mentions each."""
    return [_write(f"p:{number:04d}-{n:03d}", 2025 + n % 2) for n in range(BATCH)]


def _write(key: str, year: int) -> PostWrite:
    text = f"{key} kwam te laat " * 20
    mentions = [{"id": f"{key}#{n}", "post_id": key, "ordinal": n, "text": text} for n in (0, 1)]
    post = {"id": key, "version": 1, "language": "nl", "text": text, "published_at": f"{year}-03-01T00:00:00Z"}
    return PostWrite(post, mentions)


class Writer(threading.Thread):
    """Writes batch after batch until told to stop, and notes what was acknowledged."""

    def __init__(self, urls: list[str], prefix: str) -> None:
        super().__init__(daemon=True)
        hosts = ",".join(url.removeprefix("http://") for url in urls)
        address = parse_address(f"elasticsearch+http://{hosts}/{prefix}", {})
        self.store = ElasticStore(address, patience=PATIENCE)
        self.acknowledged: list[str] = []
        self.trouble: Exception | None = None
        self._stop_wanted = threading.Event()

    def run(self) -> None:
        number = 0
        try:
            while not self._stop_wanted.is_set():
                results = self.store.replace(batch(number))
                self.acknowledged += [result.id for result in results if result.outcome == "indexed"]
                number += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to show it
            self.trouble = error

    def await_more(self, batches: int = 3) -> None:
        """Wait until some more batches are acknowledged."""
        wanted = len(self.acknowledged) + batches * BATCH
        deadline = time.monotonic() + PATIENCE
        while len(self.acknowledged) < wanted:
            assert self.is_alive(), self.trouble
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} posts acknowledged, waiting for {wanted}"
            time.sleep(0.05)

    def finish(self) -> None:
        """Let the last batch end, then compare what is stored with what was acknowledged."""
        self._stop_wanted.set()
        self.join(PATIENCE)
        assert not self.is_alive()
        assert self.trouble is None
        self.store.refresh()
        assert [post["id"] for post in self.store.scan("posts")] == sorted(self.acknowledged)
        expected = sorted(f"{key}#{n}" for key in self.acknowledged for n in (0, 1))
        assert [mention["id"] for mention in self.store.scan("mentions")] == expected


@pytest.fixture
def writer(elasticsearch_cluster: Cluster) -> Iterator[Writer]:
    prefix = f"t{uuid4().hex[:12]}"
    started = Writer(elasticsearch_cluster.urls, prefix)
    elasticsearch_cluster.await_green()
    started.start()
    started.await_more()
    yield started
    started._stop_wanted.set()
    with Elasticsearch(elasticsearch_cluster.urls[0]) as client:
        names = list(client.indices.get(index=f"{prefix}-*"))
        client.indices.delete(index=names)
        client.indices.delete_index_template(name=f"{prefix}-*")
    started.store.close()


@pytest.mark.parametrize("lost", range(3))
def test_one_of_three_nodes_is_killed_in_the_middle_of_a_bulk(
    elasticsearch_cluster: Cluster, writer: Writer, lost: int
) -> None:
    elasticsearch_cluster.nodes[lost].kill()
    writer.await_more()
    elasticsearch_cluster.restart(elasticsearch_cluster.nodes[lost])
    writer.await_more()
    writer.finish()


def test_a_write_block_is_set_and_lifted(elasticsearch_cluster: Cluster, writer: Writer) -> None:
    with Elasticsearch(elasticsearch_cluster.urls) as client:
        for blocked in (True, None):
            client.indices.put_settings(
                index=f"{writer.store._cluster.address.prefix}-*", settings={"index.blocks.write": blocked}
            )
            time.sleep(3)
    writer.await_more()
    writer.finish()


def test_the_whole_cluster_is_away_for_a_minute(elasticsearch_cluster: Cluster, writer: Writer) -> None:
    for node in elasticsearch_cluster.nodes:
        node.kill()
    time.sleep(60)
    elasticsearch_cluster.restart(*elasticsearch_cluster.nodes)
    writer.await_more()
    writer.finish()


def test_the_only_node_is_killed_in_the_middle_of_a_bulk_and_restarted(
    elasticsearch_node: Node, tmp_path: Path
) -> None:
    writer = Writer([elasticsearch_node.url], "single")
    writer.start()
    for _ in range(3):
        writer.await_more()
        elasticsearch_node.kill()
        elasticsearch_node.restart()
    writer.await_more()
    writer.finish()
    writer.store.close()
