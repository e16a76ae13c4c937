"""The closed subset of Elasticsearch's aggregation JSON: checked once, the same on both engines.

terms (size, order, include, missing), avg, sum, min, max, stats, value_count, percentiles,
cardinality, top_hits (size, sort, _source), filter, filters; buckets nest.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from umot.store.mapping import FieldMap, did_you_mean
from umot.store.nodes import (
    Agg,
    Aggs,
    BucketOrder,
    FilterAgg,
    FiltersAgg,
    Metric,
    MetricKind,
    TermsAgg,
    TopHits,
)
from umot.store.subset import (
    check_options,
    check_size,
    exact_field,
    field_of,
    only_entry,
    parse_query,
    parse_sort,
    refuse,
    scalar,
)

MAX_BUCKETS: Final = 65_000
STATS: Final = ("count", "min", "max", "avg", "sum")
_PERCENTS: Final = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
_NUMERIC: Final = ("avg", "sum", "min", "max", "stats", "percentiles")
_SORTABLE: Final = ("avg", "sum", "min", "max", "value_count", "cardinality")


def parse_aggs(aggs: Mapping[str, Any], fields: FieldMap, path: str = "aggs") -> Aggs:
    """Check aggregations and return their tree.

    Raises:
        QueryError: something outside the subset, with its path and what was meant perhaps.
    """
    if not isinstance(aggs, Mapping):
        refuse(path, f"found {type(aggs).__name__}, expected an object")
    return {name: _agg(name, body, fields, f"{path}.{name}") for name, body in aggs.items()}


def _agg(name: str, body: Any, fields: FieldMap, path: str) -> Agg:
    if not name or any(sign in name for sign in ".>[]"):
        refuse(path, "found one of . > [ ] in the name, expected none")
    options = check_options(body, (*_AGGS, "aggs"), path)
    kind, inner = only_entry({k: v for k, v in options.items() if k != "aggs"}, path)
    subs = parse_aggs(options.get("aggs", {}), fields, f"{path}.aggs")
    if subs and kind not in _BUCKETS:
        refuse(f"{path}.aggs", f"{kind} gives no buckets, so nothing can nest in it")
    return _AGGS[kind](kind, inner, subs, fields, f"{path}.{kind}")


def _terms(_kind: str, body: Any, subs: Aggs, fields: FieldMap, path: str) -> Agg:
    options = check_options(body, ("field", "size", "order", "include", "missing"), path)
    field = exact_field(options.get("field"), fields, f"{path}.field")
    size = options.get("size", 10)
    if type(size) is not int or not 1 <= size <= MAX_BUCKETS:
        refuse(f"{path}.size", f"found {size!r}, expected a whole number from 1 to {MAX_BUCKETS}")
    missing = options.get("missing")
    return TermsAgg(
        field,
        size,
        _orders(options.get("order", {"_count": "desc"}), subs, f"{path}.order"),
        _include(options.get("include"), field.type, f"{path}.include"),
        None if missing is None else scalar(missing, field, f"{path}.missing"),
        subs,
    )


def _include(values: object, type_: str, path: str) -> tuple[str, ...] | None:
    if values is None:
        return None
    if type_ != "keyword":
        refuse(path, f"found a {type_} field, expected a keyword: filter the query instead")
    if not isinstance(values, (list, tuple)) or not all(isinstance(v, str) for v in values):
        refuse(path, f"found {values!r}, expected a list of strings")
    return tuple(values)


def _orders(body: object, subs: Aggs, path: str) -> tuple[BucketOrder, ...]:
    entries = body if isinstance(body, (list, tuple)) else (body,)
    orders = [_order(entry, subs, path) for entry in entries]
    if all(order.path != ("_key",) for order in orders):
        orders.append(BucketOrder(("_key",), descending=False))
    return tuple(orders)


def _order(entry: object, subs: Aggs, path: str) -> BucketOrder:
    name, direction = only_entry(entry, path)
    if direction not in ("asc", "desc"):
        refuse(f"{path}.{name}", f"found {direction!r}, expected asc or desc")
    steps = tuple(name.split("."))
    if steps not in (("_count",), ("_key",)):
        steps = _metric_path(steps, subs, f"{path}.{name}")
    return BucketOrder(steps, direction == "desc")


def _metric_path(steps: tuple[str, ...], subs: Aggs, path: str) -> tuple[str, ...]:
    """Return sub-aggregation and key, such as ("mean", "value") or ("spread", "max")."""
    known = dict.fromkeys(("_count", "_key", *subs))
    if steps[0] not in subs:
        refuse(path, f"unknown order{did_you_mean(steps[0], known)}", known=known)
    allowed = _keys_of(subs[steps[0]])
    full = (*steps, allowed[0]) if len(steps) == 1 and len(allowed) == 1 else steps
    if len(full) != 2 or full[1] not in allowed:
        refuse(path, "buckets cannot be ordered by this", known=[f"{steps[0]}.{k}" for k in allowed])
    return full


def _keys_of(agg: Agg) -> tuple[str, ...]:
    if isinstance(agg, FilterAgg):
        return ("doc_count",)
    if isinstance(agg, Metric) and agg.kind == "stats":
        return STATS
    return ("value",) if isinstance(agg, Metric) and agg.kind in _SORTABLE else ()


def _metric(kind: str, body: Any, _subs: Aggs, fields: FieldMap, path: str) -> Agg:
    known = ("field", "percents") if kind == "percentiles" else ("field",)
    options = check_options(body, known, path)
    field = exact_field(options.get("field"), fields, f"{path}.field")
    if kind in _NUMERIC and not field.is_number:
        refuse(f"{path}.field", f"{field.name!r} is a keyword, expected a number, date or boolean")
    percents = _percents(options.get("percents", _PERCENTS), f"{path}.percents")
    return Metric(_METRICS[kind], field, percents if kind == "percentiles" else ())


def _percents(values: object, path: str) -> tuple[float, ...]:
    if not isinstance(values, (list, tuple)) or not values:
        refuse(path, f"found {values!r}, expected a list of numbers")
    for value in values:
        if type(value) not in (int, float) or not 0 <= value <= 100:
            refuse(path, f"found {value!r}, expected numbers from 0 to 100")
    return tuple(map(float, values))


def _top_hits(_kind: str, body: Any, _subs: Aggs, fields: FieldMap, path: str) -> Agg:
    options = check_options(body, ("size", "sort", "_source"), path)
    size = check_size(options.get("size", 3), f"{path}.size")
    return TopHits(
        size,
        tuple(parse_sort(_as_list(options.get("sort", ())), fields, f"{path}.sort")),
        _source(options.get("_source"), fields, f"{path}._source"),
    )


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


def _source(names: object, fields: FieldMap, path: str) -> tuple[str, ...] | None:
    if names is None:
        return None
    if not isinstance(names, (list, tuple)):
        refuse(path, f"found {names!r}, expected a list of fields")
    return tuple(field_of(name, fields, path).name for name in names)


def _filter(_kind: str, body: Any, subs: Aggs, fields: FieldMap, path: str) -> Agg:
    return FilterAgg(parse_query(body, fields, path), subs)


def _filters(_kind: str, body: Any, subs: Aggs, fields: FieldMap, path: str) -> Agg:
    queries = check_options(body, ("filters",), path).get("filters")
    if not isinstance(queries, Mapping) or not queries:
        refuse(f"{path}.filters", "expected an object of named queries")
    parsed: dict[str, Any] = {
        name: parse_query(query, fields, f"{path}.filters.{name}") for name, query in queries.items()
    }
    return FiltersAgg(parsed, subs)


_METRICS: Final[dict[str, MetricKind]] = {kind: kind for kind in get_args(MetricKind)}
_BUCKETS: Final = ("terms", "filter", "filters")
_AGGS: Final[dict[str, Callable[[str, Any, Aggs, FieldMap, str], Agg]]] = {
    "terms": _terms,
    "top_hits": _top_hits,
    "filter": _filter,
    "filters": _filters,
    **dict.fromkeys(_METRICS, _metric),
}
