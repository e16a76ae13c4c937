"""Mastodon: public posts under hashtags, on the instances of your choice."""

import re
from collections import Counter
from datetime import timedelta
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from spiders.bases.api import ApiSource, same_host
from spiders.dates import DateReader
from spiders.items import Item
from spiders.outcome import Target
from spiders.params import SourceParams
from spiders.ratings import count
from spiders.sink import Reject
from spiders.source import Found, Health, newest, oldest
from spiders.text import body, digest, links, plain, web_address

PAGE = 40
KEY_DIGITS = 32
MAX_WATCHED = 2_000
# Pages of people and of their posts, as Mastodon, Friendica and Lemmy name them: the path holds the handle.
_OF_A_PERSON = re.compile(r"/(?:web/)?(?:@|(?:users|profile|u)/)[^/]", re.IGNORECASE)
_NOBOT = re.compile(r"#\s*(?:<[^>]*>)*nobot", re.IGNORECASE)


class MastodonParams(SourceParams):
    """Parameters of `mastodon`."""

    instances: list[str] = Field(
        min_length=1,
        title="Instances",
        description="Host names or addresses of the instances to read, as mastodon.nl.",
    )
    tags: list[str] = Field(min_length=1, title="Hashtags", description="Hashtags to follow, with or without the #.")
    first_days: int = Field(
        default=30,
        ge=1,
        title="Days back on the first run",
        description="How far the first run goes back. Later runs go on from where the last ended.",
    )
    max_pages: int = Field(
        default=200,
        ge=1,
        title="Pages per run",
        description="At most, for each hashtag on each instance. A run that needs more ends as limited; "
        "the next one goes on where it stopped.",
    )
    recheck_days: int | None = Field(
        default=None,
        ge=1,
        title="Days to watch for edits and deletions",
        description="Posts of the last so many days are asked for again, one request each; empty = never.",
    )
    recheck_max: int = Field(
        default=100,
        ge=1,
        title="Posts to re-check per run",
        description="The longest unchecked go first.",
    )

    @field_validator("instances")
    @classmethod
    def _addresses(cls, values: list[str]) -> list[str]:
        found = [v if "://" in v else f"https://{v}" for v in (v.strip("/ ") for v in values)]
        for value in found:
            if web_address(value) is None:
                raise ValueError(f"{value!r} is no instance: expected a name as mastodon.nl")
        return found

    @field_validator("tags")
    @classmethod
    def _names(cls, values: list[str]) -> list[str]:
        tags = [v.strip().lstrip("#") for v in values]
        for tag in tags:
            if not re.fullmatch(r"\w+", tag):
                raise ValueError(f"{tag!r} is no hashtag: letters, digits and _ only")
        return tags


