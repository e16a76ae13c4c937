"""Step 1, collect: a spider's items become posts in the archive; what is unchanged is counted and dropped."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain, islice
from typing import Any

from more_itertools import batched

from spiders.items import Item
from umot.archive import Manifest, RunWriter
from umot.archive.files import Record
from umot.config import SourceSettings
from umot.deadletters import DeadLetter
from umot.errors import ArchiveError
from umot.ledger import Run, judge
from umot.pipeline.progress import Progress, silent
from umot.pipeline.spider import Message, SpiderProcess
from umot.posts import Collector, Post, RejectedItemError, copy_fingerprint, platform_id
from umot.store.contract import State
from umot.timeline import iso, utc
from umot.workspace import Workspace

BATCH = 500
_KNOWN_LIMIT = 200_000
_LETTERS = 1000
_PLACE = 200
_COVERING = ("finished", "unchanged")


def collect(ws: Workspace, source: str, as_of: datetime, progress: Progress = silent, *, afresh: bool = False) -> Run:
    """Collect one source up to a time and return its ledger record; never raises for what the source does.

    Killed at any point, the next call ends in the same state: a run without a manifest is swept, one with a manifest is
    taken over before anything is fetched.

    Args:
        afresh: fetch everything the source shows, not only what is new since the last run.

    Raises:
        StoreError: the state cannot be read or written.
    """
    recover(ws, source)
    run = Run("collect", source, ws.ledger.name("collect", source, as_of), as_of)
    ws.ledger.write(run)
    collection = _Collection(ws, run, progress)
    done = _walked(ws, collection, collection.fetched(afresh=afresh))
    if afresh and done.finish == "finished":
        _drop_letters(ws, collection, [x for x in ws.dead_letters.all("collect", source) if not x.record])
    return done


def sift_again(ws: Workspace, source: str, as_of: datetime, letters: Sequence[DeadLetter]) -> Run:
    """Give rejected items another try; those that become posts leave the dead letters.

    Raises:
        StoreError: the state cannot be read or written.
    """
    recover(ws, source)
    run = Run("collect", source, ws.ledger.name("collect", source, as_of), as_of)
    collection = _Collection(ws, run, silent)
    items = ({"type": "item", **(letter.record or {})} for letter in letters)
    done = _walked(ws, collection, chain(items, [{"type": "end", "finish": "replayed"}]))
    _drop_letters(ws, collection, letters)
    return done


def _drop_letters(ws: Workspace, collection: "_Collection", letters: Iterable[DeadLetter]) -> None:
    """Remove the letters that were not refused again."""
    for letter in letters:
        if letter.id not in collection.refused:
            ws.dead_letters.remove(letter)


def _walked(ws: Workspace, collection: "_Collection", messages: Iterable[Message]) -> Run:
    """Let messages through and write the ledger's record."""
    began, run = time.monotonic(), collection.run
    collection.walk(messages)
    history = [r for r in ws.ledger.runs(step="collect", source=run.source) if r["id"] != run.id]
    run.verdict = judge(run, history)
    run.seconds = time.monotonic() - began
    ws.ledger.write(run)
    return run


def recover(ws: Workspace, source: str) -> None:
    """Take over what an interrupted run left: real runs are applied to the state, the rest is swept."""
    for manifest in ws.archive.manifests(source):
        if ws.store.state.get("progress", f"collected/{source}/{manifest.run}") is None:
            _apply(ws, manifest)
    ws.archive.sweep(source)
    ws.ledger.interrupted(step="collect", source=source)


def job(ws: Workspace, source: str, as_of: datetime, *, cursor: Any, known: list[str], limit: int | None) -> Message:
    """Return what the spider process is told."""
    settings = ws.settings.sources[source]
    return {
        "source": source,
        "spider": settings.spider,
        "params": settings.params,
        "cursor": cursor,
        "as_of": as_of.isoformat(),
        "limit": limit,
        "user_agent": ws.settings.user_agent,
        "known": known,
        "timezone": ws.settings.timezone,
        "settings": {"delay": settings.delay, "timeout": settings.timeout},
    }


