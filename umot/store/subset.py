"""The closed subset of Elasticsearch's query JSON that both engines answer alike.

Queries: bool, match, match_phrase, term, terms, range, ids, exists, match_all. Aggregations are in
`umot.store.subset_aggs`. One pass checks every key, field and value; what it lets through means the
same on both engines, what it does not is refused by name and path, never ignored.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from umot.errors import QueryError
from umot.store.contract import Query
from umot.store.mapping import Field, FieldMap, did_you_mean, exact_value, milliseconds
from umot.store.nodes import (
    Bool,
    Exists,
    Match,
    MatchAll,
    Node,
    Phrase,
    Range,
    Scalar,
    Sort,
    SortKey,
    Terms,
)

MAX_SIZE: Final = 10_000
_EXPECTED: Final[dict[str, tuple[type, ...]]] = {
    "keyword": (str,),
    "date": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
}


def parse_query(query: Query, fields: FieldMap, path: str = "query") -> Node:
    """Check a query and return its tree.

    Raises:
        QueryError: something outside the subset, with its path and what was meant perhaps.
    """
    kind, body = only_entry(query, path)
    parse = _QUERIES.get(kind)
    if parse is None:
        refuse(f"{path}.{kind}", f"unknown query{did_you_mean(kind, _QUERIES)}", known=_QUERIES)
    return parse(body, fields, f"{path}.{kind}")


def parse_sort(sort: Sequence[Mapping[str, str]], fields: FieldMap, path: str = "sort") -> Sort:
    """Check an order and return its keys, `id` last, so that it is total.

    Raises:
        QueryError: an unknown or analysed field, or a direction other than asc and desc.
    """
    keys = [_sort_key(entry, fields, f"{path}[{n}]") for n, entry in enumerate(sort)]
    if keys and all(key.field.name != "id" for key in keys):
        keys.append(SortKey(fields["id"]))
    return tuple(keys)


def text_fields(names: Sequence[str], fields: FieldMap, path: str = "highlight") -> tuple[str, ...]:
    """Return the names of fields whose matches can be shown: text as documents hold it.

    Raises:
        QueryError: unknown, not text, or a field that the store fills from another one.
    """
    for name in names:
        field = field_of(name, fields, path)
        if not field.is_text or field.language:
            refuse(path, f"{name!r} cannot be highlighted, expected a text field of the documents such as 'text'")
    return tuple(names)


def check_size(size: object, path: str = "size") -> int:
    """Return a number of documents between 0 and 10,000.

    Raises:
        QueryError: anything else.
    """
    if type(size) is not int or not 0 <= size <= MAX_SIZE:
        refuse(path, f"found {size!r}, expected a whole number from 0 to {MAX_SIZE}")
    return size


def refuse(path: str, trouble: str, *, known: Mapping[str, Any] | Sequence[str] = ()) -> NoReturn:
    """Raise the `QueryError` of a place, with the names that are known there."""
    listed = f"; known here: {', '.join(known)}" if known else ""
    raise QueryError(f"{path}: {trouble}{listed}")


def only_entry(body: object, path: str) -> tuple[str, Any]:
    """Return the one key of an object and its value.

    Raises:
        QueryError: not an object with exactly one key.
    """
    if not isinstance(body, Mapping) or len(body) != 1:
        refuse(path, f"found {_shape(body)}, expected an object with one key")
    key, value = next(iter(body.items()))
    return str(key), value


def check_options(body: object, known: Sequence[str], path: str) -> Mapping[str, Any]:
    """Return an object whose keys are all known.

    Raises:
        QueryError: not an object, or an unknown key.
    """
    if not isinstance(body, Mapping):
        refuse(path, f"found {_shape(body)}, expected an object")
    for key in body:
        if key not in known:
            hint = did_you_mean(key, dict.fromkeys(known))
            refuse(f"{path}.{key}", f"unknown option{hint}", known=known)
    return body


def field_of(name: object, fields: FieldMap, path: str) -> Field:
    """Return a field by name.

    Raises:
        QueryError: the collection has no such field.
    """
    if not isinstance(name, str) or name not in fields:
        hint = fields.suggestion(str(name))
        refuse(path, f"unknown field {name!r} of {fields.collection}{hint}")
    return fields[name]


def exact_field(name: object, fields: FieldMap, path: str) -> Field:
    """Return a field by name that is not analysed text.

    Raises:
        QueryError: unknown, or a text field.
    """
    field = field_of(name, fields, path)
    if field.is_text:
        refuse(
            path,
            f"{name!r} is analysed text: it can be searched by match and match_phrase, "
            "not compared, sorted or aggregated",
        )
    return field


def scalar(value: object, field: Field, path: str) -> Scalar:
    """Return one value of a field as it is compared.

    Raises:
        QueryError: the value is of another type than the field.
    """
    expected = _EXPECTED[field.type]
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        refuse(path, f"found {value!r}, expected a {field.type} for {field.name!r}")
    try:
        return exact_value(field, value)
    except ValueError:
        refuse(path, f"found {value!r}, expected an ISO 8601 date such as 2026-03-02T10:00:00Z")


def _shape(body: object) -> str:
    if isinstance(body, Mapping):
        return f"an object with {len(body)} keys ({', '.join(map(str, body))})"
    return f"{type(body).__name__} {body!r}"[:80]


def _sort_key(entry: object, fields: FieldMap, path: str) -> SortKey:
    name, direction = only_entry(entry, path)
    if direction not in ("asc", "desc"):
        refuse(f"{path}.{name}", f"found {direction!r}, expected asc or desc")
    return SortKey(exact_field(name, fields, f"{path}.{name}"), direction == "desc")


def _match_all(body: Any, _fields: FieldMap, path: str) -> Node:
    check_options(body, (), path)
    return MatchAll()


def _match(body: Any, fields: FieldMap, path: str) -> Node:
    name, options = only_entry(body, path)
    path = f"{path}.{name}"
    field = _text_field(name, fields, path)
    if isinstance(options, str):
        return Match(field, options)
    options = check_options(options, ("query", "operator"), path)
    operator = options.get("operator", "or")
    if operator not in ("or", "and"):
        refuse(f"{path}.operator", f"found {operator!r}, expected or, and")
    return Match(field, _string(options.get("query"), f"{path}.query"), operator)


def _match_phrase(body: Any, fields: FieldMap, path: str) -> Node:
    name, options = only_entry(body, path)
    path = f"{path}.{name}"
    field = _text_field(name, fields, path)
    if isinstance(options, str):
        return Phrase(field, options)
    options = check_options(options, ("query",), path)
    return Phrase(field, _string(options.get("query"), f"{path}.query"))


def _text_field(name: str, fields: FieldMap, path: str) -> Field:
    field = field_of(name, fields, path)
    if not field.is_text:
        refuse(path, f"{name!r} is not analysed text: use term or terms")
    return field


def _string(value: object, path: str) -> str:
    if not isinstance(value, str):
        refuse(path, f"found {_shape(value)}, expected a string")
    return value


def _term(body: Any, fields: FieldMap, path: str) -> Node:
    name, value = only_entry(body, path)
    path = f"{path}.{name}"
    field = exact_field(name, fields, path)
    if isinstance(value, Mapping):
        value = check_options(value, ("value",), path).get("value")
    return _equal(field, value, path)


def _equal(field: Field, value: object, path: str) -> Node:
    exact = scalar(value, field, path)
    if field.type == "date":
        return Range(field, exact, milliseconds(str(value), end=True))
    return Terms(field, (exact,))


def _terms(body: Any, fields: FieldMap, path: str) -> Node:
    name, values = only_entry(body, path)
    path = f"{path}.{name}"
    field = exact_field(name, fields, path)
    values = _list(values, path)
    if field.type == "date":
        return Bool(should=tuple(_equal(field, value, path) for value in values), minimum=1)
    return Terms(field, tuple(scalar(value, field, path) for value in values))


def _list(value: object, path: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        refuse(path, f"found {_shape(value)}, expected a list")
    return value


def _range(body: Any, fields: FieldMap, path: str) -> Node:
    name, options = only_entry(body, path)
    path = f"{path}.{name}"
    field = exact_field(name, fields, path)
    options = check_options(options, ("gt", "gte", "lt", "lte"), path)
    for pair in (("gt", "gte"), ("lt", "lte")):
        if all(key in options for key in pair):
            refuse(path, f"found both {pair[0]} and {pair[1]}, expected one")
    bounds = {key: _bound(value, field, key, path) for key, value in options.items()}
    return Range(
        field,
        bounds.get("gt", bounds.get("gte")),
        bounds.get("lt", bounds.get("lte")),
        with_low="gt" not in bounds,
        with_high="lt" not in bounds,
    )


def _bound(value: object, field: Field, key: str, path: str) -> Scalar:
    exact = scalar(value, field, f"{path}.{key}")
    if field.type == "date" and key in ("gt", "lte"):
        return milliseconds(str(value), end=True)
    return exact


def _ids(body: Any, fields: FieldMap, path: str) -> Node:
    values = _list(check_options(body, ("values",), path).get("values"), f"{path}.values")
    return Terms(fields["id"], tuple(scalar(v, fields["id"], f"{path}.values") for v in values))


def _exists(body: Any, fields: FieldMap, path: str) -> Node:
    options = check_options(body, ("field",), path)
    return Exists(field_of(options.get("field"), fields, f"{path}.field"))


def _bool(body: Any, fields: FieldMap, path: str) -> Node:
    clauses = ("must", "should", "must_not", "filter")
    options = check_options(body, (*clauses, "minimum_should_match"), path)
    parsed = {name: _clauses(options.get(name, ()), fields, f"{path}.{name}") for name in clauses}
    optional = bool(parsed["must"] or parsed["filter"])
    minimum = options.get("minimum_should_match", int(bool(parsed["should"]) and not optional))
    if type(minimum) is not int or minimum < 0:
        refuse(f"{path}.minimum_should_match", f"found {minimum!r}, expected a whole number")
    return Bool(**parsed, minimum=minimum)


def _clauses(value: object, fields: FieldMap, path: str) -> tuple[Node, ...]:
    if isinstance(value, Mapping):
        return (parse_query(value, fields, path),)
    return tuple(parse_query(clause, fields, f"{path}[{n}]") for n, clause in enumerate(_list(value, path)))


_QUERIES: Final[dict[str, Callable[[Any, FieldMap, str], Node]]] = {
    "bool": _bool,
    "match": _match,
    "match_phrase": _match_phrase,
    "term": _term,
    "terms": _terms,
    "range": _range,
    "ids": _ids,
    "exists": _exists,
    "match_all": _match_all,
}
