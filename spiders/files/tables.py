"""Rows of CSV, JSON lines, JSON and Excel files, one after the other, however large the file."""

import csv
import io
import itertools
import json
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from spiders.files.encoding import detect
from spiders.files.locate import File
from spiders.files.sheets import sheet_rows
from spiders.text import MAX_CHARACTERS

SEPARATORS = ",;\t|"
_SAMPLE_LINES = 60
_SEP_LINE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
_IMPORT_ID = re.compile(r'^\{"ImportId":')


@dataclass(frozen=True, slots=True)
class Row:
    """One record; `line` is where it stands in the file, for messages."""

    line: int
    cells: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that cannot be read, and why."""

    line: int
    reason: str
    raw: Any = None


@dataclass(slots=True)
class Table:
    """A file understood as rows; `facts` says how, `labels` names columns in full."""

    file: File
    format: str
    facts: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def rows(self) -> Iterator[Row | BadRow]:
        """Yield every record from the beginning."""
        return _READERS[self.format](self)


def understand(file: File, encoding: str | None = None, sheet: str | None = None) -> Table:
    """Find out the format of a file.

    Raises:
        ValueError: an empty file, or a format that is not read here.
    """
    if file.size == 0:
        raise ValueError(f"{file.name} is empty (0 bytes)")
    with file.open() as stream:
        head = stream.read(8)
    if head.startswith(b"PK\x03\x04"):
        return Table(file, "xlsx", {"sheet": sheet})
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(f"{file.name} is an old or encrypted Excel file: save it as .xlsx or CSV")
    table = Table(file, "csv", {"encoding": encoding or detect(file.chunks())})
    with closing(_lines(table)) as lines:
        sample = list(itertools.islice(lines, _SAMPLE_LINES))
    if kind := _json_kind(sample):
        table.format = kind
    else:
        table.facts["separator"] = _separator(sample)
        _note_qualtrics(table)
    return table


def _lines(table: Table) -> Generator[str]:
    with table.file.open() as raw:
        text = io.TextIOWrapper(raw, table.facts["encoding"], errors="replace", newline="")
        # The bound keeps one endless line from filling the memory.
        while line := text.readline(8 * MAX_CHARACTERS):
            yield line.replace("\x00", "")


def _json_kind(sample: list[str]) -> str | None:
    first = next((s.strip() for s in sample if s.strip()), "")
    if first.startswith("["):
        return "json"
    if not first.startswith("{"):
        return None
    try:
        json.loads(first)
    except ValueError:
        return "json"
    return "jsonl"


def _separator(sample: list[str]) -> str:
    """Return the separator that cuts the first rows into the most columns of one width."""
    if sample and (named := _SEP_LINE.match(sample[0])):
        return named[1]
    return max(SEPARATORS, key=lambda s: _evenness(sample, s))


def _evenness(sample: list[str], separator: str) -> tuple[float, int]:
    try:
        rows = [r for r in csv.reader(sample, delimiter=separator) if any(r)]
    except csv.Error:
        return 0.0, 0
    width = len(rows[0]) if rows else 0
    even = sum(len(r) == width for r in rows) / max(len(rows), 1)
    return (even if width > 1 else 0.0), width


def _note_qualtrics(table: Table) -> None:
    """Recognise Qualtrics' three header rows: names, questions, import ids."""
    with closing(_csv_rows(table)) as rows:
        head = [r for r in itertools.islice(rows, 2) if isinstance(r, Row)]
    if len(head) == 2 and any(_IMPORT_ID.match(str(v)) for v in head[1].cells.values()):
        table.labels = {k: str(v) for k, v in head[0].cells.items()}
        table.facts["headers"] = "Qualtrics"


def _csv_table(table: Table) -> Iterator[Row | BadRow]:
    extra = 2 if table.facts.get("headers") == "Qualtrics" else 0
    return itertools.islice(_csv_rows(table), extra, None)


