"""The fields of a collection, read from its index template: what a document may hold."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, get_args

from umot.store.analysis import LANGUAGE_OF
from umot.store.contract import Collection, Document

COLLECTIONS: Final[tuple[Collection, ...]] = get_args(Collection)
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_RANGES: Final = {"integer": 2**31, "long": 2**63}
_LONGEST_ID: Final = 512
_LARGEST_FLOAT: Final = 3.4028234e38


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a template."""

    name: str
    type: str
    analyzer: str = "standard"
    ignore_above: int | None = None

    @property
    def is_text(self) -> bool:
        """Tell an analysed field from an exact one."""
        return self.type == "text"

    @property
    def is_number(self) -> bool:
        """Tell whether sums and averages of it exist."""
        return self.type in ("float", "integer", "long", "date", "boolean")

    @property
    def language(self) -> str | None:
        """The language whose analyser a field has; None under `standard`."""
        return LANGUAGE_OF.get(self.analyzer)

    @property
    def source(self) -> str:
        """The field of a document that fills this one: `text` for `text_nl`."""
        return self.name.removesuffix(f"_{self.language}") if self.language else self.name


class FieldMap(Mapping[str, Field]):
    """The fields of one collection by name."""

    def __init__(self, collection: Collection, fields: Mapping[str, Field]) -> None:
        self.collection = collection
        self._fields = dict(fields)
        self._checks: dict[str, Callable[[Any], str | None]] = {
            name: _check_of(field) for name, field in fields.items() if not field.language
        }

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def problem(self, document: Document) -> str | None:
        """Say why a document does not fit: field, found, expected; None if it fits."""
        trouble = _id_problem(document.get("id"))
        if trouble:
            return trouble
        for name, value in document.items():
            check = self._checks.get(name)
            if check is None:
                return self._unknown(name)
            if value is not None and (trouble := check(value)):
                return f"{self.collection}.{name}: {trouble}"
        return None

    def suggestion(self, name: str) -> str:
        """Return " (did you mean …?)" for a misspelt field, else nothing."""
        return did_you_mean(name, self._fields)

    def _unknown(self, name: str) -> str:
        if name in self._fields:
            return f"{self.collection}.{name}: is filled by the store itself, leave it out"
        return f"{self.collection}.{name}: unknown field{did_you_mean(name, self._checks)}"


@cache
def fields_of(collection: Collection) -> FieldMap:
    """Return the fields of a collection as its template in `mappings/` declares them."""
    properties = template_of(collection)["template"]["mappings"]["properties"]
    # A field that cannot be searched is an engine's own note, not a part of the documents.
    asked = {name: spec for name, spec in properties.items() if spec.get("index", True)}
    return FieldMap(collection, {name: Field(name, **spec) for name, spec in asked.items()})


def template_of(name: str) -> dict[str, Any]:
    """Return the composable index template of a collection, or of the state."""
    text = files("mappings").joinpath(f"{name}.json").read_text(encoding="utf-8")
    template: dict[str, Any] = json.loads(text)
    return template


def did_you_mean(name: object, known: Mapping[str, Any]) -> str:
    """Return " (did you mean …?)" when a known name is near, else nothing."""
    near = get_close_matches(str(name), known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


@lru_cache(maxsize=4096)
def milliseconds(text: str, *, end: bool = False) -> int:
    """Return an ISO 8601 date as milliseconds since 1970 in UTC; without a zone it is UTC.

    Args:
        end: fill what the text leaves out with its last moment (a day ends at 23:59:59.999), as
            Elasticsearch does for `gt` and `lte`.

    Raises:
        ValueError: not a date of that form.
    """
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND + (_left_out(text) if end else 0)


def iso(value: float) -> str:
    """Return milliseconds since 1970 as Elasticsearch writes a date."""
    return (_EPOCH + value * _MILLISECOND).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def exact_value(field: Field, value: Any) -> str | int | float:
    """Return one value of a field that is not text as it is compared and sorted."""
    if field.type == "date":
        return milliseconds(value)
    if field.type == "boolean":
        return int(value)
    if field.type == "float":
        return float(value)
    exact: str | int = value
    return exact


def _left_out(text: str) -> int:
    if "T" not in text:
        return 86_400_000 - 1
    clock = re.split("[Z+-]", text.partition("T")[2])[0]
    if clock.count(":") == 1:
        return 60_000 - 1
    return 0 if "." in clock else 999


def _id_problem(id: object) -> str | None:
    if not isinstance(id, str) or not id:
        return f"id: found {_shown(id)}, expected a non-empty string"
    if _CONTROL.search(id) or _SURROGATE.search(id):
        return f"id: found {_shown(id)}, expected no control characters or lone surrogates"
    if len(id.encode()) > _LONGEST_ID:
        return f"id: found {len(id.encode())} bytes, expected at most {_LONGEST_ID}"
    return None


def _check_of(field: Field) -> Callable[[Any], str | None]:
    if field.type in _RANGES:
        limit = _RANGES[field.type]
        return lambda value: _integer_problem(value, limit)
    return _CHECKS[field.type]


def _integer_problem(value: Any, limit: int) -> str | None:
    if type(value) is int and -limit <= value < limit:
        return None
    return f"found {_shown(value)}, expected a whole number from {-limit} to {limit - 1}"


def _float_problem(value: Any) -> str | None:
    if type(value) in (float, int) and abs(value) <= _LARGEST_FLOAT:
        return None
    return f"found {_shown(value)}, expected a finite number of at most 32 bits"


def _boolean_problem(value: Any) -> str | None:
    return None if type(value) is bool else f"found {_shown(value)}, expected true or false"


def _date_problem(value: Any) -> str | None:
    try:
        milliseconds(value)
    except (TypeError, ValueError, OverflowError):
        return f"found {_shown(value)}, expected an ISO 8601 date such as 2026-03-02T10:00:00Z"
    return None


def _text_problem(value: Any) -> str | None:
    if type(value) is str and value.isascii():
        return None
    if type(value) is not str:
        return f"found {_shown(value)}, expected a string"
    if found := _SURROGATE.search(value):
        return f"found a lone surrogate U+{ord(found[0]):04X} at {found.start()}, expected text"
    return None


def _keyword_problem(value: Any) -> str | None:
    if type(value) is str and value.isascii():
        return None
    if type(value) is not list:
        return _text_problem(value)
    troubles = (_text_problem(item) for item in value)
    return next((trouble for trouble in troubles if trouble), None)


def _shown(value: object) -> str:
    shown = ascii(value)
    return f"{type(value).__name__} {shown if len(shown) <= 60 else shown[:57] + '...'}"


_CHECKS: Final[dict[str, Callable[[Any], str | None]]] = {
    "keyword": _keyword_problem,
    "text": _text_problem,
    "date": _date_problem,
    "float": _float_problem,
    "boolean": _boolean_problem,
}
