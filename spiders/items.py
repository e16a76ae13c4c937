"""What a spider hands over: one `Item` per post, as found at the source, before any judgement.

Light on purpose (no Scrapy): the collecting process reads items from the spider's standard output.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

Kind = Literal["review", "post", "question", "answer", "comment", "ticket", "survey"]
Invitation = Literal["organic", "invited", "unknown"]


@dataclass(slots=True, kw_only=True)
class Item:
    """One post of a source.

    `key` is the platform's own id (the URI where posts are federated) or None when the source has none: the
    collector then derives one from source, author, date and title. Times are aware datetimes. `rating`, `rating_best`
    and `rating_worst` are given as found (best/worst None = unknown). `deleted` items need a key only.
    `repost_of` names the key of the post that this one merely repeats: it is reach, not a post.
    `raw` is the source's own record, kept in the archive for replay.
    """

    platform: str
    key: str | None = None
    kind: Kind = "review"
    invitation: Invitation = "unknown"
    url: str | None = None
    thread: str | None = None
    parent: str | None = None
    links: list[str] = field(default_factory=list)
    title: str | None = None
    text: str = ""
    author: str | None = None
    author_is_brand: bool = False
    language: str | None = None
    published_at: datetime | None = None
    edited_at: datetime | None = None
    rating: float | None = None
    rating_best: float | None = None
    rating_worst: float | None = None
    product: str | None = None
    location: str | None = None
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    helpful: int | None = None
    views: int | None = None
    reply_text: str | None = None
    reply_at: datetime | None = None
    repost_of: str | None = None
    deleted: bool = False
    raw: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict without the empty fields; times as ISO 8601."""
        # Not `asdict`: it copies `raw` all the way down, half the cost of writing an item.
        found = ((name, getattr(self, name)) for name in _FIELDS)
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in found if _filled(v)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Item":
        """Rebuild an item from `to_json`.

        Raises:
            TypeError: an unknown field.
            ValueError: a time that is not ISO 8601.
        """
        times = ("published_at", "edited_at", "reply_at")
        values: dict[str, Any] = {k: datetime.fromisoformat(v) if k in times else v for k, v in data.items()}
        return cls(**values)


_FIELDS = tuple(f.name for f in fields(Item))


def _filled(value: Any) -> bool:
    # A rating of 0 and no likes are facts.
    return value is not None and value is not False and value != "" and value != []
