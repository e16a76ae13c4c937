"""Feeds: news, blogs and tests in RSS, Atom or JSON Feed."""

from pydantic import Field, field_validator

from spiders.bases.feed import FeedSource
from spiders.items import Invitation, Kind
from spiders.params import SourceParams
from spiders.source import Health
from spiders.text import web_address


class FeedParams(SourceParams):
    """Parameters of `feed`."""

    urls: list[str] = Field(min_length=1, title="Feeds", description="Addresses of RSS, Atom or JSON feeds.")
    kind: Kind = Field(default="post", title="Kind of post", description="What the entries of these feeds are.")
    invitation: Invitation = Field(
        default="organic",
        title="Invited or not",
        description="Whether the authors were asked to write.",
    )

    @field_validator("urls")
    @classmethod
    def _addresses(cls, values: list[str]) -> list[str]:
        for value in values:
            if web_address(value) is None:
                raise ValueError(f"{value!r} is no address: expected https://…")
        return values


class Feed(FeedSource):
    """Entries of RSS, Atom and JSON feeds.

    A feed is asked only for what changed, and no oftener than it allows (`ttl`,
    `sy:updatePeriod`). A feed that moved is followed to its new address; one that is gone for
    good (410) fails with a message. Feeds show their newest entries only: when none of them is
    known from an earlier run, the time before the oldest is reported as a hole.
    """

    name = "feed"
    platform = "feed"
    Params = FeedParams
    health = Health(min_filled={"title": 0.5, "published_at": 0.8})
    params: FeedParams
