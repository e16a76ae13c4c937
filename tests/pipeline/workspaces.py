"""Small real workspaces for tests: an export file, the real import spider, the embedded store."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from umot.workspace import make_author_key

AS_OF = datetime(2026, 3, 10, 7, tzinfo=UTC)

CONFIG = """
name: proef
timezone: Europe/Amsterdam
brands:
  - {name: Zonnehoek, own: true}
  - {name: Maanhof}
sources:
  export:
    spider: import
    params: {path: export.csv, platform: proef, rating_scale: 5}
    about: [Zonnehoek]
"""

Row = tuple[str, str, str, str, str]

ROWS: list[Row] = [
    ("1", "Anna B", "2026-03-02", "5", "Mooie winkel, maar het pakket kwam drie dagen te laat."),
    ("2", "Bram C", "2026-03-03", "1", "Nooit meer! Bel me op 06-12345678, dan leg ik het uit."),
    ("3", "Anna B", "2026-03-04", "4", "Prima stoel, zit heerlijk. Bij Maanhof was hij duurder."),
    ("4", "Cees D", "2026-03-05", "9", "Deze ster bestaat niet op een schaal van vijf."),
    ("5", "Dora E", "2026-03-06", "3", "Iemand ervaring met de tuinset van Maanhof?"),
]


def make_workspace(folder: Path, rows: Sequence[Row] = ROWS, config: str = CONFIG) -> Path:
    """Write configuration, key and export file; return the configuration's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "umot.yaml"
    path.write_text(config, "utf-8")
    make_author_key(folder)
    write_export(folder, rows)
    return path


def write_export(folder: Path, rows: Sequence[Row]) -> None:
    """Write the export file anew, as a Dutch spreadsheet would."""
    with (folder / "export.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["id", "auteur", "datum", "cijfer", "tekst"])
        writer.writerows(rows)
