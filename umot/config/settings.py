"""What `umot.yaml` can say; every field documents itself for the JSON Schema and the reference."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, model_validator

from sentiment.labels import LANGUAGES, checked_codes
from sentiment.names import HUGGING_FACE
from umot.config.alerts import AlertSettings
from umot.config.base import Slug, Strict
from umot.errors import ConfigError, did_you_mean
from umot.privacy import MASKS
from umot.store import check_place


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a time zone; write for example Europe/Amsterdam")
    return name


def _known_language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"not one of {', '.join(LANGUAGES)}")
    return code


def _known_place(place: str) -> str:
    try:
        check_place(place)
    except ConfigError as error:
        raise ValueError(str(error).removeprefix("store: ")) from None
    return place


Timezone = Annotated[str, AfterValidator(_known_zone)]


def _known_schedule(expression: str) -> str:
    from croniter import croniter

    if not croniter.is_valid(expression):
        raise ValueError("not a cron expression; write for example '0 7 * * *' or '@daily'")
    return expression


Language = Annotated[str, AfterValidator(_known_language)]
Schedule = Annotated[str, AfterValidator(_known_schedule)]
# YAML reads a bare 1 as a number.
Label = Annotated[str, Field(coerce_numbers_to_str=True)]
Code = Annotated[str, Field(coerce_numbers_to_str=True, json_schema_extra={"type": ["string", "integer"]})]


class BrandSettings(Strict):
    """A brand to follow, one's own or a competitor's."""

    name: str = Field(min_length=1, description="The name as it is shown.")
    own: bool = Field(False, description="True for one's own brand; the others are competitors.")
    spellings: tuple[str, ...] = Field((), description="Other spellings, nicknames, handles.")
    exclude: tuple[str, ...] = Field(
        (), description="Phrases that hold a spelling but mean something else ('Coolblue Stadium')."
    )
    values: tuple[str, ...] = Field((), description="Moments in which the brand wants to excel, as codes (`smot`).")


class SourceSettings(Strict):
    """A named source: which spider, with which parameters, when."""

    spider: str = Field(description="The kind of source: `umot sources` lists them.")
    params: dict[str, Any] = Field(default_factory=dict, description="What the spider needs.")
    schedule: Schedule | None = Field(None, description="Cron expression for the scheduler.")
    about: tuple[str, ...] = Field(
        (), description="Brands that every post of this source is about (a shop's own reviews)."
    )
    enabled: bool = Field(True, description="False keeps the source out of runs.")
    delay: float = Field(1.0, ge=0, description="Seconds between requests to one host.")
    timeout: float = Field(30.0, gt=0, description="Seconds that a response may take.")
    time_budget: float = Field(3600.0, gt=0, description="Seconds that a run may take.")


class RetentionSettings(Strict):
    """How many days each kind of data is kept; null keeps it."""

    raw: int | None = Field(30, ge=0, description="Days that the sources' raw records are kept.")
    text: int | None = Field(None, ge=1, description="Days after which texts are removed.")
    posts: int | None = Field(None, ge=1, description="Days after which posts are removed.")


class PrivacySettings(Strict):
    """What is hidden before anything is stored."""

    author_key: SecretStr | None = Field(
        None,
        description="Key of the author hashes, `${UMOT_AUTHOR_KEY}`; else the file author.key.",
    )
    mask: tuple[Literal["email", "iban", "phone"], ...] = Field(MASKS, description="What to mask.")
    phone_regions: tuple[str, ...] = Field(
        ("NL", "BE", "DE", "GB"), description="Countries whose national phone numbers are masked."
    )


class SentimentSettings(Strict):
    """The classifier and the thresholds of the journey."""

    model: str | None = Field(
        None,
        description="null: the shipped model; a directory: weights that `python -m sentiment.train` wrote; `hf:NAME`: "
        "a sequence classifier of the Hugging Face hub, or of a directory of such files, for the sentiment or the "
        "moment.",
    )
    labels: Annotated[dict[Label, Code], AfterValidator(checked_codes)] = Field(
        default_factory=dict,
        description="What the labels of an `hf:` model mean where their names do not tell (`LABEL_0: negative`): "
        "negative, neutral or positive, 1-5 (stars), or moments. Another meaning is another model: the archive is "
        "classified anew.",
    )
    negative_peak: float = Field(-0.6, ge=-1, le=0, description="A peak at or below is negative.")
    indifference: float = Field(0.25, ge=0, le=1, description="Half width of the zone of indifference (Rook).")
    workers: int = Field(
        1, ge=1, le=64, description="Tasks of Airflow that share the classifying, each with a model of its own."
    )

    @model_validator(mode="after")
    def _labels_are_of_another_model(self) -> "SentimentSettings":
        if self.labels and not (self.model or "").startswith(HUGGING_FACE):
            raise ValueError(f"labels: only a model `{HUGGING_FACE}NAME` has labels of its own; name it under model")
        return self


class ReportSettings(Strict):
    """The weekly report."""

    language: Literal["nl", "en"] = Field("nl", description="Language of the report.")
    view: Literal["umot", "procter-google", "liveagent"] = Field(
        "umot", description="Framework in which the moments are shown."
    )
    weeks: int = Field(52, ge=4, le=520, description="Weeks that the charts go back.")
    peaks: int = Field(5, ge=1, le=50, description="Strongest peaks shown on each side.")
    folder: str = Field("reports", description="Where reports are written.")
    channels: tuple[str, ...] = Field(
        (),
        description="Channels under `alerts` that the weekly report is sent to: as a file where `texts` may leave, "
        "else as a line that says where it is.",
    )

    def file(self, week: str) -> str:
        """Return the file of the report on an ISO week, below the workspace's folder."""
        return f"{self.folder}/umot-{week}.html"


