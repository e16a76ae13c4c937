"""Erasure and retention: an author or a post goes everywhere, and old data goes when its time is up."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from umot.archive.files import Record
from umot.ledger import Run
from umot.pipeline.classify import PIPELINE
from umot.pipeline.progress import Progress, silent
from umot.posts import Post, copy_fingerprint
from umot.store.contract import PostWrite, Query, Store
from umot.timeline import iso
from umot.workspace import Workspace

_BATCH = 500
_TEXTS = ("text", "title", "reply_text")


def forget_posts(ws: Workspace, ids: Iterable[str], as_of: datetime, reason: str = "forgotten") -> Run:
    """Erase posts everywhere: store, index, archive, twins, dead letters; tombstones keep them from coming back.

    Raises:
        StoreError, ArchiveError: something could not be erased; run it again.
    """
    run, began = _started(ws, as_of), time.monotonic()
    _erase(ws, set(ids), reason, run)
    return _finished(ws, run, began)


def forget_author(ws: Workspace, source: str, author: str, as_of: datetime) -> Run:
    """Erase everything that one author wrote at one source; the name is hashed, never stored."""
    run, began = _started(ws, as_of), time.monotonic()
    hashed = ws.hash_author(source, author)
    ids = {r["id"] for r in _archived(ws) if r.get("author") == hashed and r.get("source") == source}
    ids |= {post["id"] for post in ws.store.scan("posts", {"term": {"author": hashed}})}
    for letter in list(ws.dead_letters.all(source=source)):
        if (letter.record or {}).get("author_hash") == hashed or (letter.record or {}).get("author") == hashed:
            ws.dead_letters.remove(letter)
            run.add("deleted")
    _erase(ws, ids, "forgotten", run)
    return _finished(ws, run, began)


def enforce_retention(ws: Workspace, as_of: datetime, progress: Progress = silent) -> Run:
    """Remove raw records, texts and posts that are older than the configuration keeps them."""
    run, began = _started(ws, as_of), time.monotonic()
    keep = ws.settings.retention
    if keep.posts is not None:
        old = iso(as_of - timedelta(days=keep.posts))
        ids = {r["id"] for r in _archived(ws) if r["type"] == "post" and _age(r) < old}
        _erase(ws, ids, "retention", run)
    progress("retention", 1, 3)
    if keep.text is not None:
        _drop_texts(ws, iso(as_of - timedelta(days=keep.text)), run)
    progress("retention", 2, 3)
    if keep.raw is not None:
        _drop_raw(ws, as_of - timedelta(days=keep.raw), run)
    progress("retention", 3, 3)
    return _finished(ws, run, began)


def _erase(ws: Workspace, ids: set[str], reason: str, run: Run) -> None:
    if not ids:
        return
    copies = [f"copy:{fp}" for r in _archived(ws) if r["id"] in ids and (fp := _copied(r))]
    # Tombstones first: whatever is interrupted from here on, the posts cannot be indexed again.
    ws.store.erase(sorted(ids), reason=reason)
    for manifest in list(ws.archive.manifests()):
        ws.archive.rewrite(manifest, lambda r: None if r["id"] in ids or r.get("of") in ids else r)
    for letter in list(ws.dead_letters.all()):
        if letter.id in ids:
            ws.dead_letters.remove(letter)
    ws.store.state.delete("seen", [*copies, *(f"reposts:{id_}" for id_ in ids)])
    ws.store.refresh()
    purge(ws.store)
    run.add("deleted", len(ids))


def purge(store: Store) -> None:
    """Let an engine that keeps erased words in its index for a while drop them now."""
    drop: Callable[[], None] | None = getattr(store, "purge", None)
    if drop is not None:
        drop()


def _drop_texts(ws: Workspace, before: str, run: Run) -> None:
    def change(record: Record) -> Record:
        if record["type"] != "post" or _age(record) >= before or not record.get("text"):
            return record
        return {k: v for k, v in record.items() if k not in (*_TEXTS, "raw")}

    for manifest in list(ws.archive.manifests()):
        run.add("updated", ws.archive.rewrite(manifest, change))
    old: Query = {"bool": {"filter": [{"range": {"published_at": {"lt": before}}}, {"exists": {"field": "text"}}]}}
    batch = []
    for post in list(ws.store.scan("posts", old)):
        mentions = ws.store.scan("mentions", {"term": {"post_id": post["id"]}})
        batch.append(PostWrite(_without_text(post), [_without_text(m) for m in mentions]))
        if len(batch) >= _BATCH:
            ws.store.replace(batch)
            batch = []
    ws.store.replace(batch)
    ws.store.refresh()
    purge(ws.store)


def _drop_raw(ws: Workspace, before: datetime, run: Run) -> None:
    for manifest in list(ws.archive.manifests()):
        if datetime.fromisoformat(manifest.as_of) < before and not manifest.notes.get("raw_dropped"):
            run.add("updated", ws.archive.rewrite(manifest, _without_raw, {"raw_dropped": True}))


def _without_raw(record: Record) -> Record:
    return {k: v for k, v in record.items() if k != "raw"}


def _archived(ws: Workspace) -> Iterable[Record]:
    for manifest in ws.archive.manifests():
        for part in manifest.parts:
            yield from ws.archive.read(part)


def _age(record: Record) -> str:
    """Return the time that retention counts from."""
    return str(record.get("published_at") or record["first_seen_at"])


def _copied(record: Record) -> str | None:
    return copy_fingerprint(Post.from_document(record)) if record["type"] == "post" else None


def _without_text(document: Record) -> Record:
    return {k: v for k, v in document.items() if k not in _TEXTS}


def _started(ws: Workspace, as_of: datetime) -> Run:
    return Run("forget", PIPELINE, ws.ledger.name("forget", PIPELINE, as_of), as_of, counts={"deleted": 0})


def _finished(ws: Workspace, run: Run, began: float) -> Run:
    run.verdict = "ok" if any(run.counts.values()) else "nothing_new"
    run.seconds = time.monotonic() - began
    ws.ledger.write(run)
    return run
