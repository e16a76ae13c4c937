"""Rows of an Excel sheet in one pass: what Excel shows, and the formulas that it never worked out.

openpyxl reads either values or formulas, so its parser of a sheet is extended by one method; the parser
itself stays an inner part of openpyxl, for which the tests of Excel files stand guard.
"""
# ruff: noqa: SLF001  what openpyxl's own reader of a sheet hands to that parser

from collections.abc import Iterator
from functools import cache
from typing import Any


def sheet_rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Yield the number and the cell values of every row of a sheet opened with `read_only` and `data_only`.

    A formula without a value is its text, as `=1+1`.
    """
    book = sheet.parent
    with sheet._get_source() as source:
        parser = _parser_class()(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            yield number, _in_columns(cells)


def _in_columns(cells: list[dict[str, Any]]) -> list[Any]:
    """Return the values by column: empty cells may be missing in the file."""
    values = [None] * max((c["column"] for c in cells), default=0)
    for cell in cells:
        values[cell["column"] - 1] = cell["value"]
    return values


@cache
def _parser_class() -> Any:
    from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

    class Parser(WorkSheetParser):  # type: ignore[misc]  # openpyxl is untyped
        def parse_cell(self, element: Any) -> dict[str, Any]:
            cell: dict[str, Any] = super().parse_cell(element)
            if element.find(FORMULA_TAG) is not None:
                # Always: a formula that others share is written out in the first cell only.
                formula = self.parse_formula(element)
                if cell["value"] is None:
                    cell["value"] = str(getattr(formula, "text", formula))
            return cell

    return Parser