def collector(ws: Workspace, source: str, as_of: datetime) -> Collector:
    """Return what turns this source's items into posts."""
    return Collector(source, as_of, ws.hash_author, ws.mask)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one message brought: a post with its archive record, or the record of a sign alone."""

    post: Post | None
    record: Record


class _Collection:
    """The inside of one collecting run."""

    def __init__(self, ws: Workspace, run: Run, progress: Progress) -> None:
        self._ws = ws
        self.run = run
        self.refused: set[str] = set()
        self._progress = progress
        self._state: State = ws.store.state
        self._settings: SourceSettings = ws.settings.sources[run.source]
        self._collector = collector(ws, run.source, run.as_of)
        self._writer: RunWriter = ws.archive.writer(run.source, run.run, run.as_of)
        self._met: set[str] = set()
        self._letters = 0
        run.counts = dict.fromkeys(("parsed", "rejected", "duplicate", "new", "updated", "unchanged"), 0)

    def walk(self, messages: Iterable[Message]) -> None:
        """Sift and archive; what goes wrong ends up in the run's finish and reason."""
        run = self.run
        try:
            end: Message = {"finish": "failed", "reason": "no end"}
            for batch in batched(messages, BATCH):
                ends = [m for m in batch if m["type"] == "end"]
                self._sift(m for m in batch if m["type"] != "end")
                end = ends[0] if ends else end
            run.finish, run.reason = end["finish"], end.get("reason") or run.reason
            run.counts |= {k: v for k, v in end.get("counts", {}).items() if k in _HTTP}
            self._commit(end)
        except ArchiveError as error:
            run.finish, run.reason = "failed", str(error)

    def fetched(self, *, afresh: bool = False) -> Iterator[Message]:
        """Yield what the source's spider finds from the cursor on, or from the beginning."""
        run, cursor = self.run, None if afresh else self._state.get("cursor", self.run.source)
        task = job(
            self._ws,
            run.source,
            run.as_of,
            cursor=cursor.value if cursor else None,
            known=[] if afresh else self._known(),
            limit=None,
        )
        with SpiderProcess(task, folder=self._ws.folder, time_budget=self._settings.time_budget) as spider:
            yield from spider

    def _known(self) -> list[str]:
        """Return digests of the keys that were collected before, for spiders that stop at a known page."""
        prefix = f"key:{self.run.source}:"
        entries = self._state.scan("seen", prefix)
        return [entry.key.removeprefix(prefix) for entry in islice(entries, _KNOWN_LIMIT)]

    def _sift(self, messages: Iterable[Message]) -> None:
        """Tell new, changed and unchanged apart and archive the first two."""
        found = [one for message in messages if (one := self._read(message))]
        posts = [one.post for one in found if one.post]
        seen = self._state.get_many("seen", [f"post:{post.id}" for post in posts])
        copies = self._state.get_many("seen", [f"copy:{fp}" for p in posts if (fp := copy_fingerprint(p))])
        for one in found:
            if one.post is None:
                self._sift_sign(one.record)
            else:
                self._sift_post(one.post, one.record, seen.get(f"post:{one.post.id}"), copies)
        self._progress(f"collect {self.run.source}", self.run.counts["parsed"], None)

    def _sift_post(self, post: Post, record: Record, before: Record | None, copies: dict[str, Any]) -> None:
        if post.id in self._met:
            self.run.add("duplicate")
            return
        self._met.add(post.id)
        if before and before["hash"] == post.content_hash:
            self.run.add("unchanged")
            return
        self.run.add("updated" if before else "new")
        if before:
            record |= {
                "change": "updated",
                "first_seen_at": before["first"] or record["first_seen_at"],
            }
        original = copies.get(f"copy:{copy_fingerprint(post)}")
        if original and original["platform"] != post.platform:
            record["syndicated_of"] = original["id"]
        self._writer.append(record)

    def _read(self, message: Message) -> "_Found | None":
        """Turn a message into a post and its record, or into a sign (deletion, repost); None when it is rejected."""
        self.run.add("parsed")
        if message["type"] == "reject":
            self._reject(str(message["where"])[:_PLACE], message["reason"], None)
            return None
        data = {k: v for k, v in message.items() if k not in ("type", "author_hash")}
        try:
            item = Item.from_json(data)
            if item.deleted or item.repost_of:
                return _Found(None, _sign(item))
            post = self._collector.post(item, message.get("author_hash"))
        except (RejectedItemError, TypeError, ValueError) as error:
            where = data.get("key") or data.get("url") or f"record {self.run.counts['parsed']}"
            self._reject(str(where)[:_PLACE], str(error), self._without_author(data))
            return None
        return _Found(post, {"type": "post", **post.document(), "raw": item.raw, "key": _digest(item.key)})

    def _sift_sign(self, sign: Record) -> None:
        """Archive a deletion or a repost of a known post; others are signs of nothing."""
        known = self._state.get("seen", f"post:{sign['of']}")
        if sign["type"] == "repost":
            self.run.add("duplicate")
            if sign["id"] not in self._met and self._state.get("seen", f"post:{sign['id']}") is None:
                self._met.add(sign["id"])
                self._writer.append(sign)
        elif known is None or known.value.get("deleted") or sign["of"] in self._met:
            self.run.add("unchanged")
        else:
            self._met.add(sign["of"])
            self.run.add("updated")
            self.run.add("deleted")
            self._writer.append({**sign, "version": self._version})

    @property
    def _version(self) -> int:
        return round(self.run.as_of.timestamp() * 1000)

    def _without_author(self, data: Record) -> Record:
        """Keep a rejected item for a retry, without the author's name."""
        source, author = self.run.source, data.get("author")
        hashed = self._ws.hash_author(source, author) if author else None
        return {k: v for k, v in data.items() if k not in ("author", "raw")} | {"author_hash": hashed}

    def _reject(self, where: str, reason: str, record: Record | None) -> None:
        self.run.add("rejected")
        self.refused.add(where)
        self.run.reason = self.run.reason or reason
        if self._letters < _LETTERS:
            self._letters += 1
            as_of = iso(self.run.as_of)
            letter = DeadLetter("collect", self.run.source, where, reason, as_of, 1, record)
            self._ws.dead_letters.add(letter)

    def _commit(self, end: Message) -> None:
        run = self.run
        self._vouch(end.get("window") or {})
        cursor = end.get("cursor") if run.finish in (*_COVERING, "limited") else None
        manifest = self._writer.commit(cursor, {"run": run.document()})
        if manifest is not None:
            _apply(self._ws, manifest)
        elif cursor is not None:
            self._state.put("cursor", run.source, cursor)

    def _vouch(self, window: dict[str, str | None]) -> None:
        """Note which time of publication the run is able to vouch for; from = to is none of it."""
        since, to = window.get("from"), window.get("to") or self.run.as_of.isoformat()
        if self.run.finish in (*_COVERING, "limited") and since != to:
            self.run.covered_from = iso(utc(since)) if since else None
            self.run.covered_to = iso(utc(to))


