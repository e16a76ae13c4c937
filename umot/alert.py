"""One alert: an event around a brand, or the ill health of a source, as the store keeps it."""

from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, get_args

from umot.store.contract import Document

About = Literal["brand", "source"]
Status = Literal["open", "quiet", "closed"]
BrandEvent = Literal["negative_peaks", "complaints", "positive_peaks", "posts", "silence"]
SourceEvent = Literal["broken", "silent", "limited", "drifting"]
What = BrandEvent | SourceEvent
Voice = Literal["many", "one_author", "one_thread", "copies"]

BRAND_EVENTS: Final[tuple[BrandEvent, ...]] = get_args(BrandEvent)
SOURCE_EVENTS: Final[tuple[SourceEvent, ...]] = get_args(SourceEvent)
SEVEREST: Final = 10


@dataclass(slots=True)
class Alert:
    """What happened, how unlikely it is, why, and where it stands.

    Days are keywords of the workspace's time zone, times are stored as UTC. `since` is the first day that belongs to
    the event, `until` the last; `fired` is the day on which it could first be told. `status` is `quiet` when nothing
    unusual was seen for a while and `closed` when that went on.

    Of a brand's event: `observed` and `expected` posts over its days in the series that shows it best, `p` the
    smallest chance of so many, `series` in how many series it shows, `rule` which rule of `umot.watch` found it,
    `share` whether it is the share of posts that is unusual and not their number. `terms`, `phrases` and `products`
    are over-represented against the time before, most telling first; `examples` are masked texts of `example_ids`.
    `alike` names other brands with the same on overlapping days: its cause may lie in what they share, a source too.
    `voice` says whether many wrote, or above all one author, one thread, or copies of one text.

    `told` is the severity of the last message about it (None: nobody was told).

    Of a source: `reason` says in words what is wrong; `missing_from` and `missing_to` bound what was not collected.
    """

    id: str
    about: About
    what: What
    status: Status
    severity: int
    title: str
    since: str
    until: str
    fired: str
    started_at: str
    opened_at: str
    updated_at: str
    closed_at: str | None = None
    days: int = 1
    brand: str | None = None
    source: str | None = None
    sources: list[str] = field(default_factory=list)
    moment: str | None = None
    moments: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    invited: bool = False
    languages: list[str] = field(default_factory=list)
    observed: float | None = None
    expected: float | None = None
    extra: float | None = None
    p: float | None = None
    rule: str | None = None
    share: bool = False
    cold_start: bool = False
    alike: list[str] = field(default_factory=list)
    series: int | None = None
    terms: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    example_ids: list[str] = field(default_factory=list)
    voice: Voice | None = None
    author_share: float | None = None
    thread_share: float | None = None
    copy_share: float | None = None
    reason: str | None = None
    missing_from: str | None = None
    missing_to: str | None = None
    kibana: str | None = None
    report: str | None = None
    told: int | None = None
    acknowledged: bool = False
    acknowledged_at: str | None = None
    acknowledged_by: str | None = None
    note: str | None = None

    def document(self) -> Document:
        """Return the alert as the store keeps it: without what is empty."""
        found: dict[str, Any] = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: value for name, value in found.items() if value is not None and value != []}

    @classmethod
    def of(cls, document: Document) -> "Alert":
        """Return the alert of a stored document."""
        return cls(**document)
