"""Export files as people make them: encodings, separators, spreadsheets, broken rows."""

import json
import re
import tracemalloc
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from spiders.files.locate import find
from spiders.files.tables import understand

AS_OF = "2026-03-10T06:00:00+00:00"
ROWS = "id;text;date;rating\n1;Één prima ervaring met levering;13-02-2026;4,5\n"


@pytest.fixture
def load(read, tmp_path):
    def run(data, name="export.csv", cursor=None, limit=None, **params):
        path = tmp_path / name
        if data is not None:
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        job = {"source": "s", "spider": "import", "as_of": AS_OF, "cursor": cursor, "limit": limit}
        return read(job | {"params": {"path": str(path)} | params})

    return run


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings(encoding, load):
    result = load(ROWS.encode(encoding))
    assert result.items[0]["text"] == "Één prima ervaring met levering"
    assert result.items[0]["rating"] == 4.5


def test_a_late_odd_byte_is_found(load):
    many = "".join(f"{n};gewone tekst van een klant;13-02-2026;4\n" for n in range(50_000))
    result = load(("id;text;date;rating\n" + many).encode() + "x;café dicht;13-02-2026;4\n".encode("cp1252"))
    assert result.items[-1]["text"] == "café dicht"
    assert len(result.items) == 50_001


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(separator, load):
    head = separator.join(["id", "text", "date"])
    row = separator.join(["1", '"Goed, maar; duur | ja"', "2026-02-01"])
    assert load(f"{head}\n{row}\n").items[0]["text"] == "Goed, maar; duur | ja"


def test_excels_hint_line(load):
    assert load("sep=;\n" + ROWS).items[0]["key"] == "s/1"


def test_bad_rows_are_rejected_one_by_one(load):
    rows = [
        "id,text,date,rating",
        "1,fine here,2026-02-01,5",
        "2,one,too,many,cells,here",
        "3,short",
        "4,nul\x00byte is gone,2026-02-01,5",
        "5,rating off,2026-02-01,excellent",
        "6,future,2099-01-01,5",
        "7,,,",
        f"8,{'x' * 1_000_001},2026-02-01,5",
        "9,last one,2026-02-01,5",
    ]
    result = load("\n".join(rows))
    assert [i["key"] for i in result.items] == ["s/1", "s/3", "s/4", "s/9"]
    assert result.items[2]["text"] == "nulbyte is gone"
    wheres = {r["where"].rpartition(":")[2]: r["reason"] for r in result.rejects}
    assert set(wheres) == {"3", "6", "7", "8", "9"}
    assert "excellent" in wheres["6"]
    assert "1,000,000" in wheres["9"]


def test_a_quote_that_never_closes_costs_one_reject_and_not_the_memory(load):
    rows = "".join(f"{n},gewone tekst van een klant,2026-02-01\n" for n in range(100_000))
    result = load('id,text,date\n0,"open,2026-02-01\n' + rows)
    assert result.rejects
    assert "not CSV" in result.rejects[0]["reason"]


def test_json_lines_arrays_and_objects(load):
    records = [{"id": n, "body": f"Tekst nummer {n}", "author": {"name": "x"}} for n in range(3)]
    lines = "\n".join(map(json.dumps, records)) + "\nnot json\n[1]\n"
    result = load(lines, "a.jsonl")
    assert (len(result.items), len(result.rejects)) == (3, 2)
    assert result.items[0]["author"] == "x"
    assert len(load(json.dumps(records), "b.json").items) == 3
    assert len(load(json.dumps(records, indent=2), "c.json").items) == 3
    assert len(load(json.dumps({"reviews": records}, indent=2), "d.json").items) == 3
    cut = load(json.dumps(records)[:-20], "e.json")
    assert (len(cut.items), len(cut.rejects)) == (2, 1)


def test_excel(load, tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["Review ID", "Comment", "Date", "Score", "Store"])
    sheet.append([12, "=1+1", __import__("datetime").datetime(2026, 2, 1, 9), 4, "Delft"])
    sheet.append([None, None, None, None, None])
    sheet.append([13, "Prima geholpen", "02-02-2026", "4,5", None])
    book.save(tmp_path / "export.xlsx")
    result = load(None, "export.xlsx")
    assert [(i["key"], i["text"]) for i in result.items] == [("s/12", "=1+1"), ("s/13", "Prima geholpen")]
    assert result.items[0]["published_at"] == "2026-02-01T09:00:00+01:00"
    assert result.items[1]["rating"] == 4.5


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.csv", "empty"),
        (b"PK\x03\x04 not a zip", "a.xlsx", "Excel"),
        (b"\xd0\xcf\x11\xe0 old", "a.xls", "save it as"),
        (b"a,b\n1,2\n", "a.csv", "mapping"),
        (None, "missing.csv", "no file"),
    ],
)
def test_a_file_that_is_no_use_fails_with_words(data, name, words, load):
    end = load(data, name).end
    assert end["finish"] == "failed"
    assert words in end["reason"]


