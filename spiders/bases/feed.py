"""Feeds: ask politely, read RSS, Atom and JSON Feed, notice gaps."""

import calendar
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from spiders.dates import DateReader
from spiders.items import Invitation, Item, Kind
from spiders.outcome import Target
from spiders.source import Found, Source, oldest
from spiders.text import body, digest, links, plain, web_address

_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
_MAX_PAUSE = timedelta(days=1)
_PERMANENT = frozenset({301, 308})


class FeedSource(Source):
    """Base of sources that publish feeds; parameters need `urls`, `kind` and `invitation`."""

    accept: ClassVar[dict[str, str]] = {
        "Accept": "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"
    }

    def begin(self) -> Found:
        """Ask for every feed whose time has come."""
        for url in self.params.urls:
            target = self.target(url)
            not_before = target.state.time("not_before")
            if not_before and self.job.as_of < not_before and not self.job.limit:
                target.unchanged += 1
                continue
            address = web_address(target.state.text("moved")) or url
            yield self.get(
                address,
                self.parse_feed,
                target=target,
                conditional=not self.job.limit,
                headers=self.accept,
                of=target,
            )

    def parse_feed(self, response: Any, of: Target) -> Found:
        """Read the entries and note what the next run needs.

        Raises:
            ValueError: this is no feed.
        """
        feed, entries = read_feed(response)
        build = partial(self.entry, base=response.url)
        results = [self.attempt(build, e, response.url) for e in entries]
        items = [r for r in results if isinstance(r, Item)]
        keys = {digest(cast("str", i.key)) for i in items}
        if not keys & (of.state.seen() | self.job.known):
            of.gap = oldest(items)
        of.state.remember(sorted(keys))
        _note_pause(of, feed, self.job.as_of)
        _note_move(of, response)
        yield from results

    def entry(self, entry: dict[str, Any], base: str) -> Item:
        """Return the item of one entry.

        Raises:
            DateError: a date cannot be read.
            KeyError: nothing tells the entry from others.
        """
        dates = DateReader(self.job.zone)
        link, title = web_address(entry.get("link"), base), plain(entry.get("title"))
        content = _content(entry)
        published = _time(entry, "published", dates) or _time(entry, "updated", dates)
        edited = _time(entry, "updated", dates)
        key = _key(entry, base) or ((link or title) and digest(f"{link}\x1f{title}"))
        if not key:
            raise KeyError("no id, link or title")
        return Item(
            platform=self.platform,
            key=key,
            kind=cast("Kind", self.params.kind),
            invitation=cast("Invitation", self.params.invitation),
            url=link,
            links=links(content, base),
            title=title,
            text=body(content),
            author=plain(entry.get("author")),
            language=plain(entry.get("language")),
            published_at=published,
            edited_at=edited if edited != published else None,
            raw=entry,
        )


def read_feed(response: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a feed's own fields and its entries.

    Raises:
        ValueError: the answer is no feed.
    """
    if response.body.lstrip()[:1] == b"{":
        return _json_feed(response)
    import feedparser

    headers = {
        "content-type": (response.headers.get("Content-Type") or b"").decode("latin-1"),
        "content-location": response.url,
    }
    # Raw markup in, text out: our own reader turns it into text, nothing renders it.
    parsed = feedparser.parse(response.body, response_headers=headers, sanitize_html=False)
    if not parsed.version and not parsed.entries:
        raise ValueError(f"this is no feed{_hint(response)}")
    return dict(parsed.feed), [dict(e) for e in parsed.entries]


def _hint(response: Any) -> str:
    xpath = getattr(response, "xpath", None)
    found = xpath("//link[@rel='alternate'][contains(@type,'xml')]/@href").get() if xpath else None
    return f"; the page points to one at {web_address(found, response.url)}" if found else ""


def _json_feed(response: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read JSON Feed 1.1 (jsonfeed.org) into the names that RSS and Atom entries have."""
    data = response.json()
    if "jsonfeed.org" not in str(data.get("version")) or not isinstance(data.get("items"), list):
        raise ValueError("this is JSON but no JSON Feed")
    return data, [_json_entry(e) for e in data["items"] if isinstance(e, dict)]


def _json_entry(entry: dict[str, Any]) -> dict[str, Any]:
    authors = entry.get("authors") or [entry.get("author")]
    first = authors[0] if isinstance(authors, list) and authors else None
    content = entry.get("content_html") or entry.get("content_text") or entry.get("summary")
    return {
        "id": entry.get("id"),
        "link": entry.get("url") or entry.get("external_url"),
        "title": entry.get("title"),
        "summary": content,
        "author": first.get("name") if isinstance(first, dict) else None,
        "language": entry.get("language"),
        "published": entry.get("date_published"),
        "updated": entry.get("date_modified"),
    }


def _key(entry: dict[str, Any], base: str) -> str | None:
    """Return the entry's id; one that is no address of any kind belongs to its host only."""
    key = plain(entry.get("id"))
    return key if not key or ":" in key else f"{urlsplit(base).hostname}:{key}"


def _content(entry: dict[str, Any]) -> str:
    """Return the longest of content and summary: feeds cut either short."""
    parts = [c.get("value") for c in entry.get("content") or [] if isinstance(c, dict)]
    texts = [t for t in (*parts, entry.get("summary")) if isinstance(t, str)]
    return max(texts, key=len, default="")


def _time(entry: dict[str, Any], name: str, dates: DateReader) -> datetime | None:
    """Return a time of an entry: as feedparser read it, else as we do."""
    if parsed := entry.get(f"{name}_parsed"):
        return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC)
    return dates.maybe(entry.get(name))


def _note_pause(of: Target, feed: dict[str, Any], as_of: datetime) -> None:
    pause = max((p for p in _pauses(feed) if p > timedelta()), default=None)
    of.state.pop("not_before", None)
    if pause:
        of.state["not_before"] = (as_of + min(pause, _MAX_PAUSE)).isoformat()


def _pauses(feed: dict[str, Any]) -> Iterator[timedelta]:
    """Yield the pauses a feed asks for: `ttl` in minutes (RSS 2.0), `sy:updatePeriod` (RSS 1.0)."""
    if str(ttl := feed.get("ttl", "")).isdecimal():
        yield timedelta(minutes=min(int(ttl), 10_000))
    period = _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip())
    if period:
        times = str(feed.get("sy_updatefrequency", "1")).strip()
        yield timedelta(hours=period / max(int(times) if times.isdecimal() else 1, 1))


def _note_move(of: Target, response: Any) -> None:
    """Keep the address that a permanent redirect leads to."""
    reasons = response.meta.get("redirect_reasons") or []
    if reasons and _PERMANENT.issuperset(reasons):
        of.state["moved"] = response.url
