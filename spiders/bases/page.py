"""Pages: found through start addresses, robots.txt and sitemaps; walked page after page."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit, urlunsplit

from spiders.items import Item
from spiders.outcome import Target
from spiders.sink import Reject, fingerprint
from spiders.source import Found, Source, oldest
from spiders.text import shown, web_address

_NEXT = "(//link|//a)[contains(concat(' ',@rel,' '),' next ')]/@href"
_NEXT_WORD = re.compile(rb"\brel\s*=\s*[\"']?[^\"'<>]{0,200}\bnext\b", re.IGNORECASE)
# Never the id of anything; `p` and `start` are at some sites, so a next link has to prove those.
PAGING = frozenset(
    {"page", "pagina", "seite", "pageno", "pagenr", "pagenumber", "page_number", "pageindex", "page_index", "paged",
     "offset", "cursor", "per_page", "perpage", "pagesize", "page_size"}
)  # fmt: skip
_GZIP = b"\x1f\x8b"
MAX_SITEMAP_DEPTH = 4
MAX_SITEMAP_BYTES = 64 * 1024 * 1024  # sitemaps.org allows 50 MB


class PageSource(Source):
    """Base of sources that read web pages.

    Parameters need `urls`, `sites`, `sitemaps`, `include`, `exclude`, `page_parameter` and
    `max_pages`. Pages of a list are newest first by custom: the walk ends at a page on which
    everything is known.
    """

    # What is said when no page of a target holds anything: a change of layout is no silence.
    expects: ClassVar[str]

    @abstractmethod
    def records(self, response: Any, of: Target) -> Iterable[Item | Reject]:
        """Return what a page holds, and set `of.matched` where the layout is as expected."""

    def begin(self) -> Found:
        """Ask for the start pages, sitemaps and robots files."""
        for url in self.params.urls:
            yield from self._visit(url, self.target(url), required=True)
        for site in self.params.sites:
            url = f"{site.rstrip('/')}/robots.txt"
            yield self.get(url, self.parse_robots, target=self.target(site), leads=True, of=self.target(site))
        for url in self.params.sitemaps:
            yield self._map(url, self.target(url), depth=0)

    def parse_robots(self, response: Any, of: Target) -> Found:
        """Follow the `Sitemap:` lines of a robots.txt."""
        from protego import Protego

        urls = [u for u in Protego.parse(response.text).sitemaps if web_address(u)]
        if not urls:
            of.stop("failed", f"{shown(response.url)} names no sitemap: give `urls` or `sitemaps`")
        for url in urls:
            yield self._map(url, of, depth=0)

    def parse_sitemap(self, response: Any, of: Target, depth: int) -> Found:
        """Follow a sitemap index, or ask for the pages whose date is new.

        Raises:
            ValueError: this is no sitemap.
        """
        for url, modified, is_map in read_sitemap(response.body, response.url):
            if is_map:
                if depth < MAX_SITEMAP_DEPTH:
                    yield self._map(url, of, depth=depth + 1)
            elif self._selected(url):
                yield from self._listed(url, modified, of)

    def parse_page(self, response: Any, of: Target, number: int) -> Found:
        """Deliver a page's records and go on to the next page while there is something new."""
        of.expects = of.expects or self.expects
        linked = self.linked_page(response)
        if linked and number == 1:
            self._note_paging(response.url, linked)
        place = f"{self.identity(response.url)}#"
        records = [self._unshared(r, place) for r in self.records(response, of)]
        items = [r for r in records if isinstance(r, Item)]
        marks = {fingerprint(i): i for i in items}
        new = [m for m, i in marks.items() if not self.is_known(i) and m not in self._before(of)]
        yield from (r for r in records if self._first(r))
        of.state.remember(new)
        if items and not new:
            return
        if url := linked or (self.numbered_page(response, number + 1) if items else None):
            yield from self._following(url, items, of, number + 1)

    def _following(self, url: str, items: list[Item], of: Target, number: int) -> Found:
        if len(self._asked) < self.params.max_pages:
            yield from self._visit(url, of, number=number, required=True)
        else:
            of.gap = oldest(items) or of.gap

    def linked_page(self, response: Any) -> str | None:
        """Return the page of the same host that a page names as the next of its list, None at the end."""
        # Building a tree of the page costs more than all the rest of it.
        named = b"next" in response.body and _NEXT_WORD.search(response.body)
        address = response.xpath(_NEXT).get() if named else None
        url = web_address(address, response.url)
        return url if url and urlsplit(url).netloc == urlsplit(response.url).netloc else None

    def numbered_page(self, response: Any, number: int) -> str | None:
        """Return the address of a page of a list that is paged by the parameter of the configuration."""
        name = self.params.page_parameter
        return with_parameter(response.url, name, str(number)) if name else None

    def identity(self, url: str) -> str:
        """Return the address of a page without the parameters that page through its list.

        What has no address of its own keeps the same one when it slides to another page of the list.
        """
        parts = urlsplit(url)
        configured = (self.params.page_parameter or "").lower()
        names = PAGING | {configured} | self._paging.get((parts.netloc, parts.path), set())
        query = parse_qsl(parts.query, keep_blank_values=True)
        kept = [(k, v) for k, v in query if k.lower() not in names]
        # As it was written, where nothing pages.
        return urlunsplit(parts._replace(query=urlencode(kept), fragment="")) if kept != query else urldefrag(url).url

    def _note_paging(self, url: str, following: str) -> None:
        """Note the parameters by which the second page of a list differs from the first."""
        first, second = urlsplit(url), urlsplit(following)
        before = dict(parse_qsl(first.query))
        changed = {k for k, v in parse_qsl(second.query) if before.get(k) != v}
        if first.path == second.path:
            names = {k.lower() for k in changed if before.get(k, "1") in {"0", "1"}}
            self._paging.setdefault((first.netloc, first.path), set()).update(names)

    def _unshared(self, record: Item | Reject, place: str) -> Item | Reject:
        """Drop an id that counts the places on a page: on the next page another post has it."""
        if isinstance(record, Item) and record.key and record.key.startswith(place):
            whose = (record.author, record.published_at)
            told = whose if any(whose) else record.text
            if self._told.setdefault(record.key, told) != told:
                record.key = None
        return record

    def _visit(self, url: str, of: Target, *, required: bool, number: int = 1, listed: str | None = None) -> Found:
        if url in self._asked:
            return
        self._asked.add(url)
        yield self.get(
            url,
            self.parse_page,
            target=of,
            required=required,
            conditional=not self.job.limit,
            listed=listed,
            of=of,
            number=number,
        )

    def _listed(self, url: str, modified: str | None, of: Target) -> Found:
        """Ask for a page of a sitemap, unless its date says that it is as it was."""
        if modified and self.run.cursor.validators(url)[2] == modified and not self.job.limit:
            of.unchanged += 1
        elif len(self._asked) < self.params.max_pages:
            yield from self._visit(url, of, required=False, listed=modified)
        else:
            of.stop("limited", f"{of.key}: more than max_pages ({self.params.max_pages}) pages")

    def _map(self, url: str, of: Target, depth: int) -> Any:
        return self.get(url, self.parse_sitemap, target=of, leads=True, of=of, depth=depth)

    def _selected(self, url: str) -> bool:
        include, exclude = self.params.include, self.params.exclude
        if include and not re.search(include, url):
            return False
        return not (exclude and re.search(exclude, url))

    def _before(self, of: Target) -> set[str]:
        """Return what earlier runs saw here: not what this run met on the page before."""
        return self._seen.setdefault(of.key, of.state.seen())

    def _first(self, record: Item | Reject) -> bool:
        """Say whether a record is met for the first time in this run."""
        if isinstance(record, Reject):
            return True
        told = record.key or (record.author, record.published_at, record.rating, record.product)
        mark = hash((told, record.kind, record.title, record.text))
        if mark in self._emitted:
            self.run.counts["duplicate"] += 1
            return False
        self._emitted.add(mark)
        return True

    @cached_property
    def _asked(self) -> set[str]:
        return set()

    @cached_property
    def _emitted(self) -> set[int]:
        return set()

    @cached_property
    def _told(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _paging(self) -> dict[tuple[str, str], set[str]]:
        return {}

    @cached_property
    def _seen(self) -> dict[str, set[str]]:
        return {}


def read_sitemap(body: bytes, base: str) -> Iterator[tuple[str, str | None, bool]]:
    """Yield address, date and whether it is another sitemap, out of a sitemap (sitemaps.org).

    Raises:
        ValueError: neither a sitemap nor an index of sitemaps.
    """
    from scrapy.utils.gz import gunzip
    from scrapy.utils.sitemap import Sitemap

    plain = gunzip(body, max_size=MAX_SITEMAP_BYTES) if body.startswith(_GZIP) else body
    try:
        sitemap = Sitemap(plain)
    except (StopIteration, SyntaxError) as error:
        raise ValueError("this is no sitemap: not even XML") from error
    if sitemap.type not in {"urlset", "sitemapindex"}:
        raise ValueError(f"this is no sitemap: expected <urlset>, found <{sitemap.type}>")
    for entry in sitemap:
        if url := web_address(entry.get("loc"), base):
            yield url, entry.get("lastmod"), sitemap.type == "sitemapindex"


def with_parameter(url: str, name: str, value: str) -> str:
    """Return an address with one query parameter set."""
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, value)]), fragment=""))
