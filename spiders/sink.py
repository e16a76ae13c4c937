"""Where items go: checked, counted and written as one JSON line each."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from spiders.items import Item
from spiders.ratings import RatingError, check_scale
from spiders.text import MAX_CHARACTERS, clean, digest

FUTURE_TOLERANCE = timedelta(days=1)
RAW_CHARACTERS = 500
_TEXTS = (
    "key",
    "url",
    "thread",
    "parent",
    "title",
    "text",
    "author",
    "language",
    "product",
    "location",
    "reply_text",
    "repost_of",
)
_encode = json.JSONEncoder(default=str).encode


class LimitReachedError(Exception):
    """As many items were written as the job asked for: the run ends here."""


class ItemError(ValueError):
    """An item cannot be used: it becomes a reject with this message."""


class LaterItemError(ItemError):
    """An item is later than the time that the run works at, but not than the clock: a later run can use it."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be read: where it stands, why, and a short piece of it."""

    where: str
    reason: str
    raw: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; the piece is cut short."""
        raw = self.raw if isinstance(self.raw, str) else json.dumps(self.raw, default=str)
        return {
            "type": "reject",
            "where": clean(self.where),
            "reason": clean(self.reason),
            "raw": clean(raw)[:RAW_CHARACTERS],
        }


class Sink:
    """Write items and rejects to `out` and count them: parsed = items + rejected, of these `later` for a later run."""

    def __init__(self, out: BinaryIO, as_of: datetime, limit: int | None = None) -> None:
        self._out, self._latest, self._limit = out, as_of + FUTURE_TOLERANCE, limit
        self.items = 0
        self.rejected = 0
        self.later = 0
        self.filled: Counter[str] = Counter()

    @property
    def parsed(self) -> int:
        """Return the number of records met."""
        return self.items + self.rejected

    def put(self, item: Item, where: str) -> bool:
        """Write an item, or a reject that says what is wrong with it.

        Raises:
            LimitReachedError: the job's limit is met.
        """
        try:
            self._check(item)
        except (ItemError, RatingError) as error:
            self.later += isinstance(error, LaterItemError)
            self.reject(Reject(where, str(error), item.title or item.text))
            return False
        record = item.to_json()
        self._write({"type": "item", **record})
        self.items += 1
        self.filled.update(record.keys())
        if self._limit and self.items >= self._limit:
            raise LimitReachedError
        return True

    def reject(self, reject: Reject) -> None:
        """Write a reject."""
        self._write(reject.to_json())
        self.rejected += 1

    def end(self, record: dict[str, Any]) -> None:
        """Write the last line."""
        self._write({"type": "end", **record})

    def _check(self, item: Item) -> None:
        for name in _TEXTS:
            if value := getattr(item, name):
                setattr(item, name, clean(value))
        if item.deleted or item.repost_of:
            return _keyed(item)
        if longest := _too_long(item):
            raise ItemError(f"{longest} is longer than {MAX_CHARACTERS:,} characters")
        if not (item.text or item.title) and item.rating is None:
            raise ItemError("no text, no title and no rating: nothing to read")
        self._check_times(item)
        if item.rating is not None:
            check_scale(item.rating, item.rating_best, item.rating_worst)
        return None

    def _check_times(self, item: Item) -> None:
        for name in ("published_at", "edited_at", "reply_at"):
            value = getattr(item, name)
            if value is not None and value > self._latest:
                # A date that is wrong stays wrong: only what has really been written is worth asking for again.
                kind = LaterItemError if value <= datetime.now(UTC) + FUTURE_TOLERANCE else ItemError
                raise kind(f"{name} {value:%Y-%m-%d %H:%M} lies in the future of this run")

    def _write(self, record: dict[str, Any]) -> None:
        # ASCII on the wire: whatever a stranger wrote, a line stays one line of valid UTF-8.
        self._out.write(_encode(record).encode("ascii") + b"\n")


def _keyed(item: Item) -> None:
    if not item.key:
        raise ItemError("a deletion or a repost without a key")


def _too_long(item: Item) -> str | None:
    return next((n for n in _TEXTS if len(getattr(item, n) or "") > MAX_CHARACTERS), None)


def fingerprint(item: Item) -> str:
    """Return a digest that tells items without a key apart; author names stay out of it."""
    day = item.published_at.date().isoformat() if item.published_at else ""
    words = " ".join((item.text or item.title or "").casefold().split())
    return digest("\x1f".join((item.key or "", item.kind, day, words)))
