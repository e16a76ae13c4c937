"""What only the embedded engine promises: files, locks, crashes, repair."""

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.store.documents import alert, random_write
from umot.errors import ConfigError, QueryError, StoreBusyError, StoreError
from umot.store import open_store
from umot.store.contract import PostWrite
from umot.store.embedded import EmbeddedStore, indexing
from umot.store.mapping import COLLECTIONS

ALL: dict[str, Any] = {"match_all": {}}
WRITER = """
    import random, sys
    from pathlib import Path
    from tests.store.documents import random_write
    from umot.store.embedded import EmbeddedStore

    store, pick, number = EmbeddedStore(Path(sys.argv[1])), random.Random(int(sys.argv[2])), int(sys.argv[3])
    print("open", flush=True)
    while True:
        batch = [random_write(pick, number + n) for n in range(pick.choice([1, 20, 200]))]
        number += len(batch) - pick.randrange(2)
        store.replace(batch)
        print(*(write.post["id"] for write in batch), flush=True)
        if pick.random() < 0.3:
            gone = batch[0].post["id"]
            store.erase([gone], reason="test")
            print("-" + gone, flush=True)
        if pick.random() < 0.5:
            store.refresh()
"""


def start(code: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, **options)


def fill(store: EmbeddedStore, posts: int) -> None:
    pick = random.Random(3)
    store.replace([random_write(pick, n) for n in range(posts)])
    store.refresh()


def assert_index_equals_truth(store: EmbeddedStore) -> None:
    for collection in COLLECTIONS:
        stored = store._truth.rows("SELECT id, body FROM docs WHERE collection = ? ORDER BY id", collection)
        indexed = list(store.scan(collection))
        assert [document["id"] for document in indexed] == [key for key, _ in stored]
        assert store.count(collection) == len(stored)


def killed_writer(directory: Path, seed: int, first: int) -> tuple[set[str], set[str]]:
    """Let a writer run for a random while, kill it, and return what it acknowledged: written, erased."""
    pick = random.Random(seed)
    with start(WRITER, directory, seed, first) as writer:
        assert writer.stdout
        lines = [writer.stdout.readline() for _ in range(pick.randint(2, 25))]
        signal.sigtimedwait([], pick.random() * 0.05)
        writer.kill()
        lines += writer.stdout.readlines()
    acknowledged = [line for line in lines[1:] if line.endswith("\n")]
    erased = {line[1:].strip() for line in acknowledged if line.startswith("-")}
    return {key for line in acknowledged if not line.startswith("-") for key in line.split()}, erased


def check_after_kills(directory: Path, seeds: range) -> None:
    written: set[str] = set()
    erased: set[str] = set()
    for seed in seeds:
        more, gone = killed_writer(directory, seed, seed * 10_000)
        written, erased = written | more, erased | gone
        store = EmbeddedStore(directory)
        assert_index_equals_truth(store)
        stored = {document["id"] for document in store.scan("posts")}
        assert written - erased - stored <= {entry.key for entry in store.state.scan("tombstone")}
        assert not erased & stored
        store.close()
    assert written


def test_a_killed_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    check_after_kills(tmp_path / "store", range(3))


@pytest.mark.slow
def test_twenty_killed_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    check_after_kills(tmp_path / "store", range(100, 120))


def test_an_index_left_behind_is_mended_on_open(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 50)
    store.replace([PostWrite({"id": "p:late", "version": 1, "text": "levering"})])
    store.erase(["p:00003"], reason="test")
    store._truth.close()
    again = EmbeddedStore(tmp_path)
    assert_index_equals_truth(again)
    assert again.count("posts", {"ids": {"values": ["p:late", "p:00003"]}}) == 1


def test_files_of_a_commit_that_was_cut_off_do_not_stop_its_repetition(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / "cut")
    fill(store, 50)
    store.erase(["p:00003"], reason="test")
    store._truth.close()
    shutil.copytree(tmp_path / "cut", tmp_path / "whole")
    EmbeddedStore(tmp_path / "whole").close()
    for path in (tmp_path / "whole").glob("index-*/*/*"):
        if path.suffix == ".del" or path.name == ".managed.json":
            shutil.copy(path, tmp_path / "cut" / path.relative_to(tmp_path / "whole"))
    assert_index_equals_truth(EmbeddedStore(tmp_path / "cut"))


