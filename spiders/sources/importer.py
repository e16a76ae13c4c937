"""Import: reviews, tickets and survey answers out of export files."""

import itertools
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field, field_validator

from spiders.bases.file import FileSource
from spiders.dates import DateError, DateReader, decide_day_first
from spiders.files import scales
from spiders.files.columns import MappedField, understand_columns
from spiders.files.locate import File
from spiders.files.tables import BadRow, Row, Table, understand
from spiders.items import Invitation, Item, Kind
from spiders.params import DayFirst, SourceParams
from spiders.ratings import RatingError, count, read_rating
from spiders.sink import Reject
from spiders.source import Health
from spiders.text import body, links, plain, web_address

SAMPLE_ROWS = 500


class ImportParams(SourceParams):
    """Parameters of `import`."""

    path: str = Field(
        title="Files",
        description="A path, a glob as exports/*.csv, or an address of a storage as s3://….",
    )
    mapping: dict[MappedField, str | list[str]] = Field(
        default_factory=dict,
        title="Columns",
        description="Field to column name, where the guess that `umot check` shows is wrong. "
        "`text` may name several columns.",
    )
    platform: str = Field(
        default="import",
        pattern=r"^[a-z0-9_-]+$",
        title="Platform",
        description="Where the posts come from, as zendesk or kiyoh; ids belong to the platform.",
    )
    kind: Kind = Field(default="review", title="Kind of post", description="What the rows are.")
    invitation: Invitation = Field(
        default="unknown", title="Invited or not", description="Whether the authors were asked."
    )
    rating_scale: float | Literal["auto"] = Field(
        default="auto",
        title="Best possible rating",
        description="A number, or auto: as the ratings in the file show.",
    )
    rating_scale_from: dict[date, float] = Field(
        default_factory=dict,
        title="Best possible rating from a day on",
        description="For a scale that changed: day to best rating, as 2015-06-01: 10.",
    )
    day_first: DayFirst = Field(
        default="auto",
        title="Day before month",
        description="Whether 03-04-2024 is the third of April; auto looks at all dates.",
    )
    encoding: str | None = Field(default=None, title="Encoding", description="Of text files; empty = found out.")
    sheet: str | None = Field(default=None, title="Sheet", description="Of Excel files; empty = the first.")

    @field_validator("path")
    @classmethod
    def _no_web(cls, value: str) -> str:
        if value.startswith(("http://", "https://")):
            raise ValueError("web addresses are not imported: download the file first")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_codec(cls, value: str | None) -> str | None:
        try:
            "".encode(value or "utf-8")
        except LookupError as error:
            raise ValueError(f"no such encoding: {value!r}; expected a name as cp1252") from error
        return value


class Import(FileSource):
    """Rows of CSV, JSON lines, JSON or Excel (.xlsx) files: your own exports.

    Encoding, separator, date order and rating scale are found out; columns are recognised by
    their names in Dutch, English, German or French and by their contents. `umot check` shows
    what was understood, `mapping` puts it right. Qualtrics' three header rows are known. A row with
    an id stays the same post when it is imported again; other rows are told apart by what they
    say. A row whose date or rating cannot be read is rejected with the reason.
    """

    name = "import"
    platform = "import"
    Params = ImportParams
    health = Health(max_rejected=0.05, min_filled={"text": 0.9, "published_at": 0.9})
    params: ImportParams

    def read_file(self, file: File) -> Iterator[tuple[str, Item | Reject]]:
        """Yield every row of a file.

        Raises:
            ValueError: no readable file, or none with texts in it.
        """
        table = understand(file, self.params.encoding, self.params.sheet)
        reading = self._reading(table)
        for row in table.rows():
            where = f"{file.name}:{row.line}"
            if isinstance(row, BadRow):
                yield where, Reject(where, row.reason, row.raw)
            else:
                yield where, reading.item(row, where)

    def _reading(self, table: Table) -> "Reading":
        sample = [r.cells for r in itertools.islice(_good(table), SAMPLE_ROWS)]
        header = list(dict.fromkeys(name for cells in sample for name in cells))
        given: dict[str, list[str]] = {k: [v] if isinstance(v, str) else v for k, v in self.params.mapping.items()}
        found = understand_columns(header, sample, table.labels, given) if sample else {}
        columns = {name: names for name, (_, names) in found.items()}
        reading = Reading(self.params, self.job.source, columns, DateReader(self.job.zone))
        reading.survey = "headers" in table.facts
        reading.study(table)
        self.run.extra.setdefault("mapping", {})[table.file.name] = {
            "format": table.format,
            **{k: v for k, v in table.facts.items() if v},
            "columns": {n: {"column": c, "how": how} for n, (how, c) in found.items()},
            "unused": [h for h in header if h not in itertools.chain(*columns.values())],
            **reading.words(),
        }
        return reading


