"""Erasure and retention: an author or a post goes everywhere, and old data goes when its time is up.

What is to be erased is written down first and crossed off last: an erasure that is killed goes on with the next one.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from more_itertools import batched

from umot.archive.files import Record
from umot.errors import ConfigError, did_you_mean
from umot.ledger import ALL_SOURCES, Run
from umot.pipeline.classify import all_leases
from umot.pipeline.documents import named_brands
from umot.pipeline.quotes import unquote_erased, unquote_textless
from umot.pipeline.sift import author_tombstone
from umot.posts import Post, copy_fingerprint
from umot.progress import Progress, silent
from umot.store.contract import Document, PostWrite, Query
from umot.text import digest
from umot.timeline import buckets, iso
from umot.workspace import Workspace

_BATCH: Final = 500
_TEXTS: Final = ("text", "title", "reply_text")
_PENDING: Final = "erasing/"
_LAST: Final = "retention"
_UNPURGED: Final = "unpurged"


def forget_posts(ws: Workspace, ids: Iterable[str], as_of: datetime) -> Run:
    """Erase posts everywhere: store, index, archive, twins, dead letters, alerts, reports.

    Tombstones keep them from coming back. The run's `deleted` counts the posts that were there.

    Raises:
        StoreError, ArchiveError: something could not be erased; the next erasure goes on with it.
    """
    with _erasing(ws, as_of) as run:
        _erase(ws, run, dict.fromkeys(ids, "forgotten"))
        return run


def forget_author(ws: Workspace, source: str, author: str, as_of: datetime) -> Run:
    """Erase everything that one author wrote at one source, and collect nothing of theirs again.

    The name is hashed, never stored.

    Raises:
        ConfigError: a source that neither the configuration nor the archive knows.
        StoreError, ArchiveError: as `forget_posts`.
    """
    known = {*ws.settings.sources, *ws.archive.sources()}
    if source not in known:
        raise ConfigError(f"no source {source!r} in the configuration or the archive{did_you_mean(source, known)}")
    hashed = ws.hash_author(source, author)
    with _erasing(ws, as_of) as run:
        ws.store.state.put("tombstone", author_tombstone(hashed), {"reason": "forgotten"})
        ids = {r["id"] for r in _archived(ws, source) if r.get("author") == hashed}
        ids |= {post["id"] for post in ws.store.scan("posts", {"term": {"author": hashed}})}
        for letter in list(ws.dead_letters.all(source=source)):
            if hashed in ((letter.record or {}).get("author_hash"), (letter.record or {}).get("author")):
                ws.dead_letters.remove(letter)
                run.add("deleted")
        _erase(ws, run, dict.fromkeys(ids, "forgotten"))
        return run


def enforce_retention(ws: Workspace, as_of: datetime, progress: Progress = silent) -> Run:
    """Remove raw records, texts and posts that are older than the configuration keeps them."""
    keep = ws.settings.retention
    with _erasing(ws, as_of) as run:
        if keep.posts is not None:
            _erase(ws, run, dict.fromkeys(_older_posts(ws, _before(as_of, keep.posts)), "retention"))
        progress("retention", 1, 3)
        if keep.text is not None:
            _drop_texts(ws, _before(as_of, keep.text), run)
        progress("retention", 2, 3)
        if keep.raw is not None:
            _drop_raw(ws, _before(as_of, keep.raw), run)
        progress("retention", 3, 3)
        _erase(ws, run, {})
        ws.store.state.put("progress", _LAST, _today(ws, as_of))
        return run


def retention_is_due(ws: Workspace, as_of: datetime) -> bool:
    """Tell whether a day has begun since retention was last enforced; the first look only starts the clock."""
    last = ws.store.state.get("progress", _LAST)
    if last is None:
        ws.store.state.put("progress", _LAST, _today(ws, as_of))
    return last is not None and last.value < _today(ws, as_of)


@contextmanager
def _erasing(ws: Workspace, as_of: datetime) -> Iterator[Run]:
    """Hold every step that writes, and leave a ledger record."""
    began = time.monotonic()
    collecting = {f"collect-{name}" for name in (*ws.settings.sources, *ws.archive.sources())}
    with ws.exclusive(*all_leases(ws), "index", "watch", *collecting):
        run = Run("forget", ALL_SOURCES, ws.ledger.name("forget", ALL_SOURCES, as_of), as_of)
        run.counts = {"deleted": 0, "updated": 0}
        yield run
        run.verdict = "ok" if any(run.counts.values()) else "nothing_new"
        run.seconds = time.monotonic() - began
        ws.ledger.write(run)


def _erase(ws: Workspace, run: Run, reasons: Mapping[str, str]) -> None:
    """Erase posts, and whatever an interrupted erasure or a deletion at a source left to do."""
    state = ws.store.state
    state.put_many("progress", {f"{_PENDING}{id_}": reason for id_, reason in reasons.items()})
    pending = {e.key.removeprefix(_PENDING): str(e.value) for e in state.scan("progress", _PENDING)}
    if not pending:
        return
    found = {id_ for id_ in pending if ws.store.get("posts", id_) is not None}
    # Tombstones first: whatever is interrupted from here on, the posts cannot be indexed again.
    for reason in set(pending.values()):
        ws.store.erase(sorted(id_ for id_, why in pending.items() if why == reason), reason=reason)
    found |= _out_of_archive(ws, pending)
    found |= _out_of_dead_letters(ws, pending)
    _free_copies(ws, pending)
    unquote_erased(ws.store, pending)
    _drop_reports(ws, pending)
    for id_ in pending:
        state.delete("seen", [f"reposts:{id_}", *(e.key for e in state.scan("seen", f"repost:{id_}:"))])
    ws.store.refresh()
    ws.store.purge()
    ws.check_leases()
    state.delete("progress", [f"{_PENDING}{id_}" for id_ in pending])
    run.add("deleted", len(found & reasons.keys()))


def _out_of_archive(ws: Workspace, ids: Mapping[str, str]) -> set[str]:
    """Rewrite the archive without some posts; return those that were there."""
    found: set[str] = set()
    texts: set[str] = set()

    def change(record: Record) -> Record | None:
        if record["id"] not in ids and record.get("of") not in ids:
            return record
        if record["type"] == "post":
            found.add(record["id"])
            texts.add(f"copy:{copy_fingerprint(Post.from_document(record))}")
        return None

    for manifest in list(ws.archive.manifests()):
        ws.archive.rewrite(manifest, change)
    first = ws.store.state.get_many("seen", sorted(texts))
    ws.store.state.delete("seen", [key for key, value in first.items() if value["id"] in ids])
    return found


def _out_of_dead_letters(ws: Workspace, ids: Mapping[str, str]) -> set[str]:
    found = set()
    for letter in list(ws.dead_letters.all()):
        if letter.id in ids:
            ws.dead_letters.remove(letter)
            found.add(letter.id)
    return found


def _free_copies(ws: Workspace, ids: Mapping[str, str]) -> None:
    """Let copies of erased posts count: they are originals now."""
    for some in batched(sorted(ids), _BATCH):
        for post in list(ws.store.scan("posts", {"terms": {"syndicated_of": list(some)}})):
            mentions = ws.store.scan("mentions", {"term": {"post_id": post["id"]}})
            freed = [_without(mention, "syndicated_of") for mention in mentions]
            ws.store.replace([PostWrite(_without(post, "syndicated_of"), freed)])


def _drop_reports(ws: Workspace, ids: Mapping[str, str]) -> None:
    """Remove reports that quote erased posts; they can be written again."""
    quoted = [quote_of(id_) for id_ in ids]
    for path in ws.path(ws.settings.report.folder).glob("*.html"):
        text = path.read_text("utf-8")
        if any(quote in text for quote in quoted):
            path.unlink()


def quote_of(post_id: str) -> str:
    """Return the mark by which a report that quotes a post is found again."""
    return f"q{digest(post_id)[:20]}"


def _older_posts(ws: Workspace, before: str) -> Iterator[str]:
    for record in _archived(ws):
        if record["type"] == "post" and _age(record) < before:
            yield record["id"]


def _drop_texts(ws: Workspace, before: str, run: Run) -> None:
    """Remove old texts from archive, store and alerts; which brands they named is kept."""

    def change(record: Record) -> Record:
        if record["type"] != "post" or _age(record) >= before or not record.get("text"):
            return record
        brands = named_brands(ws, Post.from_document(record))
        return _without(record, *_TEXTS, "raw") | {"brands": brands}

    for manifest in list(ws.archive.manifests()):
        run.add("updated", ws.archive.rewrite(manifest, change))
    filters: list[Query] = [{"range": {"published_at": {"lt": before}}}, {"exists": {"field": "text"}}]
    ids = [post["id"] for post in ws.store.scan("posts", {"bool": {"filter": filters}})]
    if ids:
        # Stays until the words are gone from the index as well, also when this is killed in between.
        ws.store.state.put("progress", _UNPURGED, before)
    for some in batched(ids, _BATCH):
        ws.check_leases()
        ws.store.replace([_textless(ws, id_) for id_ in some])
    unquote_textless(ws.store)
    if ws.store.state.get("progress", _UNPURGED):
        ws.store.refresh()
        ws.store.purge()
        ws.store.state.delete("progress", [_UNPURGED])


def _textless(ws: Workspace, id_: str) -> PostWrite:
    post = ws.store.get("posts", id_) or {"id": id_}
    mentions = ws.store.scan("mentions", {"term": {"post_id": id_}})
    return PostWrite(_without(post, *_TEXTS), [_without(mention, *_TEXTS) for mention in mentions])


def _drop_raw(ws: Workspace, before: str, run: Run) -> None:
    """Remove old raw records, and dead letters of the same age."""
    for manifest in list(ws.archive.manifests()):
        if iso(datetime.fromisoformat(manifest.as_of)) < before and not manifest.notes.get("raw_dropped"):
            run.add("updated", ws.archive.rewrite(manifest, lambda r: _without(r, "raw"), {"raw_dropped": True}))
    for letter in list(ws.dead_letters.all()):
        if letter.as_of < before:
            ws.dead_letters.remove(letter)
            run.add("deleted")


def _archived(ws: Workspace, source: str | None = None) -> Iterator[Record]:
    for manifest in ws.archive.manifests(source):
        for part in manifest.parts:
            yield from ws.archive.read(part)


def _before(as_of: datetime, days: int) -> str:
    return iso(as_of - timedelta(days=days))


def _today(ws: Workspace, as_of: datetime) -> str:
    return buckets(as_of, ws.settings.zone)["day"]


def _age(record: Record) -> str:
    """Return the time that retention counts from."""
    return str(record.get("published_at") or record["first_seen_at"])


def _without(document: Document, *names: str) -> Document:
    return {k: v for k, v in document.items() if k not in names}
