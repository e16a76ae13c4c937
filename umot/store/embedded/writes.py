"""Write batches into the truth: what is new, changed, unchanged, stale, erased or rejected."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from umot.store.checking import distinct, document_problem, owners, post_of, write_problem
from umot.store.contract import Collection, Document, PostWrite, WriteResult
from umot.store.embedded.truth import Known, Truth

_CHUNK: Final = 500


def replace_posts(truth: Truth, writes: Sequence[PostWrite]) -> list[WriteResult]:
    """Write posts with their mentions, all in one transaction."""
    with truth.transaction() as connection:
        return [
            result
            for chunk in distinct(writes, lambda write: write.post.get("id"))
            for result in _Batch(truth, connection).replace(chunk)
        ]


def put_documents(truth: Truth, collection: Collection, documents: Sequence[Document]) -> list[WriteResult]:
    """Write documents by id, last writer wins, all in one transaction."""
    with truth.transaction() as connection:
        return [
            result
            for chunk in distinct(documents, lambda document: document.get("id"))
            for result in _Batch(truth, connection).put(collection, chunk)
        ]


def erase_posts(truth: Truth, ids: Sequence[str], reason: str) -> int:
    """Remove posts with their mentions and leave tombstones; return how many posts went."""
    with truth.transaction() as connection:
        gone = 0
        for start in range(0, len(ids), _CHUNK):
            gone += _Batch(truth, connection).erase(list(dict.fromkeys(ids[start : start + _CHUNK])), reason)
        return gone


def next_seq(connection: sqlite3.Connection) -> int:
    """Take the next number of the sequence; within a transaction."""
    found = connection.execute(
        "INSERT INTO facts VALUES ('seq', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value"
    ).fetchone()
    return int(found[0])


class _Batch:
    """The changes of a chunk of distinct ids, written together by `_flush`."""

    def __init__(self, truth: Truth, connection: sqlite3.Connection) -> None:
        self._truth = truth
        self._connection = connection
        self._seq = truth.last_seq()
        self._inserts: list[tuple[Any, ...]] = []
        self._updates: list[tuple[Any, ...]] = []
        self._removals: list[tuple[int, Collection, int]] = []

    def replace(self, writes: Sequence[PostWrite]) -> list[WriteResult]:
        ids = [write.post.get("id") for write in writes]
        posts, erased = self._known("posts", ids), self._erased(ids)
        mentions = self._mentions(ids)
        results = [self._replace(write, posts, erased, mentions) for write in writes]
        self._flush()
        return results

    def put(self, collection: Collection, documents: Sequence[Document]) -> list[WriteResult]:
        ids = [document.get("id") for document in documents]
        known, erased = self._known(collection, ids), self._erased(owners(collection, ids))
        results = [self._put(collection, document, known, erased) for document in documents]
        self._flush()
        return results

    def erase(self, ids: Sequence[str], reason: str) -> int:
        posts = self._known("posts", ids)
        for known in posts.values():
            self._remove("posts", known)
        for mentions in self._mentions(ids).values():
            for known in mentions.values():
                self._remove("mentions", known)
        self._seq += 1
        tombstone = orjson.dumps({"reason": reason})
        self._connection.executemany(
            "INSERT OR REPLACE INTO state VALUES ('tombstone', ?, ?, ?)", ((key, tombstone, self._seq) for key in ids)
        )
        self._flush()
        return len(posts)

    def _replace(
        self,
        write: PostWrite,
        posts: dict[str, Known],
        erased: set[str],
        mentions: dict[str, dict[str, Known]],
    ) -> WriteResult:
        key = str(write.post.get("id"))
        if trouble := write_problem(write):
            return WriteResult(key, "rejected", trouble)
        if key in erased:
            return WriteResult(key, "erased")
        old = posts.get(key)
        if old and write.post["version"] < old.version:
            return WriteResult(key, "stale")
        self._save("posts", write.post, old)
        before = mentions.get(key, {})
        for mention in write.mentions:
            self._save("mentions", mention, before.pop(mention["id"], None))
        for known in before.values():
            self._remove("mentions", known)
        return WriteResult(key, "indexed")

    def _put(
        self, collection: Collection, document: Document, known: dict[str, Known], erased: set[str]
    ) -> WriteResult:
        key = str(document.get("id"))
        if trouble := document_problem(collection, document):
            return WriteResult(key, "rejected", trouble)
        if owners(collection, [key])[0] in erased:
            return WriteResult(key, "erased")
        self._save(collection, document, known.get(key))
        return WriteResult(key, "indexed")

    def _save(self, collection: Collection, document: Document, old: Known | None) -> None:
        body, digest = self._truth.pack(document)
        if old and old.hash == digest:
            return
        self._seq += 1
        version = document.get("version") or 0 if collection == "posts" else 0
        if old:
            self._updates.append((version, self._seq, digest, body, old.row))
            return
        key = document["id"]
        parent = post_of(key) if collection == "mentions" else None
        self._inserts.append((self._seq, collection, key, parent, version, self._seq, digest, body))

    def _remove(self, collection: Collection, known: Known) -> None:
        self._seq += 1
        self._removals.append((self._seq, collection, known.row))

    def _flush(self) -> None:
        run = self._connection.executemany
        run("DELETE FROM docs WHERE row = ?", ((row,) for _, _, row in self._removals))
        run("INSERT INTO removed VALUES (?, ?, ?)", self._removals)
        run("INSERT INTO docs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._inserts)
        run("UPDATE docs SET version = ?, seq = ?, hash = ?, body = ? WHERE row = ?", self._updates)
        self._truth.set_fact("seq", self._seq)

    def _known(self, collection: Collection, ids: Sequence[Any]) -> dict[str, Known]:
        found = self._connection.execute(
            "SELECT id, row, version, hash FROM docs WHERE collection = ? AND id IN (SELECT value FROM json_each(?))",
            (collection, _listed(ids)),
        )
        return {key: Known(*rest) for key, *rest in found}

    def _mentions(self, ids: Sequence[Any]) -> dict[str, dict[str, Known]]:
        found = self._connection.execute(
            "SELECT parent, id, row, version, hash FROM docs WHERE parent IN (SELECT value FROM json_each(?))",
            (_listed(ids),),
        )
        mentions: dict[str, dict[str, Known]] = {}
        for parent, key, *rest in found:
            mentions.setdefault(parent, {})[key] = Known(*rest)
        return mentions

    def _erased(self, ids: Sequence[Any]) -> set[str]:
        found = self._connection.execute(
            "SELECT key FROM state WHERE space = 'tombstone' AND key IN (SELECT value FROM json_each(?))",
            (_listed(ids),),
        )
        return {key for (key,) in found}


def _listed(ids: Iterable[Any]) -> str:
    """Return the ids as a JSON list; those that no document can have are left out."""
    return orjson.dumps([key for key in ids if isinstance(key, str) and _encodable(key)]).decode()


def _encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)