class Reading:
    """How the rows of one file become items."""

    def __init__(self, params: ImportParams, source: str, columns: dict[str, list[str]], dates: DateReader) -> None:
        self._params, self._source = params, source
        self._columns, self._dates = columns, dates
        self._scale: scales.Scale | None = None
        self.survey = False

    def study(self, table: Table) -> None:
        """Go through the whole file once for the order of its dates and the scale of its ratings."""
        if "published_at" in self._columns:
            samples = (str(self._cell(r, "published_at")) for r in _good(table))
            day_first = decide_day_first(samples, self._params.day_first)
            self._dates = DateReader(self._dates.zone, day_first)
        if self._params.rating_scale_from:
            self._scale = scales.by_date(self._params.rating_scale_from)
        elif self._params.rating_scale != "auto":
            self._scale = scales.fixed(self._params.rating_scale)
        elif "rating" in self._columns:
            self._scale = scales.observe(self._observed(table))

    def words(self) -> dict[str, Any]:
        """Return what was found out about dates and ratings."""
        scale = self._scale.words if self._scale and "rating" in self._columns else None
        return {"day_first": self._dates.day_first, "rating_scale": scale}

    def item(self, row: Row, where: str) -> Item | Reject:
        """Return the item of a row, or why it cannot be read."""
        try:
            return self._item(row)
        except (DateError, RatingError) as error:
            return Reject(where, str(error), row.cells)

    def _item(self, row: Row) -> Item:
        published = self._dates.maybe(self._cell(row, "published_at"))
        rating, best = self._rating(row, published)
        content = [self._cell(row, "text", n) for n in range(len(self._columns.get("text", [])))]
        named: dict[str, Any] = {
            name: plain(self._cell(row, name))
            for name in ("title", "author", "language", "product", "location", "thread", "parent")
        }
        return Item(
            platform=self._params.platform,
            key=self._key(row),
            kind="survey" if self.survey else self._params.kind,
            invitation=self._params.invitation,
            url=web_address(self._cell(row, "url")),
            links=links(content[0]) if content else [],
            text=body(content),
            published_at=published,
            rating=rating,
            rating_best=best,
            likes=count(self._cell(row, "likes")),
            helpful=count(self._cell(row, "helpful")),
            reply_text=body(self._cell(row, "reply_text")) or None,
            reply_at=self._dates.maybe(self._cell(row, "reply_at")),
            raw=row.cells,
            **named,
        )

    def _cell(self, row: Row, name: str, number: int = 0) -> Any:
        columns = self._columns.get(name)
        value = row.cells.get(columns[number]) if columns else None
        return value.strip() if isinstance(value, str) else value

    def _key(self, row: Row) -> str | None:
        key = plain(self._cell(row, "key"))
        # Two exports of no named platform may both count from 1.
        prefixed = key and self._params.platform == "import"
        return f"{self._source}/{key}" if prefixed else key

    def _rating(self, row: Row, published: datetime | None) -> tuple[float | None, float | None]:
        value = self._cell(row, "rating")
        if value in (None, "", "-"):
            return None, None
        rating, best = read_rating(value)
        if given := self._cell(row, "rating_best"):
            best = read_rating(given)[0]
        if best is None and self._scale:
            best = self._scale.best(rating, published.date() if published else None)
        return rating, best

    def _observed(self, table: Table) -> Iterator[tuple[float, date | None]]:
        for row in _good(table):
            try:
                rating, best = read_rating(self._cell(row, "rating"))
                published = self._dates.maybe(self._cell(row, "published_at"))
            except (RatingError, DateError):
                continue
            if best is None and rating <= 100:
                yield rating, published.date() if published else None


def _good(table: Table) -> Iterator[Row]:
    return (r for r in table.rows() if isinstance(r, Row))
