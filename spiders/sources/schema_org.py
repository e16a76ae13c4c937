"""schema.org: reviews, questions and posts that pages mark up for search engines."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import Field, field_validator

from spiders.bases.page import PageSource
from spiders.dates import DateReader, decide_day_first
from spiders.items import Invitation, Item, Kind
from spiders.markup.nodes import Markup, read_markup, wanted
from spiders.markup.records import Page, read_records
from spiders.outcome import Target
from spiders.params import DayFirst, SourceParams
from spiders.sink import Reject
from spiders.source import Health
from spiders.text import shown, web_address


class SchemaOrgParams(SourceParams):
    """Parameters of `schema_org`; one of `urls`, `sites` and `sitemaps` is needed."""

    urls: list[str] = Field(default_factory=list, title="Pages", description="Pages to read, with those that follow.")
    sites: list[str] = Field(
        default_factory=list,
        title="Sites",
        description="Sites whose robots.txt names their sitemaps, as https://www.example.nl.",
    )
    sitemaps: list[str] = Field(default_factory=list, title="Sitemaps", description="Addresses of sitemaps.")
    include: str | None = Field(
        default=None,
        title="Pages to keep",
        description="A regular expression; only addresses of a sitemap that match are read.",
    )
    exclude: str | None = Field(
        default=None,
        title="Pages to leave out",
        description="A regular expression; addresses of a sitemap that match are not read.",
    )
    page_parameter: str | None = Field(
        default=None,
        title="Page parameter",
        description="The name in ?page=2, where pages have no rel=next link.",
    )
    max_pages: int = Field(default=1000, ge=1, title="Pages per run", description="At most.")
    kinds: list[Kind] = Field(
        default=["review", "question", "answer", "post", "comment"],
        title="Kinds of post",
        description="What to keep of what is marked up.",
    )
    invitation: Invitation = Field(
        default="unknown", title="Invited or not", description="Whether the authors were asked."
    )
    day_first: DayFirst = Field(
        default="auto",
        title="Day before month",
        description="Whether 03-04-2024 is the third of April; auto looks at all dates of a page.",
    )

    @field_validator("urls", "sites", "sitemaps")
    @classmethod
    def _addresses(cls, values: list[str]) -> list[str]:
        for value in values:
            if web_address(value) is None:
                raise ValueError(f"{value!r} is no address: expected https://…")
        return values

    @field_validator("include", "exclude")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}") from error
        return value


class SchemaOrg(PageSource):
    """Reviews, questions, answers and forum posts marked up with schema.org on pages you may read.

    For your own shop, competitors, comparison sites and question pages. JSON-LD, microdata and RDFa
    are understood; a review that stands in two of them is one post. Pages are found through
    `urls` (and the pages that follow them), the robots.txt of `sites`, or `sitemaps`; unchanged
    ones are not fetched again. What the brand itself wrote (an FAQ) is left out; its public reply to a
    review stays with the review. robots.txt is obeyed.
    """

    name = "schema_org"
    platform = "schema_org"
    Params = SchemaOrgParams
    health = Health(min_filled={"text": 0.6, "published_at": 0.6})
    expects = "no page holds schema.org markup of reviews, questions or products"
    params: SchemaOrgParams

    def records(self, response: Any, of: Target) -> Iterable[Item | Reject]:
        """Return the records of a page, and a reject for every script that cannot be read."""
        encoding = getattr(response, "encoding", "utf-8")
        address = self.identity(response.url)
        markup = read_markup(response.body, address, encoding)
        if markup is None:
            return
        of.matched = of.matched or bool(markup.jsonld or markup.other)
        for script in markup.broken:
            yield Reject(shown(response.url), "JSON-LD that cannot be read", script)
        found, repeated = read_records(markup, self._page(markup, address, response.url))
        self.run.counts["duplicate_markup"] += repeated
        for record in found:
            if isinstance(record, Reject) or record.kind in self.params.kinds:
                yield record

    def _page(self, markup: Markup, address: str, asked: str) -> Page:
        samples = _dates([*markup.jsonld, *markup.other])
        day_first = decide_day_first(samples, self.params.day_first)
        dates = DateReader(self.job.zone, day_first)
        return Page(address, self.platform, dates, self.params.invitation, asked)


def _dates(nodes: list[Any]) -> Iterable[str]:
    for node in wanted(nodes):
        yield from (str(v) for k, v in node.items() if k.startswith("date"))
