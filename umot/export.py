"""Everything out again: posts or mentions as NDJSON or CSV, streamed and without a cap."""

import csv
import json
from collections.abc import Iterable, Sequence
from typing import IO, Any, Literal

from umot.search import Filters, query_of
from umot.store.contract import Document, Store
from umot.store.mapping import fields_of

Format = Literal["ndjson", "csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def export(
    store: Store,
    collection: Literal["posts", "mentions"],
    out: IO[str],
    form: Format = "ndjson",
    filters: Filters | None = None,
) -> int:
    """Write all matching documents in id order and return how many."""
    found = store.scan(collection, query_of(None, filters or Filters(), collection))
    if form == "ndjson":
        return _write_ndjson(found, out)
    return _write_csv(found, out, columns(collection))


def columns(collection: Literal["posts", "mentions"]) -> list[str]:
    """Return the fields of a collection, the id first."""
    names = [name for name in fields_of(collection) if not name.startswith("text_")]
    return ["id", *(name for name in names if name != "id")]


def safe_cell(value: Any) -> Any:
    """Return a value as a spreadsheet can open it: a text that looks like a formula gets a quote before it.

    Source: OWASP, CSV injection.
    """
    if isinstance(value, list):
        value = " | ".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _write_ndjson(documents: Iterable[Document], out: IO[str]) -> int:
    count = 0
    for document in documents:
        out.write(json.dumps(document, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(documents: Iterable[Document], out: IO[str], names: Sequence[str]) -> int:
    writer = csv.writer(out)
    writer.writerow(names)
    count = 0
    for document in documents:
        writer.writerow([safe_cell(document.get(name)) for name in names])
        count += 1
    return count
