"""Checked queries and aggregations: what `umot.store.subset` makes of Elasticsearch's JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from typing import Literal

from umot.store.mapping import Field

Scalar = str | int | float
MetricKind = Literal["avg", "sum", "min", "max", "stats", "value_count", "percentiles", "cardinality"]


@dataclass(frozen=True, slots=True)
class MatchAll:
    """Every document."""


@dataclass(frozen=True, slots=True)
class Match:
    """Documents with any (`or`) or all (`and`) words of a text, analysed as the field is."""

    field: Field
    text: str
    operator: Literal["or", "and"] = "or"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Documents with the words of a text in a row."""

    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Documents with any of these exact values."""

    field: Field
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Documents with a value between two bounds; None leaves a side open."""

    field: Field
    low: Scalar | None = None
    high: Scalar | None = None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True, slots=True)
class Exists:
    """Documents that have a value in the field."""

    field: Field


@dataclass(frozen=True, slots=True)
class Bool:
    """Queries combined; `minimum` of the `should` ones must match."""

    must: tuple["Node", ...] = ()
    should: tuple["Node", ...] = ()
    must_not: tuple["Node", ...] = ()
    filter: tuple["Node", ...] = ()
    minimum: int = 0


Node = MatchAll | Match | Phrase | Terms | Range | Exists | Bool


@dataclass(frozen=True, slots=True)
class SortKey:
    """One level of an order; documents without the field come last either way."""

    field: Field
    descending: bool = False


@dataclass(frozen=True, slots=True)
class BucketOrder:
    """One level of the order of buckets; `path` is `_count`, `_key` or a metric's name and key."""

    path: tuple[str, ...]
    descending: bool


@dataclass(frozen=True, slots=True)
class TermsAgg:
    """One bucket per value of a field."""

    field: Field
    size: int
    order: tuple[BucketOrder, ...]
    include: tuple[str, ...] | None = None
    missing: Scalar | None = None
    subs: Mapping[str, "Agg"] = default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, or a few, about the values of a field."""

    kind: MetricKind
    field: Field
    percents: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TopHits:
    """The first documents of a bucket; `source` None gives whole documents."""

    size: int
    sort: tuple[SortKey, ...] = ()
    source: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FilterAgg:
    """One bucket of the documents that also match a query."""

    query: Node
    subs: Mapping[str, "Agg"] = default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FiltersAgg:
    """One named bucket per query."""

    queries: Mapping[str, Node]
    subs: Mapping[str, "Agg"] = default(default_factory=dict)


Agg = TermsAgg | Metric | TopHits | FilterAgg | FiltersAgg
Aggs = Mapping[str, Agg]
Sort = Sequence[SortKey]