def test_only_a_header_is_no_failure(load):
    assert load("id,text,date\n").end["finish"] == "finished"


def test_unchanged_until_bytes_or_parameters_change(load, tmp_path):
    first = load(ROWS)
    cursor = first.end["cursor"]
    assert load(None, cursor=cursor).end["finish"] == "unchanged"
    assert load(ROWS, cursor=cursor).end["finish"] == "unchanged"
    assert load(None, cursor=cursor, kind="ticket").end["finish"] == "finished"
    changed = load(ROWS + "2;Nieuwe ervaring;14-02-2026;3\n", cursor=cursor)
    assert len(changed.items) == 2


def test_the_mapping_is_shown_and_can_be_put_right(load):
    data = "nr,wat,wanneer\n1,Alles kwam keurig op tijd aan,2026-02-01\n2,De bus was helaas te laat,2026-02-02\n"
    guessed = load(data, limit=1).end["mapping"]["export.csv"]
    assert guessed["columns"]["text"] == {"column": ["wat"], "how": "contents"}
    assert guessed["columns"]["published_at"] == {"column": ["wanneer"], "how": "contents"}
    given = load(data, mapping={"key": "nr", "text": ["wat", "wanneer"]}, platform="bus")
    assert given.items[0]["key"] == "1"
    assert given.items[0]["text"].endswith("\n\n2026-02-01")
    wrong = load(data, mapping={"text": "watt"}).end
    assert wrong["finish"] == "failed"
    assert "'watt'" in wrong["reason"]
    assert "wanneer" in wrong["reason"]


def test_a_scale_can_be_told(load):
    data = "text,date,score\nOud maar goed verhaal,2014-01-01,8\nNieuw en goed verhaal,2016-01-01,8\n"
    told = load(data, rating_scale_from={"2000-01-01": 5, "2015-01-01": 10})
    assert len(told.items) == 1
    assert "outside its scale" in told.rejects[0]["reason"]
    assert load(data, rating_scale=10).items[0]["rating_best"] == 10


def test_several_files_one_bad(load, tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    (tmp_path / "b.csv").write_text("")
    end = load(None, "*.csv").end
    assert end["finish"] == "limited"
    assert "b.csv is empty" in end["reason"]


def test_web_addresses_are_not_imported(load, read):
    job = {"source": "s", "spider": "import", "params": {"path": "https://x.example/a.csv"}}
    assert "download" in read(job).end["reason"]


def excel_with(path, cells):
    """Write a workbook, then put these cells in its second row as a spreadsheet program would save them."""
    book = Workbook()
    book.active.append(["text", "date", "rating", "title"])
    book.active.append(["x", None, None, None])
    book.save(path.with_suffix(".bare"))
    with ZipFile(path.with_suffix(".bare")) as bare, ZipFile(path, "w") as made:
        for name in bare.namelist():
            data = bare.read(name)
            if name.endswith("sheet1.xml"):
                data = re.sub(rb'(<row r="2"[^>]*>).*?</row>', rb"\1" + cells.encode() + b"</row>", data)
            made.writestr(name, data)


def test_formulas_are_what_excel_shows_or_their_text(load, tmp_path):
    cells = (
        '<c r="A2" t="str"><f>CONCAT("Prima ","geholpen")</f><v>Prima geholpen</v></c>'
        '<c r="C2"><f t="shared" ref="C2:D2" si="0">A1+1</f><v>4</v></c><c r="D2"><f t="shared" si="0"/></c>'
    )
    excel_with(tmp_path / "export.xlsx", cells)
    (item,) = load(None, "export.xlsx").items
    assert (item["text"], item["rating"], item["title"]) == ("Prima geholpen", 4.0, "=B1+1")
    assert "published_at" not in item


@pytest.mark.slow
def test_a_large_sheet_is_read_row_by_row(tmp_path):
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["id", "text", "date", "rating"])
    for number in range(50_000):
        sheet.append([number, f"Bericht {number} van een klant die tevreden is. " * 4, "2026-02-01", number % 5 + 1])
    book.save(tmp_path / "large.xlsx")
    table = understand(find(str(tmp_path / "large.xlsx"))[0])
    tracemalloc.start()
    rows = sum(1 for _ in table.rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A write-only workbook keeps its texts in the rows, so that nothing but the rows themselves could add up.
    assert rows == 50_000
    assert peak < 16 * 1024 * 1024


def test_a_grade_of_nothing_is_a_grade(load):
    (item,) = load("id;text;date;rating;likes\n1;Nooit meer bij deze winkel;13-02-2026;0;0\n", rating_scale=10).items
    assert (item["rating"], item["likes"]) == (0.0, 0)


def test_one_slip_in_a_hundred_is_no_scale(load):
    rows = [f"{n};Bericht nummer {n};{n % 5 + 1}" for n in range(150)]
    told = load("\n".join(["id;text;rating", *rows, "x;Vingers uitgegleden;77"]) + "\n")
    assert {item["rating_best"] for item in told.items} == {5.0}
    assert len(told.items) == 150
    assert "77" in told.rejects[0]["reason"]
