"""Telling a run's messages apart: new, changed, unchanged, twice, erased, wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from spiders.items import Item
from umot.archive import RunWriter
from umot.archive.files import Record
from umot.deadletters import DeadLetter
from umot.health.tally import tally
from umot.ledger import COLLECT_SUM, Run
from umot.pipeline.seen import key_digest
from umot.pipeline.spider import Message
from umot.posts import Collector, Post, RejectedItemError, copy_fingerprint, platform_id
from umot.text import clean, digest
from umot.timeline import iso
from umot.workspace import Workspace

_LETTERS: Final = 1000
_PLACE: Final = 200
_TEXTS: Final = ("text", "title", "reply_text")


@dataclass(frozen=True, slots=True)
class _Found:
    """What one message brought: a post with its archive record, or the record of a sign alone."""

    post: Post | None
    record: Record


class Sieve:
    """Counts a run's messages and lets what is new or changed through to the archive."""

    def __init__(self, ws: Workspace, run: Run, writer: RunWriter) -> None:
        self.refused: set[str] = set()
        self._ws, self._run, self._writer = ws, run, writer
        self._state = ws.store.state
        self._collector = Collector(run.source, run.as_of, ws.hash_author, ws.mask)
        self._met: set[str] = set()
        self._derived: dict[str, dict[str, int]] = {}
        self._places: Counter[str] = Counter()
        run.counts = dict.fromkeys(("parsed", *COLLECT_SUM), 0)

    def sift(self, messages: Iterable[Message]) -> None:
        """Take in some messages of the spider (items and rejects)."""
        found = [self._told_apart(one) for message in messages if (one := self._read(message))]
        posts = [one.post for one in found if one.post]
        seen = self._state.get_many("seen", [f"post:{post.id}" for post in posts])
        copies = self._state.get_many("seen", [f"copy:{fp}" for p in posts if (fp := copy_fingerprint(p))])
        erased = self._state.get_many("tombstone", [key for post in posts for key in _tombstones(post)])
        for one in found:
            if one.post is None:
                self._sift_sign(one.record)
            elif any(key in erased for key in _tombstones(one.post)):
                self._run.add("unchanged")  # erased for good: not even archived again
            else:
                self._sift_post(one.post, one.record, seen.get(f"post:{one.post.id}"), copies)

    def _told_apart(self, one: _Found) -> _Found:
        """Give a second post with the same derived id but other words an id of its own.

        Without an id of the source, one author's two reviews of a day under one title would be one.
        """
        if one.post is None or one.record["key"]:
            return one
        said = digest(one.post.text, one.post.rating_given)
        number = self._derived.setdefault(one.post.id, {}).setdefault(said, len(self._derived[one.post.id]) + 1)
        if number == 1:
            return one
        post = replace(one.post, id=f"{one.post.id}~{number}")
        return _Found(post, one.record | {"id": post.id})

    def _sift_post(self, post: Post, record: Record, before: Record | None, copies: dict[str, Any]) -> None:
        if post.id in self._met:
            self._run.add("duplicate")
            return
        self._met.add(post.id)
        if before and before["hash"] == post.content_hash:
            self._run.add("unchanged")
            return
        self._run.add("updated" if before else "new")
        if before:
            record |= {"change": "updated", "first_seen_at": before["first"] or record["first_seen_at"]}
        original = copies.get(f"copy:{copy_fingerprint(post)}")
        if original and original["platform"] != post.platform:
            record["syndicated_of"] = original["id"]
        self._writer.append(record)

    def _read(self, message: Message) -> _Found | None:
        """Turn a message into a post and its record, or into a sign (deletion, repost); None when it is rejected."""
        self._run.add("parsed")
        if message["type"] == "reject":
            self._reject(message["where"], message["reason"], None)
            return None
        data = {k: v for k, v in message.items() if k not in ("type", "author_hash")}
        try:
            item = Item.from_json(data)
            if item.deleted or item.repost_of:
                return _Found(None, _sign(item))
            post = self._collector.post(item, message.get("author_hash"))
        except (RejectedItemError, TypeError, ValueError) as error:
            place = platform_id(str(data.get("platform")), data.get("key")) or data.get("url") or "record"
            self._reject(str(place), str(error), self._kept(data, message.get("author_hash")))
            return None
        tally(self._run, message, post)
        return _Found(post, {"type": "post", **post.document(), "raw": item.raw, "key": key_digest(item.key)})

    def _sift_sign(self, sign: Record) -> None:
        """Archive a deletion or a repost of a known post; others are signs of nothing."""
        known = self._state.get("seen", f"post:{sign['of']}")
        if sign["type"] == "repost":
            self._run.add("duplicate")
            if sign["id"] not in self._met and self._state.get("seen", f"post:{sign['id']}") is None:
                self._met.add(sign["id"])
                self._writer.append(sign)
        elif known is None or known.value.get("deleted") or sign["of"] in self._met:
            self._run.add("unchanged")
        else:
            self._met.add(sign["of"])
            self._run.add("updated")
            self._run.add("deleted")
            self._writer.append(sign)

    def _kept(self, data: Record, author_hash: str | None) -> Record:
        """Keep a rejected item for a retry: without the author's name, with masked texts."""
        author = data.get("author")
        hashed = self._ws.hash_author(self._run.source, author) if author else author_hash
        kept = {k: v for k, v in data.items() if k not in ("author", "raw", *_TEXTS)}
        texts = {k: self._ws.mask(clean(str(data[k]))) for k in _TEXTS if data.get(k)}
        return kept | texts | {"author_hash": hashed}

    def _reject(self, where: str, reason: str, record: Record | None) -> None:
        self._run.add("rejected")
        self._places[where] += 1
        number = self._places[where]
        id_ = where[:_PLACE] + (f" ({number})" if number > 1 else "")
        reason = self._ws.mask(reason)
        self.refused.add(id_)
        self._run.reason = self._run.reason or reason
        if len(self.refused) <= _LETTERS:
            letter = DeadLetter("collect", self._run.source, id_, reason, iso(self._run.as_of), 1, record)
            self._ws.dead_letters.add(letter)


def author_tombstone(author: str) -> str:
    """Return the key under which an erased author's hash is remembered."""
    return f"author:{author}"


def _tombstones(post: Post) -> list[str]:
    return [post.id, author_tombstone(post.author)] if post.author else [post.id]


def _sign(item: Item) -> Record:
    """Return the archive record of a deletion or a repost."""
    id_ = platform_id(item.platform, item.key)
    if item.deleted:
        return {"type": "delete", "id": f"delete:{id_}", "of": id_}
    return {"type": "repost", "id": id_, "of": platform_id(item.platform, item.repost_of)}
