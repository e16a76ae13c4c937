"""One post walks through all of it: export file, spider process, archive, real model, store, search, erasure."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sentiment.classify import Classifier
from sentiment.labels import MOMENTS
from tests.pipeline.workspaces import AS_OF, CONFIG, ROWS, make_workspace, write_export
from umot.errors import ConfigError
from umot.export import export
from umot.pipeline.classify import classify, model_name
from umot.pipeline.collect import collect
from umot.pipeline.forget import enforce_retention, forget_author, forget_posts
from umot.pipeline.index import index
from umot.report import write_report
from umot.search import Filters, search, spans
from umot.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path, classifier: Classifier) -> Iterator[Workspace]:
    """A workspace whose rows have been collected, classified and indexed."""
    with Workspace.load(make_workspace(tmp_path)) as opened:
        walk(opened, classifier)
        yield opened


def walk(ws: Workspace, classifier: Classifier, hours: int = 0) -> None:
    at = AS_OF + timedelta(hours=hours)
    collect(ws, "export", at)
    classify(ws, at, classifier=classifier)
    assert index(ws, at).balanced


def posts(ws: Workspace) -> dict[str, dict[str, object]]:
    return {post["id"]: post for post in ws.store.scan("posts")}


def test_posts_and_mentions_carry_what_the_architecture_promises(ws: Workspace) -> None:
    found = posts(ws)
    assert sorted(found) == ["proef:1", "proef:2", "proef:3", "proef:5"]
    first = found["proef:1"]
    assert (first["day"], first["week"], first["month"]) == ("2026-03-02", "2026-W10", "2026-03")
    assert (first["rating"], first["rating_given"], first["language"]) == (1.0, "5/5", "nl")
    assert first["model"] == model_name(ws)
    assert found["proef:3"]["brands"] == ["Zonnehoek", "Maanhof"]
    for mention in ws.store.scan("mentions"):
        text = str(found[mention["post_id"]]["text"])
        assert text[mention["start"] : mention["end"]] == mention["text"]
        assert mention["moment"] in MOMENTS
        assert mention["week"] == found[mention["post_id"]]["week"]


def test_peak_and_end_are_marked_on_the_mentions(ws: Workspace) -> None:
    for post in posts(ws).values():
        mine = [m for m in ws.store.scan("mentions") if m["post_id"] == post["id"]]
        told = [m for m in mine if m["moment"] != "none"]
        assert [m["score"] for m in mine if m["is_peak"]] == ([post["peak"]] if told else [])
        assert [m["score"] for m in mine if m["is_end"]] == ([post["end"]] if told else [])
        assert not told or abs(float(str(post["peak"]))) == max(abs(m["score"]) for m in told)


def test_running_again_changes_nothing(ws: Workspace, classifier: Classifier) -> None:
    before = posts(ws)
    walk(ws, classifier, hours=1)
    assert posts(ws) == before
    assert classify(ws, AS_OF + timedelta(hours=2)).counts["classified"] == 0
    assert index(ws, AS_OF + timedelta(hours=2)).verdict == "nothing_new"


def test_an_edit_replaces_the_post_and_its_mentions(ws: Workspace, classifier: Classifier) -> None:
    write_export(ws.folder, [("1", "Anna B", "2026-03-02", "1", "Toch niet goed."), *ROWS[1:]])
    walk(ws, classifier, hours=1)
    assert posts(ws)["proef:1"]["text"] == "Toch niet goed."
    assert posts(ws)["proef:1"]["first_seen_at"] == "2026-03-10T07:00:00.000Z"
    texts = [m["text"] for m in ws.store.scan("mentions", {"term": {"post_id": "proef:1"}})]
    assert "".join(texts).startswith("Toch niet")
    assert len(texts) == 1


def test_a_new_spelling_is_matched_in_posts_that_are_stored_already(ws: Workspace) -> None:
    config = ws.folder / "umot.yaml"
    config.write_text(CONFIG.replace("{name: Maanhof}", "{name: Maanhof, spellings: [tuinset]}"), "utf-8")
    changed = Workspace(Workspace.load(config).settings, ws.folder)
    changed.__dict__["store"] = ws.store
    assert index(changed, AS_OF + timedelta(hours=1)).counts["indexed"] == 4
    assert posts(ws)["proef:5"]["brands"] == ["Zonnehoek", "Maanhof"]


def test_another_source_indexes_nothing_anew(ws: Workspace) -> None:
    config = ws.folder / "umot.yaml"
    config.write_text(CONFIG + "  later:\n    spider: import\n    params: {path: x.csv}\n", "utf-8")
    changed = Workspace(Workspace.load(config).settings, ws.folder)
    changed.__dict__["store"] = ws.store
    assert index(changed, AS_OF + timedelta(hours=1)).verdict == "nothing_new"


def test_search_finds_and_highlights(ws: Workspace) -> None:
    found = search(ws.store, "pakketten", Filters(brand="Zonnehoek"))
    (hit,) = found.hits
    assert hit.id == "proef:1"
    (start, end), *_ = spans(hit)
    assert hit.source["text"][start:end] == "pakket"
    assert search(ws.store, '"te laat kwam"', Filters()).total == 0
    assert search(ws.store, None, Filters(since="2026-03-06")).total == 1


def test_exports_hold_everything(ws: Workspace) -> None:
    lines, table = io.StringIO(), io.StringIO()
    assert export(ws.store, "posts", lines) == 4
    assert {json.loads(line)["id"] for line in lines.getvalue().splitlines()} == set(posts(ws))
    count = export(ws.store, "mentions", table, "csv")
    assert count == ws.store.count("mentions")
    assert table.getvalue().startswith("id,")


def everything(folder: Path) -> bytes:
    """Return all bytes of a workspace's data, compressed parts unpacked."""
    from umot.archive.files import unpack

    found = b""
    for path in (folder / "data").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found += b"".join(json.dumps(r).encode() for r in unpack(data)) if path.suffix == ".zst" else data
    return found