def _csv_rows(table: Table) -> Generator[Row | BadRow]:
    csv.field_size_limit(2 * MAX_CHARACTERS)
    lines: Iterator[str] = _lines(table)
    skipped = 0
    first = next(lines, "")
    if _SEP_LINE.match(first):
        skipped = 1
    else:
        lines = itertools.chain([first], lines)
    reader = csv.reader(lines, delimiter=table.facts["separator"])
    header = _names(next((r for r in reader if any(r)), []))
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield BadRow(reader.line_num + skipped, f"not CSV: {error}")
            continue
        if cells is None:
            return
        if any(c.strip() for c in cells):
            yield _fit(header, cells, reader.line_num + skipped)


def _names(cells: Iterable[Any]) -> list[str]:
    """Return column names, each once: a second `name` becomes `name (2)`."""
    found: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = str(cell if cell is not None else "").strip().lstrip("\ufeff") or f"column {number}"
        again = sum(f == name or f.startswith(f"{name} (") for f in found)
        found.append(f"{name} ({again + 1})" if again else name)
    return found


def _fit(header: list[str], cells: list[Any], line: int) -> Row | BadRow:
    extra = [c for c in cells[len(header) :] if c not in (None, "")]
    if extra:
        reason = (
            f"{len(cells)} cells where the header has {len(header)}: "
            "a separator or quote inside a text that is not quoted?"
        )
        return BadRow(line, reason, cells)
    return Row(line, dict(itertools.zip_longest(header, cells[: len(header)], fillvalue="")))


def _jsonl_rows(table: Table) -> Iterator[Row | BadRow]:
    for number, line in enumerate(_lines(table), start=1):
        if line.strip():
            yield _json_row(line, number)


def _json_row(line: str, number: int) -> Row | BadRow:
    try:
        record = json.loads(line, strict=False)
    except (ValueError, RecursionError) as error:
        return BadRow(number, f"not JSON: {error}", line)
    return _record(record, number)


def _record(record: Any, number: int) -> Row | BadRow:
    if not isinstance(record, dict):
        return BadRow(number, f"expected a JSON object, found {type(record).__name__}", record)
    return Row(number, flat(record))


def _json_rows(table: Table) -> Iterator[Row | BadRow]:
    """Read the objects of a JSON array one by one, or of the first list inside an object."""
    decoder = json.JSONDecoder(strict=False)
    pieces, buffer, number = _lines(table), "", 0
    for piece in pieces:
        buffer += piece
        if "[" in buffer:
            break
    buffer = buffer.partition("[")[2]
    while True:
        buffer = buffer.lstrip(" \t\r\n,")
        if buffer.startswith("]"):
            return
        try:
            record, end = decoder.raw_decode(buffer)
        except ValueError as error:
            more = "".join(itertools.islice(pieces, max(1, buffer.count("\n"))))
            if not more:
                if buffer:
                    yield BadRow(number + 1, f"not JSON: {error}", buffer[:500])
                return
            buffer += more
            continue
        number, buffer = number + 1, buffer[end:]
        yield _record(record, number)


def flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested objects as columns with dotted names; lists stay as they are."""
    cells: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            cells |= flat(value, f"{prefix}{name}.")
        else:
            cells[f"{prefix}{name}"] = value
    return cells


def _xlsx_rows(table: Table) -> Iterator[Row | BadRow]:
    header: list[str] = []
    with table.file.open() as stream, closing(_book(table, stream)) as book:
        for number, values in sheet_rows(_sheet(book, table.facts.get("sheet"))):
            cells = [_cell(v) for v in values]
            if not any(c != "" for c in cells):
                continue
            if header:
                yield _fit(header, cells, number)
            else:
                header = _names(cells)


def _book(table: Table, stream: Any) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises what its parsers raise
        raise ValueError(f"{table.file.name} cannot be read as Excel: {error}") from error


def _sheet(book: Any, name: str | None) -> Any:
    if name and name not in book.sheetnames:
        raise ValueError(f"no sheet {name!r} (there are: {', '.join(book.sheetnames)})")
    return book[name] if name else book.worksheets[0]


def _cell(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "" if value is None else value


_READERS = {"csv": _csv_table, "jsonl": _jsonl_rows, "json": _json_rows, "xlsx": _xlsx_rows}
