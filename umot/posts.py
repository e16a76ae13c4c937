"""A post as it is archived: normalised, masked, with the author hashed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from spiders.items import Item
from umot.text import clean, digest, fingerprint, with_title
from umot.timeline import iso

MAX_TEXT = 1_000_000
"""Characters of a text; a longer one is no post of a customer."""

_CLOCK_SKEW = timedelta(days=1)


class RejectedItemError(ValueError):
    """An item cannot become a post; the text says what was found and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What the archive keeps of a post before it is classified; see `mappings/posts.json` for the fields' types.

    `version` is the time of collection in milliseconds, so that a later look at the same post always wins.
    """

    id: str
    version: int
    source: str
    platform: str
    kind: str
    invitation: str
    first_seen_at: str
    published_at: str | None = None
    edited_at: str | None = None
    url: str | None = None
    thread_id: str | None = None
    parent_id: str | None = None
    links: list[str] = field(default_factory=list)
    product: str | None = None
    location: str | None = None
    author: str | None = None
    author_is_brand: bool = False
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    helpful: int | None = None
    views: int | None = None
    language_claimed: str | None = None
    title: str | None = None
    text: str = ""
    rating: float | None = None
    rating_given: str | None = None
    reply_at: str | None = None
    reply_text: str | None = None
    syndicated_of: str | None = None
    content_hash: str = ""

    def document(self) -> dict[str, Any]:
        """Return the filled fields as a store document."""
        return {k: v for k, v in asdict(self).items() if v not in (None, "", [])}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Post":
        """Rebuild a post from an archived record; fields of later versions are left out."""
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in document.items() if k in names})


@dataclass(frozen=True, slots=True)
class Collector:
    """What turning a source's items into posts needs to know."""

    source: str
    as_of: datetime
    hash_author: Callable[[str, str], str]
    mask: Callable[[str], str]

    def post(self, item: Item, author_hash: str | None = None) -> Post:
        """Normalise one item.

        Args:
            author_hash: the author when only the hash is left of the name.

        Raises:
            RejectedItemError: no text and no rating, a date in the future, a rating outside its scale, a text too long.
        """
        title = self._text(item.title)
        text = with_title(title, self._text(item.text) or "")
        rating, given = _rating(item)
        if not text and rating is None:
            raise RejectedItemError("neither text nor rating; expected at least one")
        author = self.hash_author(self.source, item.author) if item.author else author_hash
        filled: dict[str, Any] = {
            "title": title,
            "text": text,
            "rating": rating,
            "rating_given": given,
            "published_at": self._time(item.published_at, "published"),
            "edited_at": self._time(item.edited_at, "edited"),
            "reply_text": self._text(item.reply_text),
            "reply_at": self._time(item.reply_at, "answered"),
            "product": self._text(item.product),
            "location": self._text(item.location),
            "language_claimed": (item.language or "").split("-")[0].split("_")[0].lower() or None,
            "links": [link for link in map(safe_url, item.links) if link],
        }
        # Neither addresses nor counts are content: a listing that slides to its next page changes nothing.
        content_hash = digest(*(str(filled[key]) for key in sorted(filled)))
        return Post(
            id=self.post_id(item, author),
            version=round(self.as_of.timestamp() * 1000),
            source=self.source,
            platform=item.platform,
            kind=item.kind,
            invitation=item.invitation,
            first_seen_at=iso(self.as_of),
            url=safe_url(item.url),
            author=author,
            author_is_brand=item.author_is_brand,
            thread_id=platform_id(item.platform, item.thread),
            parent_id=platform_id(item.platform, item.parent),
            likes=item.likes,
            replies=item.replies,
            reposts=item.reposts,
            helpful=item.helpful,
            views=item.views,
            content_hash=content_hash,
            **filled,
        )

    def post_id(self, item: Item, author: str | None) -> str:
        """Return `<platform>:<key>`; without a key a digest of source, author, date and title.

        The text takes part only when there is neither author nor date, so that an edit stays the same post.
        """
        if item.key:
            return f"{item.platform}:{item.key}"
        published = iso(item.published_at) if item.published_at else None
        text = None if author or published else item.text
        return f"{item.platform}:{digest(self.source, author, published, item.title, item.url, text)}"

    def _text(self, text: str | None) -> str | None:
        if not text:
            return None
        if len(text) > MAX_TEXT:
            raise RejectedItemError(f"text of {len(text):,} characters; at most {MAX_TEXT:,} expected")
        return self.mask(clean(text)) or None

    def _time(self, moment: datetime | None, what: str) -> str | None:
        if moment is None:
            return None
        if moment > self.as_of + _CLOCK_SKEW:
            raise RejectedItemError(
                f"{what} at {iso(moment)}, after this run's time {iso(self.as_of)}; expected the past"
            )
        return iso(moment)


def platform_id(platform: str, key: str | None) -> str | None:
    """Return the id of a post by its platform's key."""
    return f"{platform}:{key}" if key else None


def safe_url(url: str | None) -> str | None:
    """Return an http(s) address without credentials; anything else is no link to show."""
    if not url:
        return None
    try:
        parts = urlsplit(clean(url))
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def copy_fingerprint(post: Post) -> str | None:
    """Return what syndicated copies of a post have in common, None for a text too short to tell."""
    return fingerprint(post.text)


def _rating(item: Item) -> tuple[float | None, str | None]:
    """Return the rating within [0, 1] and as it was given.

    Raises:
        RejectedItemError: the rating lies outside its scale.
    """
    if item.rating is None:
        return None, None
    worst = 1.0 if item.rating_worst is None else item.rating_worst
    best = 5.0 if item.rating_best is None else item.rating_best
    given = f"{item.rating:g}/{best:g}"
    # Scales that start at 1 are given a zero by some sites: "no stars".
    low = min(worst, 0.0) if worst <= 1 else worst
    if not low <= item.rating <= best or best <= worst:
        raise RejectedItemError(f"rating {given} outside its scale {worst:g} to {best:g}")
    return round(max(0.0, (item.rating - worst) / (best - worst)), 4), given
