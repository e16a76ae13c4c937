"""The search index of one collection: a tantivy directory that can always be built anew from the truth."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import orjson
import tantivy

from umot.store.analysis import GAP, terms_of, tokens
from umot.store.contract import Document
from umot.store.embedded.failures import index_plainly
from umot.store.mapping import Field, FieldMap, milliseconds

INDEX_LAYOUT: Final = 1
ROW: Final = "_row"
SORTED_ID: Final = "_key"
PRESENT: Final = "_present"
META: Final = "_meta"
CHECKPOINT: Final = "_checkpoint"
_GAPS: Final = "gaps"
_HEAP: Final = 64_000_000


class SearchIndex:
    """One collection's directory.

    Each commit also writes one meta document with the number of the last change it holds, so that
    the checkpoint cannot disagree with the documents. Positions of stop words stay as gaps.
    """

    def __init__(self, fields: FieldMap, directory: Path, *, create: bool) -> None:
        self.fields = fields
        self.directory = directory
        self.schema = _schema_of(fields)
        with index_plainly(directory):
            self.tantivy = _create(self.schema, directory) if create else tantivy.Index.open(str(directory))
            self.tantivy.register_tokenizer(_GAPS, _gaps_analyzer())
        self._texts = _texts_of(fields)
        self._converters = {field.name: _converter(field) for field in fields.values() if not field.is_text}
        self.reload()

    def reload(self) -> None:
        """See the last commit, whichever process made it."""
        with index_plainly(self.directory):
            self.tantivy.reload()
            self.searcher = self.tantivy.searcher()

    def checkpoint(self) -> int:
        """Return the number of the last change that the index holds."""
        meta = tantivy.Query.term_query(self.schema, META, 1)
        hits, _ = self.top(meta, 1)
        return self.numbers(CHECKPOINT, [hits[0][1]])[0] if hits else 0

    def numbers(self, name: str, addresses: list[Any]) -> list[int]:
        """Return a whole-number field of found documents."""
        found: Any = self.searcher.fast_field_values(name, addresses) if addresses else []
        return list(found)

    def top(self, query: Any, limit: int, **order: Any) -> tuple[list[tuple[Any, Any]], int]:
        """Return the first values (or scores) with addresses, and how many documents match."""
        result: Any = self.searcher.search(query, limit, **order)
        return result.hits, result.count

    def apply(self, removed: Iterable[int], changed: Iterable[tuple[int, Document]], seq: int) -> None:
        """Take in changes up to `seq` in one commit; rows after the checkpoint are known to be new."""
        before = self.checkpoint()
        with index_plainly(self.directory):
            writer = self.tantivy.writer(_HEAP, 1)
            # A commit that a kill cut off leaves files under the very names that its repetition needs.
            writer.garbage_collect_files()
            for row in removed:
                writer.delete_documents_by_term(ROW, row)
            for row, document in changed:
                if row <= before:
                    writer.delete_documents_by_term(ROW, row)
                writer.add_json(self._json(row, document))
            writer.delete_documents_by_term(META, 1)
            writer.add_json(orjson.dumps({META: 1, CHECKPOINT: seq}).decode())
            writer.commit()
            writer.wait_merging_threads()
        self.reload()

    def _json(self, row: int, document: Document) -> str:
        found: dict[str, Any] = {}
        for name, value in document.items():
            if value is None:
                continue
            convert = self._converters.get(name)
            if convert:
                found[name] = convert(value)
            else:
                self._add_text(found, name, value, document.get("language"))
        found |= {ROW: row, SORTED_ID: document["id"].encode().hex(), PRESENT: list(found)}
        return orjson.dumps(found).decode()

    def _add_text(self, found: dict[str, Any], name: str, text: str, language: object) -> None:
        words = tokens(text)
        found[name] = " ".join(words)
        derived = self._texts.get((name, language))
        if derived:
            found[derived.name] = " ".join(map(terms_of(derived.analyzer), words))


def _converter(field: Field) -> Callable[[Any], Any]:
    """Return what makes a field's stored value an indexed one."""
    if field.type == "keyword":
        limit = field.ignore_above or sys.maxsize
        return lambda value: _keywords(value, limit)
    if field.type == "date":
        return milliseconds
    return {"boolean": int, "float": float}.get(field.type, _same)


def _keywords(value: Any, limit: int) -> Any:
    if type(value) is str:
        return value if len(value) <= limit else []
    return list(dict.fromkeys(item for item in value if len(item) <= limit))


def _same(value: Any) -> Any:
    return value


def _texts_of(fields: FieldMap) -> dict[tuple[str, object], Field]:
    return {(field.source, field.language): field for field in fields.values() if field.is_text and field.language}


def _create(schema: Any, directory: Path) -> Any:
    directory.mkdir(parents=True)
    return tantivy.Index(schema, str(directory))


def _gaps_analyzer() -> Any:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.custom_stopword([GAP])).build()


def _schema_of(fields: FieldMap) -> Any:
    builder = tantivy.SchemaBuilder()
    for field in fields.values():
        _add_field(builder, field)
    for name in (ROW, META, CHECKPOINT):
        builder.add_integer_field(name, fast=True, indexed=True)
    builder.add_text_field(SORTED_ID, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(PRESENT, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _add_field(builder: Any, field: Field) -> None:
    if field.is_text:
        builder.add_text_field(field.name, tokenizer_name=_GAPS, index_option="position")
    elif field.type == "keyword":
        builder.add_text_field(field.name, fast=True, tokenizer_name="raw", index_option="basic")
    elif field.type == "float":
        builder.add_float_field(field.name, fast=True, indexed=True)
    else:
        builder.add_integer_field(field.name, fast=True, indexed=True)
