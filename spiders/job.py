"""The job that a run reads from standard input."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

ROBOTS_AGENT = "umot-monitor"


class CrawlSettings(BaseModel):
    """How politely a run fetches. Times are seconds.

    `delay` is the pause between requests to one host and `concurrency` the requests to one host
    at a time. `patience` bounds the waiting that a source may ask for in one go, `budget` the run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay: float = Field(default=1.0, ge=0)
    concurrency: int = Field(default=1, ge=1)
    timeout: float = Field(default=60.0, gt=0)
    retries: int = Field(default=2, ge=0)
    backoff: float = Field(default=2.0, ge=0)
    patience: float = Field(default=90.0, ge=0)
    budget: float | None = Field(default=None, gt=0)
    max_response_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)


class Job(BaseModel):
    """One run of one source entry.

    `known` holds the first 16 hex digits of the SHA-256 of the keys collected before;
    `limit` stops after so many items and leaves the cursor as it was.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    spider: str
    params: dict[str, Any] = Field(default_factory=dict)
    # Whatever was stored: a spider starts afresh from a cursor that it cannot read.
    cursor: Any = None
    as_of: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    limit: int | None = Field(default=None, ge=1)
    user_agent: str = "umot-monitor"
    known: frozenset[str] = frozenset()
    timezone: str = "Europe/Amsterdam"
    settings: CrawlSettings = CrawlSettings()

    @field_validator("timezone")
    @classmethod
    def _exists(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no such time zone: {value!r}; expected a name as Europe/Amsterdam")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of times that name none."""
        return ZoneInfo(self.timezone)
