"""A source of another package that asks for a key."""

from typing import Any

from pydantic import Field, SecretStr

from spiders.bases.api import ApiSource
from spiders.dates import DateReader
from spiders.items import Item
from spiders.params import SourceParams
from spiders.source import Found


class GuardedParams(SourceParams):
    """Parameters of `guarded`."""

    url: str = Field(title="Address", description="Address of the list.")
    key: SecretStr = Field(title="Key", description="What opens it.")


class Guarded(ApiSource):
    """Reviews behind a key."""

    name = "guarded"
    platform = "guarded"
    Params = GuardedParams

    def begin(self) -> Found:
        """Ask for the list."""
        headers = self.accept | {"Authorization": f"Bearer {self.params.key.get_secret_value()}"}
        target = self.target(self.params.url)
        yield self.get(self.params.url, self.parse, target=target, headers=headers)

    def parse(self, response: Any) -> Found:
        """Read the list."""
        for review in self.json(response, list):
            yield self.attempt(self.item, review, response.url)

    def item(self, review: dict[str, Any]) -> Item:
        """Return one review."""
        date = DateReader(self.job.zone).read(review["date"])
        return Item(platform=self.platform, key=review["id"], kind="review", text=review["text"], published_at=date)
