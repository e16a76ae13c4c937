"""A social network in the shape of Mastodon's public API: hashtag timelines that forget what is old.

Shapes and paging as documented at docs.joinmastodon.org (Timelines API, Status, Instance v2, link headers).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from demo.posts import Post
from demo.shelf import Shelf
from demo.truths import BRANDS, SOCIAL_REACH

PAGE: Final = 40
Status = dict[str, Any]

_BY_TAG: Final = {brand.lower(): brand for brand in BRANDS}


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """One page of a timeline and the addresses of its neighbours."""

    statuses: list[Status]
    link: str | None


class Timeline:
    """Answers as an instance would at a moment."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def instance(self, base: str) -> dict[str, Any]:
        """Return what the instance says of itself."""
        access = {"local": "public", "remote": "public"}
        return {
            "domain": base.removeprefix("http://"),
            "title": "Tuinpraat (verzonnen, demonstratie)",
            "version": "4.5.0",
            "description": "Verzonnen berichten van mensen die niet bestaan.",
            "configuration": {"timelines_access": {"hashtag_feeds": access}},
        }

    def tag(self, base: str, tag: str, query: Mapping[str, str], as_of: datetime) -> TimelinePage:
        """Return a page under a hashtag, newest first; `min_id` walks up, `max_id` down."""
        brand = _BY_TAG.get(tag.lower())
        every = sorted(self._statuses(base, brand, as_of), key=_id, reverse=True) if brand else []
        size = min(int(query.get("limit", PAGE)), PAGE)
        low, high = int(query.get("min_id", 0)), int(query.get("max_id", 0))
        found = [s for s in every if _id(s) > low and (not high or _id(s) < high)]
        page = found[-size:] if low else found[:size]
        return TimelinePage(page, _link(f"{base}/api/v1/timelines/tag/{tag}?limit={size}", page))

    def status(self, base: str, identifier: int, as_of: datetime) -> Status | None:
        """Return one post, None when it is gone."""
        post = self._shelf.one(identifier & 0xFFFF, as_of)
        return _status(post, base, as_of) if post and post.channel == "social" else None

    def _statuses(self, base: str, brand: str, as_of: datetime) -> Iterator[Status]:
        since = as_of - SOCIAL_REACH
        for post in self._shelf.public(brand, "social", as_of):
            if post.published > since:
                yield _status(post, base, as_of)
            if post.shared and since < post.shared <= as_of:
                yield _boost(post, post.shared, base, as_of)


def _link(address: str, page: list[Status]) -> str | None:
    if not page:
        return None
    older, newer = f"{address}&max_id={_id(page[-1])}", f"{address}&min_id={_id(page[0])}"
    return f'<{older}>; rel="next", <{newer}>; rel="prev"'


def _status(post: Post, base: str, as_of: datetime) -> Status:
    edited = post.edited_at(as_of)
    address = f"{base}/users/{_handle(post.author)}/statuses/{_snowflake(post.published, post.number)}"
    return {
        "id": str(_snowflake(post.published, post.number)),
        "uri": address,
        "url": address,
        "created_at": _utc(post.published),
        "edited_at": _utc(edited) if edited else None,
        "in_reply_to_id": None,
        "visibility": "public",
        "language": post.language,
        "spoiler_text": "",
        "content": f"<p>{escape(post.text_at(as_of))} {_hashtag(post.brand, base)}</p>",
        "account": _account(post.author, indexable=post.shown),
        "favourites_count": post.number * 7 % 13,
        "reblogs_count": int(post.shared is not None and post.shared <= as_of),
        "replies_count": 0,
        "tags": [{"name": post.brand.lower(), "url": f"{base}/tags/{post.brand.lower()}"}],
        "reblog": None,
    }


def _boost(post: Post, at: datetime, base: str, as_of: datetime) -> Status:
    status, sharer = _status(post, base, as_of), "Tuinvriend Rob"
    identifier = _snowflake(at, post.number)
    return status | {
        "id": str(identifier),
        "uri": f"{base}/users/{_handle(sharer)}/statuses/{identifier}/activity",
        "created_at": _utc(at),
        "edited_at": None,
        "account": _account(sharer, indexable=True),
        "reblog": status,
    }


def _account(author: str, *, indexable: bool) -> dict[str, Any]:
    handle = _handle(author)
    return {
        "acct": handle,
        "username": handle,
        "display_name": author,
        "note": "",
        "bot": False,
        "indexable": indexable,
    }


def _hashtag(brand: str, base: str) -> str:
    return f'<a href="{base}/tags/{brand.lower()}" class="mention hashtag" rel="tag">#<span>{brand}</span></a>'


def _handle(author: str) -> str:
    return author.lower().replace(" ", "_")


def _id(status: Status) -> int:
    return int(status["id"])


def _snowflake(at: datetime, number: int) -> int:
    """Return an id that grows with time: milliseconds, then 16 bits."""
    return int(at.timestamp() * 1000) << 16 | number


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
