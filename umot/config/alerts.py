"""What `umot.yaml` can say about alerts: when something is unusual, and who is told."""

import re
from collections.abc import Collection, Iterable
from datetime import date, time
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from umot.alert import BRAND_EVENTS, SEVEREST, SOURCE_EVENTS, What
from umot.config.base import Slug, Strict
from umot.errors import did_you_mean
from umot.journey import JOURNEY

_SHAPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_MINUTES: Final = 24 * 60


def _check_known(name: str, known: Collection[str], what: str) -> None:
    if name not in known:
        raise ValueError(f"no {what} {name!r}{did_you_mean(name, known)}")


def _known_moment(code: str) -> str:
    _check_known(code, JOURNEY, "moment")
    return code


def _known_what(what: Any) -> Any:
    _check_known(str(what), (*BRAND_EVENTS, *SOURCE_EVENTS), "kind of alert")
    return what


def _channel_url(url: SecretStr) -> SecretStr:
    # What was found is left out: it holds a password or a token.
    if not _SHAPE.fullmatch(url.get_secret_value()):
        raise ValueError(
            "not an Apprise URL; write for example mailtos://user:${MAIL_PASSWORD}@example.org, better yet "
            "${A_VARIABLE} that holds all of it"
        )
    return url


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("expected https://host:5601, with its base path if it has one, without credentials")
    return url.rstrip("/")


def _clock(value: Any) -> Any:
    """Read 22:00 as people mean it: YAML takes it for a number in base sixty."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < _MINUTES:
            raise ValueError("expected a time of day such as 22:00")
        return time(*divmod(value, 60))
    return value


Moment = Annotated[str, AfterValidator(_known_moment)]
Clock = Annotated[time, BeforeValidator(_clock)]


class Maintenance(Strict):
    """Days on which nothing is judged: a migration, a campaign, a strike that everybody knows of."""

    since: date = Field(description="First day.")
    until: date = Field(description="Last day.")
    brands: tuple[str, ...] = Field((), description="Only these brands; empty with empty `sources`: everything.")
    sources: tuple[str, ...] = Field((), description="Only these sources.")
    why: str = Field("", description="For those who read the configuration later.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Maintenance":
        if self.until < self.since:
            raise ValueError(f"until {self.until} is before since {self.since}")
        return self


class QuietHours(Strict):
    """Hours in which only severities of 9 and 10 are told; the rest follows when they end."""

    since: Clock = Field(description="Begin, in the workspace's time zone (22:00).")
    until: Clock = Field(description="End; may lie after midnight (07:00).")

    @model_validator(mode="after")
    def _have_a_length(self) -> "QuietHours":
        if self.since == self.until:
            raise ValueError(f"since and until are both {self.since:%H:%M}: leave quiet_hours out, or name two times")
        return self

    def hold(self, at: time) -> bool:
        """Tell whether a local time lies in them; the end does not."""
        if self.since < self.until:
            return self.since <= at < self.until
        return at >= self.since or at < self.until


class ChannelSettings(Strict):
    """A way to reach people: where to, and about what."""

    url: Annotated[SecretStr, AfterValidator(_channel_url)] = Field(
        description="Apprise URL of the service; put its secrets into the environment (`${SLACK_URL}`)."
    )
    brands: tuple[str, ...] = Field((), description="Only alerts about these brands; empty: all.")
    moments: tuple[Moment, ...] = Field((), description="Only alerts at these moments, as codes; empty: all.")
    what: tuple[Annotated[What, BeforeValidator(_known_what)], ...] = Field(
        (), description=f"Only these kinds of alerts ({', '.join((*BRAND_EVENTS, *SOURCE_EVENTS))}); empty: all."
    )
    sources: bool = Field(True, description="Whether the ill health of sources is told here.")
    severity: int = Field(1, ge=1, le=SEVEREST, description="Least severity that is told here.")
    texts: bool = Field(False, description="Whether words and texts of reviews may leave to this service.")
    digest: Literal["daily", "weekly"] | None = Field(
        None, description="One message for all alerts of a day or week (on Mondays); null: one message each."
    )
    language: Literal["nl", "en"] | None = Field(None, description="Language of the messages; null: the report's.")
    most_per_day: int = Field(20, ge=1, description="Messages a day; what is over follows as one the next day.")
    timeout: float = Field(60.0, gt=0, le=300, description="Seconds that the service may take for a message.")


class AlertSettings(Strict):
    """When something is unusual enough to be told, and to whom."""

    false_alerts: float = Field(
        4.0, gt=0, description="False alerts that are accepted per series and year, at most, by chance."
    )
    false_discoveries: float = Field(
        0.3, gt=0, lt=1, description="Share of the unusual days of all series that may be chance."
    )
    fewest_posts: int = Field(3, ge=1, description="Fewer posts are never an alert.")
    quiet_days: int = Field(3, ge=1, description="Days without anything unusual after which an alert is quiet.")
    close_days: int = Field(7, ge=2, description="Days without anything unusual after which an alert is closed.")
    most_per_week: float = Field(
        2.0, gt=0, description="Alerts a week that people can bear; `umot backtest` checks it."
    )
    kibana: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="Address of Kibana, for links in alerts."
    )
    kibana_space: str = Field("default", min_length=1, description="Space of Kibana that the links lead to.")
    maintenance: tuple[Maintenance, ...] = Field((), description="Days on which nothing is judged.")
    quiet_hours: QuietHours | None = Field(None, description="Hours in which only the severest is told.")
    channels: dict[Slug, ChannelSettings] = Field(default_factory=dict, description="Who is told, by a name of yours.")

    @model_validator(mode="after")
    def _close_after_quiet(self) -> "AlertSettings":
        if self.close_days <= self.quiet_days:
            raise ValueError(f"close_days {self.close_days} must be more than quiet_days {self.quiet_days}")
        return self

    def check_names(self, brands: Collection[str], sources: Collection[str]) -> None:
        """Check that the brands and sources that are named exist.

        Raises:
            ValueError: one does not; the text says where, and what was perhaps meant.
        """
        for n, span in enumerate(self.maintenance):
            _check_all(f"maintenance.{n}.brands", span.brands, brands, "brand")
            _check_all(f"maintenance.{n}.sources", span.sources, sources, "source")
        for name, channel in self.channels.items():
            _check_all(f"channels.{name}.brands", channel.brands, brands, "brand")


def _check_all(where: str, names: Iterable[str], known: Collection[str], what: str) -> None:
    for name in names:
        try:
            _check_known(name, known, what)
        except ValueError as error:
            raise ValueError(f"alerts.{where}: {error}") from None