def test_a_damaged_or_lost_index_is_built_anew(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 50)
    store.close()
    meta = next(tmp_path.glob("index-*/posts/meta.json"))
    meta.write_text("{")
    EmbeddedStore(tmp_path).close()
    for path in sorted(tmp_path.glob("index-*/**/*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    next(tmp_path.glob("index-*")).rmdir()
    again = EmbeddedStore(tmp_path)
    assert_index_equals_truth(again)
    assert again.count("posts") == 50


def test_an_older_index_than_the_truth_forgot_is_built_anew(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 20)
    store.erase(["p:00001"], reason="test")
    with store._truth.transaction():
        store._truth.set_fact("floor:posts", 10**9)
    store.refresh()
    assert store._indexes._generation == "index-000002"
    assert_index_equals_truth(store)


def test_other_fields_or_analysis_build_the_index_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 20)
    store.close()
    monkeypatch.setattr(indexing, "ANALYSIS_VERSION", -1)
    with pytest.raises(StoreError, match="`umot index` builds it anew"):
        EmbeddedStore(tmp_path, read_only=True)
    again = EmbeddedStore(tmp_path)
    assert again._indexes._generation == "index-000002"
    assert [path.name for path in tmp_path.glob("index-*")] == ["index-000002"]
    assert_index_equals_truth(again)


def test_a_store_from_before_alerts_opens_and_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(indexing, "COLLECTIONS", ("posts", "mentions", "runs"))
        old = EmbeddedStore(tmp_path)
        fill(old, 50)
        old.put("runs", [{"id": "r1"}])
        old.close()
    assert not list(tmp_path.glob("index-*/alerts"))
    with pytest.raises(StoreError, match="`umot index` builds it anew"):
        EmbeddedStore(tmp_path, read_only=True)
    store = EmbeddedStore(tmp_path)
    assert (store.count("posts"), store.count("runs"), store.count("alerts")) == (50, 1, 0)
    store.put("alerts", [alert("a:1").document()])
    store.refresh()
    assert_index_equals_truth(store)
    assert EmbeddedStore(tmp_path, read_only=True).count("alerts", {"term": {"brand": "Čas"}}) == 1


def test_purged_words_are_in_no_file(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 20)
    store.replace([PostWrite({"id": "p:x", "version": 1, "text": "geheimwoord", "author": "geheimauteur"})])
    store.refresh()
    store.erase(["p:x"], reason="test")
    store.put("alerts", [alert("a:1", examples=["geheimzin"], example_ids=["p:x#0"]).document()])
    store.refresh()
    store.put("alerts", [alert("a:1").document()])
    store.refresh()
    store.purge()
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"geheim" not in held
    assert store.count("posts") == 20


def test_readers_in_other_processes_work_while_one_writes(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 100)
    reader = """
        import sys
        from pathlib import Path
        from umot.store.embedded import EmbeddedStore
        store, seen = EmbeddedStore(Path(sys.argv[1]), read_only=True), []
        while not seen or seen[-1] < 1000:
            hits = store.search("posts", {"exists": {"field": "text"}}, sort=[{"likes": "desc"}], size=5).hits
            assert len(hits) == 5
            assert sum(b["doc_count"] for b in store.aggregate(
                "posts", {"match_all": {}}, {"a": {"terms": {"field": "language"}}})["a"]["buckets"]) >= 100
            seen.append(store.count("posts"))
        assert seen == sorted(seen), seen
        print("ok")
    """
    readers = [start(reader, tmp_path) for _ in range(2)]
    pick = random.Random(4)
    for first in range(100, 1000, 50):
        store.replace([random_write(pick, first + n) for n in range(50)])
        store.refresh()
        if first == 500:
            store.purge()
    assert [reader.communicate(timeout=60)[0] for reader in readers] == ["ok\n", "ok\n"]


def test_writers_in_two_processes_take_turns(tmp_path: Path) -> None:
    EmbeddedStore(tmp_path).close()
    writer = """
        import random, sys
        from pathlib import Path
        from tests.store.documents import random_write
        from umot.store.embedded import EmbeddedStore
        store, pick, first = EmbeddedStore(Path(sys.argv[1])), random.Random(1), int(sys.argv[2])
        for start in range(first, first + 200, 20):
            store.replace([random_write(pick, start + n) for n in range(20)])
            store.state.put("cursor", f"{first}", start)
            store.refresh()
        store.close()
    """
    assert [writer.wait(60) for writer in [start(writer, tmp_path, first) for first in (0, 1_000)]] == [0, 0]
    store = EmbeddedStore(tmp_path)
    assert store.count("posts") == 400
    assert_index_equals_truth(store)


def test_who_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    holder = """
        import sys
        from pathlib import Path
        from umot.store.embedded.lock import WriteLock
        with WriteLock(Path(sys.argv[1]), 1).held():
            print("held", flush=True)
            sys.stdin.read()
    """
    store = EmbeddedStore(tmp_path, lock_wait=0.1)
    with start(holder, tmp_path, stdin=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        process.stdout.readline()
        with pytest.raises(StoreBusyError, match=rf"process {process.pid} has been writing .* run again"):
            store.put("runs", [{"id": "r"}])
        assert store.count("runs") == 0
        process.stdin.close()
    assert store.put("runs", [{"id": "r"}])[0].outcome == "indexed"


def test_a_read_only_store_refuses_writes_and_needs_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store here"):
        EmbeddedStore(tmp_path / "none", read_only=True)
    EmbeddedStore(tmp_path).close()
    store = EmbeddedStore(tmp_path, read_only=True)
    for write in (lambda: store.put("runs", []), lambda: store.state.put("seen", "a", 1), store.purge):
        with pytest.raises(StoreError, match="opened read-only"):
            write()
    store.refresh()
    store.close()


def test_a_full_disk_is_named_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    writer = """
        import random, sys
        from pathlib import Path
        from tests.store.documents import random_write
        from umot.errors import StoreError
        from umot.store.embedded import EmbeddedStore
        store, pick, number = EmbeddedStore(Path(sys.argv[1])), random.Random(1), 0
        try:
            while True:
                store.replace([random_write(pick, number + n) for n in range(50)])
                number += 50
        except StoreError as error:
            print(number, error)
    """
    limit = 1_000_000
    process = start(writer, tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    number, _, message = process.communicate(timeout=60)[0].partition(" ")
    assert str(tmp_path) in message
    assert "disk" in message
    store = EmbeddedStore(tmp_path)
    assert int(number) > 0
    assert store.count("posts") == int(number)
    assert_index_equals_truth(store)


def test_an_index_that_cannot_be_written_keeps_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 5)
    store.put("runs", [{"id": "r"}])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(StoreError, match="run again"):
            store.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    store.refresh()
    assert store.get("runs", "r") == {"id": "r"}
    assert_index_equals_truth(store)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match=r"store\.db: .*restore the directory from a backup"):
        EmbeddedStore(tmp_path)


def test_a_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("x")
    with pytest.raises(StoreError, match="store: "):
        EmbeddedStore(tmp_path / "store")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be"):
        EmbeddedStore(tmp_path / "store")


def test_a_store_of_another_layout_is_refused(tmp_path: Path) -> None:
    EmbeddedStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE facts SET value = '99' WHERE name = 'layout'")
    with pytest.raises(StoreError, match="found layout 99, expected 1"):
        EmbeddedStore(tmp_path)


def test_too_many_buckets_are_refused(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    store.put("runs", [{"id": f"r{n}", "reason": f"x{n}"} for n in range(65_100)])
    store.refresh()
    with pytest.raises(QueryError, match="more than 65000 buckets"):
        store.aggregate("runs", ALL, {"a": {"terms": {"field": "reason"}}})
    few = store.aggregate("runs", ALL, {"a": {"terms": {"field": "reason", "include": ["x1", "x2"]}}})
    assert [bucket["key"] for bucket in few["a"]["buckets"]] == ["x1", "x2"]


def test_stores_are_opened_by_url(tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}/a%20b").close()
    assert (tmp_path / "a b" / "store.db").is_file()
    with pytest.raises(ConfigError, match="unknown scheme 'gopher'"):
        open_store("gopher://x")


def test_unchanged_documents_are_not_indexed_again(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path)
    fill(store, 30)
    before = store._truth.last_seq()
    fill(store, 30)
    assert store._truth.last_seq() == before
    assert json.dumps(store.get("posts", "p:00001"))
