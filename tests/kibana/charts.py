"""What the files' panels ask of which index: operations, fields, queries; and the aggregations they stand for.

Written from Kibana's documentation of its operations, for data-view charts only; `last_value` is
asked as `top_hits`, since Kibana's own `top_metrics` is in a module that the test node lacks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.kibana.kql import fields_of, query_of

Json = dict[str, Any]
BUCKETS = ("terms", "date_histogram", "filters")
_CALL = re.compile(r"(\w+)\(([^()]*)\)")
_KQL = re.compile(r"kql='([^']*)'")
_FORMULA_WORDS = {"count", "overall_sum"}
_AGGREGATION = {"average": "avg", "unique_count": "cardinality", "sum": "sum", "min": "min", "max": "max"}


@dataclass(frozen=True)
class Layer:
    """One set of data in a chart: where from, which documents, in which buckets, which numbers."""

    view: str
    queries: list[str]
    buckets: list[Json] = field(default_factory=list)
    metrics: list[Json] = field(default_factory=list)

    @cached_property
    def query(self) -> Json:
        return {"bool": {"filter": [query_of(expression) for expression in self.queries]}}

    @property
    def operations(self) -> Iterator[tuple[str, str]]:
        """Yield every (operation, field) of the buckets and numbers."""
        for bucket in self.buckets:
            for name in bucket.get("fields", [bucket.get("field")]):
                if name:
                    yield bucket["operation"], name
        for metric in self.metrics:
            if metric.get("field"):
                yield metric["operation"], metric["field"]
            if "time_field" in metric:
                yield "date_histogram", metric["time_field"]

    @property
    def filtered_by(self) -> set[str]:
        """Every field that a query, a filter or a formula names."""
        told = [*self.queries, *(f["filter"]["expression"] for b in self.buckets for f in b.get("filters", []))]
        told += [metric["filter"]["expression"] for metric in self.metrics if "filter" in metric]
        told += [kql for metric in self.metrics for kql in _KQL.findall(metric.get("formula", ""))]
        return set().union(*map(fields_of, told))

    @property
    def aggregations(self) -> Json:
        """The aggregations of this layer, buckets around numbers."""
        inner = {
            name: agg for i, metric in enumerate(self.metrics) for name, agg in metric_aggregations(f"m{i}", metric)
        }
        for bucket in reversed(self.buckets):
            inner = {"by": bucket_aggregation(bucket, inner) | ({"aggs": inner} if inner else {})}
        return inner


def panels_of(dashboard: Json) -> Iterator[tuple[Json | None, Json]]:
    """Yield (section or None, panel)."""
    for panel in dashboard["panels"]:
        if "type" in panel:
            yield None, panel
        else:
            for inner in panel["panels"]:
                yield panel, inner


def layers_of(panel: Json) -> list[Layer]:
    """Return what a panel asks for; nothing for texts and controls."""
    config = panel["config"]
    if panel["type"] == "discover_session":
        return [_tab(tab) for tab in config["tabs"]]
    if panel["type"] != "vis":
        return []
    queries = [config["query"]["expression"]] if "query" in config else []
    if config["type"] != "xy":
        return [_chart(config, queries)]
    return [
        Layer(
            layer["data_source"]["ref_id"],
            queries,
            [b for b in (layer["x"], layer.get("breakdown_by")) if b],
            layer["y"],
        )
        for layer in config["layers"]
        if layer["type"] != "reference_lines"
    ]


def bucket_aggregation(bucket: Json, inner: Json) -> Json:
    """Return the aggregation that makes the buckets of one dimension."""
    if bucket["operation"] == "filters":
        return {"filters": {"filters": {f["label"]: query_of(f["filter"]["expression"]) for f in bucket["filters"]}}}
    if bucket["operation"] == "date_histogram":
        return {"date_histogram": {"field": bucket["field"], "calendar_interval": bucket["suggested_interval"]}}
    assert bucket["operation"] == "terms", bucket
    (name,) = bucket["fields"]
    return {"terms": {"field": name, "size": bucket["limit"], "order": _order(bucket["rank_by"], inner)}}


def metric_aggregations(name: str, metric: Json) -> Iterator[tuple[str, Json]]:
    """Yield the aggregations that a number is made of."""
    if metric["operation"] == "formula":
        yield from _formula(name, metric["formula"])
        return
    made = _number(metric)
    if "filter" in metric:
        made = {"filter": query_of(metric["filter"]["expression"])} | ({"aggs": {"value": made}} if made else {})
    if made:
        yield name, made


def _formula(name: str, formula: str) -> Iterator[tuple[str, Json]]:
    assert {call for call, _ in _CALL.findall(formula)} <= _FORMULA_WORDS, formula
    assert not re.sub(r"count|overall_sum|\(|\)|kql='[^']*'|[/ ]", "", formula), formula
    for number, expression in enumerate(_KQL.findall(formula)):
        yield f"{name}-{number}", {"filter": query_of(expression)}


def _number(metric: Json) -> Json | None:
    operation = metric["operation"]
    if operation == "count":
        return None
    if operation == "last_value":
        newest = {"size": 1, "sort": [{metric["time_field"]: "desc"}], "_source": [metric["field"]]}
        return {"filter": {"exists": {"field": metric["field"]}}, "aggs": {"newest": {"top_hits": newest}}}
    if operation in ("median", "percentile"):
        return {"percentiles": {"field": metric["field"], "percents": [metric.get("percentile", 50)]}}
    return {_AGGREGATION[operation]: {"field": metric["field"]}}


def _order(rank: Json, inner: Json) -> Json:
    if rank["type"] == "alphabetical":
        return {"_key": rank["direction"]}
    assert rank["type"] in ("metric", "custom"), rank
    if rank["type"] == "custom":
        assert rank["operation"] == "count", rank
    return {"_count": rank["direction"]}


def _chart(config: Json, queries: list[str]) -> Layer:
    named = [config[key] for key in ("x", "y", "breakdown_by") if key in config]
    buckets = named + config.get("rows", []) + config.get("group_by", [])
    metrics = config["metrics"] if "metrics" in config else [config["metric"]]
    return Layer(config["data_source"]["ref_id"], queries, buckets, metrics)


def _tab(tab: Json) -> Layer:
    return Layer(tab["data_source"]["ref_id"], [tab["query"]["expression"]])
