"""A grown installation moves from one engine to the other and back, killed or not, and what arrives is counted."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch
from typer.testing import CliRunner

from tests.store.conftest import clear, place
from tests.store.documents import alert
from umot.cli.app import app
from umot.errors import StoreError
from umot.store import copying, open_store
from umot.store.contract import PostWrite, Store

DATE = "2026-03-02T10:00:00Z"
STATE: dict[Any, dict[str, Any]] = {
    "cursor": {"s": {"page": 7}},
    "seen": {f"hash:{n:02d}": n for n in range(12)},
    "progress": {"indexed/s/20260301": "rules", "collected/s/20260301": True},
    "dead": {"index/s/p:9": {"reason": "x", "as_of": DATE, "attempts": 1, "record": None}},
}


def write(key: str, version: int = 1, mentions: int = 2, **fields: Any) -> PostWrite:
    post = {"id": key, "version": version, "language": "nl", "text": "levering", "published_at": DATE, **fields}
    return PostWrite(post, [{"id": f"{key}#{n}", "post_id": key, "text": "laat"} for n in range(mentions)])


def fill(place: str, posts: int = 40) -> Store:
    """Make a store that has grown a little."""
    store = open_store(place)
    store.replace([write(f"p:{n:02d}", n, n % 3) for n in range(posts)])
    store.put("mentions", [{"id": "lone#0", "post_id": "lone"}])
    store.put("runs", [{"id": f"r{n}", "as_of": f"2026-03-0{n}T00:00:00Z"} for n in range(1, 4)])
    store.put("alerts", [alert(f"a:{n}", severity=n).document() for n in range(1, 3)])
    for space, values in STATE.items():
        store.state.put_many(space, values)
    store.state.put("lease", "index", {"id": "somebody at work here"})
    store.erase(["p:05", "never"], reason="asked")
    store.refresh()
    return store


@pytest.fixture
def cluster(elasticsearch_url: str) -> Iterator[str]:
    """Return the URL of a place in the cluster where nothing is yet."""
    prefix = f"t{uuid4().hex[:12]}"
    yield place(elasticsearch_url, prefix)
    clear(elasticsearch_url, prefix)


def folder(path: Path, name: str) -> str:
    return str(path / name)


def umot_copy(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["copy", *arguments])
    return done.exit_code, done.stdout


def contents(place: str) -> dict[str, Any]:
    store = open_store(place, read_only=True)
    found: dict[str, Any] = {name: list(store.scan(name)) for name in copying.COLLECTIONS}
    for space in copying._SPACES:
        found[space] = {entry.key: entry.value for entry in copying._kept(store, space)}
    store.close()
    return found


def test_there_and_back_again_everything_is_the_same(cluster: str, tmp_path: Path) -> None:
    first, last = folder(tmp_path, "first"), folder(tmp_path, "last")
    fill(first).close()
    code, told = umot_copy("--from", first, "--to", cluster, "--json")
    assert code == 0, told
    answer = json.loads(told)
    assert (answer["same"], answer["rejected"]) == (True, [])
    assert {t["name"]: t["target"] for t in answer["tallies"]} == {
        "posts": 39,
        "mentions": 38,
        "runs": 3,
        "alerts": 2,
        "cursor": 1,
        "seen": 12,
        "progress": 2,
        "dead": 1,
        "outbox": 0,
        "tombstone": 2,
    }
    assert umot_copy("--from", cluster, "--to", last)[0] == 0
    assert contents(last) == contents(first)
    there = open_store(cluster)
    assert there.state.get("lease", "index") is None
    assert [result.outcome for result in there.replace([write("p:05"), write("p:06", 3)])] == ["erased", "stale"]
    there.close()


def test_a_second_copy_follows_what_changed(tmp_path: Path) -> None:
    first, last = folder(tmp_path, "first"), folder(tmp_path, "last")
    store, target = fill(first), open_store(last)
    assert copying.copy(store, target, first).whole
    again = copying.copy(store, target, first)
    assert (again.whole, again.outcomes["indexed"]) == (True, 39 + 1 + 3 + 2)
    store.replace([write("p:01", 50, 0), write("p:99", 50)])
    store.erase(["p:02"], reason="asked too")
    store.put("alerts", [alert("a:1", status="closed", updated_at="2026-03-09T07:00:00.000Z").document()])
    store.state.delete("dead", ["index/s/p:9"])
    assert copying.copy(store, target, first).whole
    assert target.get("posts", "p:02") is None
    assert target.state.get("dead", "index/s/p:9") is None
    assert (target.get("alerts", "a:1") or {})["status"] == "closed"
    store.close()
    target.close()


KILLED = """
import os, sys
from umot.store import copying, open_store

def progress(what, done, total):
    if (what, done) == ("posts", 20):
        os._exit(9)