class Settings(Strict):
    """The whole configuration of a workspace."""

    name: str = Field("umot", description="Name of the workspace, shown in reports.")
    timezone: Timezone = Field("Europe/Amsterdam", description="Time zone of days, weeks and schedules.")
    languages: tuple[Language, ...] = Field(
        LANGUAGES,
        description="Languages that are classified; posts in others are kept unclassified.",
    )
    brands: tuple[BrandSettings, ...] = Field(min_length=1, description="Brands to follow.")
    sources: dict[Slug, SourceSettings] = Field(default_factory=dict, description="Where posts come from.")
    store: Annotated[str, AfterValidator(_known_place)] = Field(
        "data/store",
        description="Folder of the embedded store, or `elasticsearch://host:9200/prefix`; "
        "credentials come from the environment.",
    )
    archive: str = Field(
        "data/archive",
        description="Folder or fsspec URL (`s3://bucket/prefix`); credentials come from the environment.",
    )
    user_agent: str = Field(
        "umot-monitor/0.1 (+https://example.org/contact)",
        description="How spiders introduce themselves; name a contact.",
    )
    demo: bool = Field(False, description="Marks made-up data in everything people see.")
    retention: RetentionSettings = RetentionSettings()
    privacy: PrivacySettings = PrivacySettings()
    sentiment: SentimentSettings = SentimentSettings()
    report: ReportSettings = ReportSettings()
    alerts: AlertSettings = AlertSettings()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of days and weeks."""
        return ZoneInfo(self.timezone)

    @model_validator(mode="after")
    def _names_are_known(self) -> "Settings":
        names = [brand.name for brand in self.brands]
        if len(set(names)) < len(names):
            raise ValueError("two brands have the same name")
        for source, settings in self.sources.items():
            for name in settings.about:
                if name not in names:
                    raise ValueError(f"sources.{source}.about: no brand {name!r} under brands")
        self.alerts.check_names(names, self.sources)
        for channel in self.report.channels:
            if channel not in self.alerts.channels:
                hint = did_you_mean(channel, self.alerts.channels)
                raise ValueError(f"report.channels: no channel {channel!r} under alerts.channels{hint}")
        return self
