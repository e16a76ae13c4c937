import csv

from demo.survey import write_export
from demo.truths import RUNS
from demo.year import make_year


def test_the_export_is_what_a_dutch_office_makes_of_it(tmp_path):
    file = write_export(tmp_path, make_year(), RUNS[1])
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert len(rows) == sum(p.channel == "survey" and p.is_public(RUNS[1]) for p in make_year())
    assert any("," in row["Cijfer"] for row in rows)
    assert not any("." in row["Cijfer"] for row in rows)
    assert rows[0]["Datum"][2] == rows[0]["Datum"][5] == "-"


def test_a_later_export_holds_the_earlier_rows(tmp_path):
    ids = [
        {line.split(";")[0] for line in write_export(tmp_path, make_year(), as_of).read_text("utf-8-sig").splitlines()}
        for as_of in (RUNS[1], RUNS[2])
    ]
    assert ids[0] < ids[1]