copying._BATCH = 10
copying.copy(open_store(sys.argv[1], read_only=True), open_store(sys.argv[2]), sys.argv[1], progress)
"""


@pytest.mark.parametrize("engine", ["embedded", "elasticsearch"])
def test_a_killed_copy_goes_on_where_it_stopped(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    goal = request.getfixturevalue("cluster") if engine == "elasticsearch" else folder(tmp_path, "last")
    first = folder(tmp_path, "first")
    source = fill(first)
    done = subprocess.run([sys.executable, "-c", KILLED, first, goal], check=False)
    assert done.returncode == 9
    target = open_store(goal)
    assert target.state.get("progress", "indexed/s/20260301") is None
    source.state.put("cursor", "s", {"page": 8})
    copied = copying.copy(source, target, first)
    assert copied.whole, copied.tallies
    assert copied.outcomes["indexed"] == 19 + 1 + 3 + 2
    source.replace([write("p:01", 60)])
    assert copying.copy(source, target, first).outcomes["indexed"] == 39 + 1 + 3 + 2
    source.close()
    target.close()


def test_a_target_of_another_origin_or_a_newer_one_is_refused(tmp_path: Path) -> None:
    first, last = folder(tmp_path, "first"), folder(tmp_path, "last")
    store, target = fill(first), open_store(last)
    target.state.put("cursor", "other", 1)
    with pytest.raises(StoreError, match=r"holds state \(cursor\) that did not come from"):
        copying.copy(store, target, first)
    target.state.delete("cursor", ["other"])
    copying.copy(store, target, first)
    with pytest.raises(StoreError, match=f"is a copy of {first}, not of elsewhere"):
        copying.copy(store, target, "elsewhere")
    target.put("runs", [{"id": "r9", "as_of": "2026-04-01T00:00:00Z"}])
    with pytest.raises(StoreError, match="newest as_of of runs is 2026-04-01"):
        copying.copy(store, target, first)
    store.put("runs", [{"id": "r9", "as_of": "2026-04-01T00:00:00Z"}])
    target.put("alerts", [alert("a:1", updated_at="2026-04-01T07:00:00.000Z").document()])
    for side in (store, target):
        side.refresh()
    with pytest.raises(StoreError, match="newest updated_at of alerts is 2026-04-01"):
        copying.copy(store, target, first)
    assert target.get("runs", "r9")
    store.close()
    target.close()


def test_differences_are_named(tmp_path: Path) -> None:
    first, last = folder(tmp_path, "first"), folder(tmp_path, "last")
    store, target = fill(first), open_store(last)
    copying.copy(store, target, first)
    target.put("posts", [write("p:01", 1, likes=3).post])
    target.put("alerts", [alert("a:2", severity=9).document()])
    target.state.delete("seen", ["hash:03"])
    store.state.delete("cursor", ["s"])
    target.refresh()
    told = {tally.name: tally.differing for tally in copying.compare(store, target) if not tally.same}
    assert told == {
        "posts": ("p:01",),
        "alerts": ("a:2",),
        "seen": ("hash:03 (only --from)",),
        "cursor": ("s (only --to)",),
    }
    store.close()
    target.close()


def test_what_the_target_rejects_is_named_and_the_rest_arrives(
    cluster: str, elasticsearch_url: str, tmp_path: Path
) -> None:
    first, alias = folder(tmp_path, "first"), cluster.rpartition("/")[2]
    store = fill(first, 4)
    store.put("runs", [{"id": "odd", "finish": "x" * 9}])
    store.close()
    open_store(cluster).close()
    with Elasticsearch(elasticsearch_url, request_timeout=60) as client:
        index = f"{alias}-runs-000001"
        properties: Any = client.indices.get_mapping(index=index)[index]["mappings"]["properties"]
        properties["finish"] = {"type": "integer"}
        client.indices.delete(index=index)
        client.indices.create(
            index=index,
            mappings={"dynamic": "strict", "properties": properties},
            aliases={f"{alias}-runs": {}},
        )
    code, told = umot_copy("--from", first, "--to", cluster)
    assert code == 1
    assert "rejected: odd:" in told
    assert "odd (only --from)" in told
    assert "NOT the same" in told


def test_a_dry_run_only_counts(cluster: str, elasticsearch_url: str, tmp_path: Path) -> None:
    first = folder(tmp_path, "first")
    fill(first).close()
    code, told = umot_copy("--from", first, "--to", cluster, "--dry-run", "--json")
    counts = {tally["name"]: (tally["source"], tally["target"]) for tally in json.loads(told)}
    assert (code, counts["posts"], counts["tombstone"]) == (0, (39, 0), (2, 0))
    with Elasticsearch(elasticsearch_url) as client:
        assert not client.indices.get(index=f"{cluster.rpartition('/')[2]}-*")
    assert umot_copy("--from", first, "--to", folder(tmp_path, "last"), "--dry-run")[0] == 0
    assert not (tmp_path / "last").exists()