def test_forgetting_an_author_reaches_everything(tmp_path: Path, classifier: Classifier) -> None:
    with Workspace.load(make_workspace(tmp_path)) as ws:
        walk(ws, classifier)
        run = forget_author(ws, "export", "anna b ", AS_OF)
        assert (run.counts["deleted"], run.verdict) == (2, "ok")
        assert sorted(posts(ws)) == ["proef:2", "proef:5"]
        edited = ("1", "Anna B", "2026-03-02", "1", "Ik schrijf het nog eens.")
        again = ("9", "Anna B", "2026-03-09", "1", "En nu een nieuwe.")
        write_export(tmp_path, [edited, *ROWS[1:], again, ("7", "Zoë", "2026-03-08", "4", "Fijne kast.")])
        walk(ws, classifier, hours=1)
        assert sorted(posts(ws)) == ["proef:2", "proef:5", "proef:7"]
        kept = [r for m in ws.archive.manifests() for part in m.parts for r in ws.archive.read(part)]
        assert "Anna" not in str(kept)
        assert forget_author(ws, "export", "Niemand", AS_OF).verdict == "nothing_new"
        with pytest.raises(ConfigError, match="did you mean 'export'"):
            forget_author(ws, "exprt", "Anna B", AS_OF)


def test_an_erasure_that_was_killed_goes_on_with_the_next(tmp_path: Path, classifier: Classifier) -> None:
    with Workspace.load(make_workspace(tmp_path)) as ws:
        walk(ws, classifier)
        ws.store.state.put("progress", "erasing/proef:1", "forgotten")
        forget_posts(ws, [], AS_OF)
        assert "proef:1" not in posts(ws)
        assert list(ws.store.state.scan("progress", "erasing/")) == []


def test_an_erasure_reaches_reports_that_quote_the_post(ws: Workspace) -> None:
    report = write_report(ws, AS_OF)
    assert "Nooit meer" in report.read_text("utf-8")
    forget_posts(ws, ["proef:2"], AS_OF)
    assert not report.exists()
    assert "Nooit meer" not in write_report(ws, AS_OF).read_text("utf-8")


def test_nothing_of_a_forgotten_post_is_left_on_disk(tmp_path: Path, classifier: Classifier) -> None:
    rows = [*ROWS, ("8", "Wim", "2026-03-08", "2", "Kwispelstaartje was zoek.")]
    with Workspace.load(make_workspace(tmp_path, rows)) as ws:
        walk(ws, classifier)
        forget_posts(ws, ["proef:8"], AS_OF)
        assert ws.store.get("posts", "proef:8") is None
    assert b"wispelstaartje" not in everything(tmp_path)


def test_retention_drops_raw_records_texts_and_posts(tmp_path: Path, classifier: Classifier) -> None:
    config = CONFIG + "retention: {raw: 1, text: 6, posts: 7}\n"
    with Workspace.load(make_workspace(tmp_path, config=config)) as ws:
        walk(ws, classifier)
        enforce_retention(ws, AS_OF + timedelta(days=2))
        found = posts(ws)
        assert sorted(found) == ["proef:5"]
        assert "text" not in found["proef:5"]
        assert found["proef:5"]["brands"] == ["Zonnehoek", "Maanhof"]
        records = [r for m in ws.archive.manifests() for p in m.parts for r in ws.archive.read(p)]
        assert [("raw" in r, "text" in r) for r in records] == [(False, False)]
        assert classify(ws, AS_OF + timedelta(days=3)).counts["classified"] == 0
        again = enforce_retention(ws, AS_OF + timedelta(days=2))
        assert not any(again.counts.values())