_HTTP = ("pages", "http_2xx", "http_3xx", "http_4xx", "http_5xx")


def _apply(ws: Workspace, manifest: Manifest) -> None:
    """Bring a real run into the state: what was seen, where to go on, and that this is done. Idempotent."""
    state = ws.store.state
    for batch in batched(_records(ws, manifest), BATCH):
        state.put_many("seen", dict(pair for record in batch for pair in _seen(record, manifest.source)))
        copies = {f"copy:{fp}": record for record in batch if (fp := _copy_key(record))}
        known = state.get_many("seen", list(copies))
        first = {
            key: {"id": record["id"], "platform": record["platform"]}
            for key, record in copies.items()
            if key not in known
        }
        state.put_many("seen", first)
    if manifest.cursor is not None:
        state.put("cursor", manifest.source, manifest.cursor)
    if (kept := manifest.notes.get("run")) and ws.store.get("runs", kept["id"]) is None:
        ws.store.put("runs", [kept])
    state.put("progress", f"collected/{manifest.source}/{manifest.run}", True)


def _records(ws: Workspace, manifest: Manifest) -> Iterator[Record]:
    for part in manifest.parts:
        yield from ws.archive.read(part)


def _seen(record: Record, source: str) -> Iterator[tuple[str, Any]]:
    """Yield what the state remembers of an archived record."""
    if record["type"] == "delete":
        yield f"post:{record['of']}", {"hash": None, "first": None, "deleted": True}
        return
    if record["type"] == "repost":
        yield f"post:{record['id']}", {"hash": None, "first": None, "of": record["of"]}
        return
    yield f"post:{record['id']}", {"hash": record["content_hash"], "first": record["first_seen_at"]}
    if record.get("key"):
        yield f"key:{source}:{record['key']}", True


def _copy_key(record: Record) -> str | None:
    return copy_fingerprint(Post.from_document(record)) if record["type"] == "post" else None


def _sign(item: Item) -> Record:
    """Return the archive record of a deletion or a repost."""
    id_ = platform_id(item.platform, item.key)
    if item.deleted:
        return {"type": "delete", "id": f"delete:{id_}", "of": id_}
    return {"type": "repost", "id": id_, "of": platform_id(item.platform, item.repost_of)}


def _digest(key: str | None) -> str | None:
    return sha256(key.encode()).hexdigest()[:16] if key else None