class Mastodon(ApiSource):
    """Public posts under hashtags on any number of Mastodon instances, without an account.

    A post that several instances show is collected once: a digest of its address in the federation
    is its key, because the address itself names the author. For the same reason the `url` of a post is
    the one of the instance that was read (`https://mastodon.nl/statuses/…`), and links to people's pages
    are left out; texts stay as they are. The parent of a reply is known when the same run or a watched
    post showed it. Posts of bots, of authors who asked not to be indexed (`indexable: false`) or wrote
    #nobot in their profile are left alone, and so is everything that is not public. Instances that
    closed their hashtag timelines are refused with a message. Boosts count as reach.
    """

    name = "mastodon"
    platform = "mastodon"
    Params = MastodonParams
    health = Health(min_filled={"text": 0.95, "published_at": 1.0, "language": 0.5})
    params: MastodonParams

    def begin(self) -> Found:
        """Ask every instance what it opens to the public."""
        for instance in self.params.instances:
            access = self.target(instance)
            url = f"{instance}/api/v2/instance"
            yield self.get(url, self.parse_access, target=access, statuses=(404,), of=instance)

    def parse_access(self, response: Any, of: str) -> Found:
        """Read which timelines are open, then start on each hashtag."""
        if closed := self._closed(response):
            words = f"{of} closed its hashtag timelines to the public ({closed})"
            self.target(of).stop("refused", words)
            return
        del self.run.targets[of]  # asked and answered: the hashtags are what counts
        for tag in self.params.tags:
            target = self.target(f"{of}#{tag}")
            yield from self._recheck(target, of)
            yield from self._walk(target, of, tag)

    def _closed(self, response: Any) -> str | None:
        """Return what an instance says when hashtag timelines are not public."""
        if response.status == 404:  # before Mastodon 4.0: nothing to say, and open
            return None
        access: Any = self.json(response, dict)
        for name in ("configuration", "timelines_access", "hashtag_feeds"):
            access = access.get(name) if isinstance(access, dict) else None
        said = {str(v) for v in access.values()} if isinstance(access, dict) else set()
        return None if not said or "public" in said else ", ".join(sorted(said))

    def _walk(self, target: Target, instance: str, tag: str) -> Found:
        newer = same_host(target.state.text("newer"), instance)
        older = same_host(target.state.text("older"), instance)
        first = f"{instance}/api/v1/timelines/tag/{tag}?limit={PAGE}"
        if newer:
            yield from self._page(newer, self.parse_newer, target)
        if older or not newer:
            yield from self._page(older or first, self.parse_older, target)

    def _page(self, url: str, callback: Any, target: Target) -> Found:
        """Ask for a page of a timeline, within what one run may ask for."""
        most = self.params.max_pages
        if self._asked[target.key] >= most:
            target.stop("limited", f"{target.key}: more than max_pages ({most}) pages; the next run goes on")
            return
        self._asked[target.key] += 1
        yield self.get(url, callback, target=target, headers=self.accept, of=target)

    def parse_newer(self, response: Any, of: Target) -> Found:
        """Read a page on the way up from the newest post that is known."""
        items = yield from self._statuses(response, of)
        following = self.page_link(response, "prev")
        if following and following != response.url and self.json(response, list):
            of.state["newer"], of.reached = following, newest(items) or of.reached
            yield from self._page(following, self.parse_newer, of)
        else:
            of.reached = self.job.as_of

    def parse_older(self, response: Any, of: Target) -> Found:
        """Read a page on the way down on the first run."""
        items = yield from self._statuses(response, of)
        if not of.state.text("newer"):
            of.state["newer"] = self.page_link(response, "prev")
        last, following = oldest(items), self.page_link(response, "next")
        since = self.job.as_of - timedelta(days=self.params.first_days)
        # A server that ignores max_id answers with the same page, and the same link, for ever.
        if following in {None, response.url} or not self.json(response, list):
            of.gap = None
        elif last and last < since:
            of.gap = since
        else:
            of.state["older"], of.gap = following, last or of.gap
            if of.previous is None:  # later on the way up says how far this run came
                of.reached = self.job.as_of
            yield from self._page(following, self.parse_older, of)
            return
        of.state.pop("older", None)

    def _statuses(self, response: Any, of: Target) -> Any:
        """Yield the posts of a page that may be kept, and return them."""
        found: list[Item] = []
        statuses = self.json(response, list)
        self._note_keys(statuses, response.url)
        for status in statuses:
            result = self._read(status, response.url)
            if isinstance(result, Item):
                found.append(result)
                self._watch(of, status, result)
            if result and self._first(result):
                yield result
        return found

    def _first(self, result: Item | Reject) -> bool:
        """Say whether a post is new to this run: instances show each other's posts."""
        if isinstance(result, Reject):
            return True
        if result.key in self._emitted:
            self.run.counts["duplicate"] += 1
            return False
        self._emitted.add(result.key)
        return True

    @cached_property
    def _emitted(self) -> set[str | None]:
        return set()

    @cached_property
    def _asked(self) -> Counter[str]:
        return Counter()

    @cached_property
    def _keys(self) -> dict[tuple[str, str], str | None]:
        """The keys of the posts met, by host and the id they have there: replies name their parent so."""
        return {}

    def _note_keys(self, statuses: list[Any], where: str) -> None:
        for status in statuses:
            if isinstance(status, dict) and isinstance(status.get("uri"), str):
                self._keys[urlsplit(where).netloc, str(status.get("id"))] = _key(status)

    def _read(self, status: Any, where: str) -> Item | Reject | None:
        """Return the post, None for one to leave alone, or why it cannot be read."""
        if not isinstance(status, dict) or not isinstance(status.get("account"), dict):
            return Reject(where, "a post without an account", status)
        if not isinstance(status.get("uri"), str) or not str(status.get("id") or "").isalnum():
            return Reject(where, "a post without an id or uri", status)
        if _leave_alone(status):
            self.run.counts["skipped"] += 1
            return None
        return self.attempt(partial(self._item, where=where), status, where)

    def _item(self, status: dict[str, Any], where: str) -> Item:
        dates, boosted = DateReader(), status.get("reblog")
        return Item(
            platform=self.platform,
            key=_key(status),
            kind="comment" if status.get("in_reply_to_id") else "post",
            invitation="organic",
            url=web_address(f"/statuses/{status['id']}", where),
            parent=self._keys.get((urlsplit(where).netloc, str(status.get("in_reply_to_id")))),
            links=_links(status.get("content"), where),
            title=plain(status.get("spoiler_text")),
            text=body(status.get("content")),
            author=_author(status["account"], where),
            language=plain(status.get("language")),
            published_at=dates.read(status.get("created_at")),
            edited_at=dates.maybe(status.get("edited_at")),
            likes=count(status.get("favourites_count")),
            replies=count(status.get("replies_count")),
            reposts=count(status.get("reblogs_count")),
            repost_of=_key(boosted) if isinstance(boosted, dict) else None,
            raw=status,
        )

    def _watch(self, of: Target, status: dict[str, Any], item: Item) -> None:
        """Note a post for later re-checks: its id here, its key, and when it was written."""
        days = self.params.recheck_days
        if not days or not item.published_at or item.repost_of:
            return
        rows = [r for r in of.state.rows("watched", 4) if r[1] != item.key]
        written = item.published_at.isoformat()
        rows.append([str(status.get("id")), item.key, written, plain(status.get("edited_at"))])
        of.state["watched"] = rows[-MAX_WATCHED:]

    def _recheck(self, of: Target, instance: str) -> Found:
        """Ask again for the posts that were left unchecked longest."""
        since = (self.job.as_of - timedelta(days=self.params.recheck_days or 0)).isoformat()
        rows = [r for r in of.state.rows("watched", 4) if (r[2] or "") >= since]
        self._keys.update({(urlsplit(instance).netloc, str(r[0])): r[1] for r in rows})
        turn, rest = rows[: self.params.recheck_max], rows[self.params.recheck_max :]
        if rows:
            of.state["watched"] = rest + turn
        for row in turn:
            url = f"{instance}/api/v1/statuses/{row[0]}"
            yield self.get(url, self.parse_again, target=of, required=False, statuses=(404, 410), of=of, row=row)

    def parse_again(self, response: Any, of: Target, row: list[str | None]) -> Found:
        """Read one post again: gone, edited, or as it was."""
        if response.status in {404, 410}:
            of.state["watched"] = [r for r in of.state.rows("watched", 4) if r[1] != row[1]]
            yield Item(platform=self.platform, key=row[1], deleted=True)
            return
        status = self.json(response, dict)
        result = self._read(status, response.url)
        if isinstance(result, Item) and plain(status.get("edited_at")) != row[3]:
            self._watch(of, status, result)
            if self._first(result):
                yield result


def _leave_alone(status: dict[str, Any]) -> bool:
    """Say whether a post is not public, or its author is a bot or asked to be left out."""
    account = status["account"]
    profile = " ".join(str(account.get(name) or "") for name in ("note", "display_name"))
    opted_out = account.get("indexable") is False or _NOBOT.search(profile)
    return status.get("visibility") != "public" or bool(account.get("bot")) or bool(opted_out)


def _key(status: dict[str, Any]) -> str | None:
    """Return a digest of a post's address in the federation, which is the same on all instances."""
    uri = status.get("uri")
    return digest(uri, KEY_DIGITS) if isinstance(uri, str) else None


def _links(content: Any, where: str) -> list[str]:
    """Return what a post links to, without mentions, hashtags and the pages of people."""
    found = links(content, where, but=("mention", "hashtag"))
    return [url for url in found if not _OF_A_PERSON.match(urlsplit(url).path)]


def _author(account: dict[str, Any], where: str) -> str | None:
    """Return the full name in the federation: local accounts leave their instance out."""
    name = plain(account.get("acct"))
    return name if not name or "@" in name else f"{name}@{urlsplit(where).hostname}"
