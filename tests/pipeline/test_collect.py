"""Collecting with a real spider process: sums balance, what is unchanged is dropped, what is wrong is kept apart."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pipeline.workspaces import AS_OF, CONFIG, ROWS, make_workspace, write_export
from tests.spiders.loopback import serve
from umot.errors import ConfigError, SourceAwayError
from umot.ledger import Run
from umot.pipeline.collect import collect
from umot.pipeline.replay import replay
from umot.pipeline.run import chosen
from umot.scheduling.outcome import checked
from umot.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.load(make_workspace(tmp_path)) as opened:
        yield opened


def archived(ws: Workspace) -> list[dict[str, object]]:
    return [r for m in ws.archive.manifests() for part in m.parts for r in ws.archive.read(part)]


def test_a_first_run_accounts_for_every_row(ws: Workspace) -> None:
    run = collect(ws, "export", AS_OF)
    assert (run.verdict, run.finish, run.balanced) == ("ok", "finished", True)
    assert {k: run.counts[k] for k in ("parsed", "rejected", "new")} == {"parsed": 5, "rejected": 1, "new": 4}
    (letter,) = ws.dead_letters.all()
    assert "9" in letter.reason
    assert ws.store.get("runs", run.id) == run.document()


def test_nothing_personal_reaches_the_archive_but_the_raw_record(ws: Workspace) -> None:
    collect(ws, "export", AS_OF)
    kept = str([{k: v for k, v in record.items() if k != "raw"} for record in archived(ws)])
    assert "Anna" not in kept
    assert "12345678" not in kept
    assert "Cees" not in str([letter.record for letter in ws.dead_letters.all()])


def test_an_unchanged_file_brings_nothing_and_a_changed_one_only_its_changes(ws: Workspace) -> None:
    collect(ws, "export", AS_OF)
    again = collect(ws, "export", AS_OF + timedelta(hours=1))
    assert (again.verdict, again.counts["new"]) == ("nothing_new", 0)
    edited = [("1", "Anna B", "2026-03-02", "2", "Bij nader inzien: slecht."), *ROWS[1:3]]
    write_export(ws.folder, [*edited, ("6", "Eva F", "2026-03-07", "5", "Aanrader!")])
    third = collect(ws, "export", AS_OF + timedelta(days=1))
    wanted = {"parsed": 4, "new": 1, "updated": 1, "unchanged": 2, "rejected": 0, "duplicate": 0}
    assert {k: third.counts[k] for k in wanted} == wanted
    versions = {record["version"] for record in archived(ws) if record["id"] == "proef:1"}
    assert len(versions) == 2


def test_the_same_post_twice_in_a_run_is_a_duplicate(ws: Workspace) -> None:
    write_export(ws.folder, [*ROWS[:2], ROWS[0]])
    run = collect(ws, "export", AS_OF)
    assert (run.counts["new"], run.counts["duplicate"], run.balanced) == (2, 1, True)


def test_a_run_killed_before_its_manifest_leaves_nothing_and_is_marked(ws: Workspace) -> None:
    writer = ws.archive.writer("export", "20260301T000000Z", AS_OF)
    writer.append({"type": "post", "id": "proef:ghost"})
    writer._flush()
    ws.ledger.write(Run("collect", "export", "20260301T000000Z", AS_OF))
    run = collect(ws, "export", AS_OF)
    assert run.counts["new"] == 4
    assert "proef:ghost" not in {record["id"] for record in archived(ws)}
    killed = ws.store.get("runs", "collect/export/20260301T000000Z")
    assert killed is not None
    assert killed["verdict"] == "interrupted"


def test_a_run_killed_after_its_manifest_is_taken_over(ws: Workspace) -> None:
    first = collect(ws, "export", AS_OF)
    state = ws.store.state
    for space in ("seen", "cursor", "progress"):
        state.delete(space, [entry.key for entry in state.scan(space)])
    ws.store.put("runs", [{**first.document(), "verdict": "running"}])
    write_export(ws.folder, [*ROWS, ("6", "Eva F", "2026-03-07", "5", "Aanrader!")])
    second = collect(ws, "export", AS_OF)
    assert (second.counts["new"], second.counts["unchanged"], second.balanced) == (1, 4, True)
    assert second.run != first.run
    assert len(archived(ws)) == first.counts["new"] + 1
    recovered = ws.store.get("runs", first.id) or {}
    assert recovered | {"seconds": 0} == first.document() | {"seconds": 0}


def test_a_broken_source_is_broken_and_a_later_one_goes_on(tmp_path: Path) -> None:
    gone = CONFIG + "  weg:\n    spider: import\n    params: {path: bestaat-niet.csv}\n"
    with Workspace.load(make_workspace(tmp_path, config=gone)) as ws:
        runs = [collect(ws, name, AS_OF) for name in chosen(ws, ["weg", "export"])]
        assert [run.verdict for run in runs] == ["broken", "ok"]
        assert "bestaat-niet.csv" in (runs[0].reason or "")
        with pytest.raises(ConfigError, match="did you mean 'export'"):
            chosen(ws, ["exprt"])


def test_silence_where_there_used_to_be_something_is_not_nothing_new(ws: Workspace) -> None:
    many = [(str(n), "A", "2026-03-02", "4", f"Bericht nummer {n} over de stoel.") for n in range(8)]
    write_export(ws.folder, many)
    assert collect(ws, "export", AS_OF).verdict == "ok"
    write_export(ws.folder, [])
    assert collect(ws, "export", AS_OF + timedelta(days=1)).verdict == "silent"


def test_dead_letters_are_retried_and_leave_when_they_succeed(ws: Workspace) -> None:
    future = [("9", "Gé", "2026-03-20", "4", "Uit de toekomst.")]
    write_export(ws.folder, future)
    assert collect(ws, "export", AS_OF).counts["rejected"] == 1
    (still,) = replay(ws, AS_OF + timedelta(hours=2))
    assert still.counts["rejected"] == 1
    assert [letter.attempts for letter in ws.dead_letters.all()] == [2]
    (later,) = replay(ws, AS_OF + timedelta(days=30))
    assert (later.counts["new"], later.balanced) == (1, True)
    assert list(ws.dead_letters.all()) == []


def test_a_spider_that_dies_in_the_middle_of_a_line_is_a_broken_run(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for Python that dies as one without memory does; nothing else can be made to die so exactly."""
    dying = ws.folder / "dying-python"
    dying.write_text('#!/bin/sh\nprintf \'{"type": "item", "plat\'\necho out of memory >&2\nexit 137\n')
    dying.chmod(0o755)
    monkeypatch.setattr("umot.pipeline.spider.sys.executable", str(dying))
    run = collect(ws, "export", AS_OF)
    assert (run.verdict, run.balanced) == ("broken", True)
    assert "137" in (run.reason or "")


def test_two_collections_of_one_source_take_turns(ws: Workspace) -> None:
    command = [sys.executable, "-m", "umot", "collect", "--as-of", "2026-03-10", "--json"]
    both = [subprocess.Popen(command, cwd=ws.folder, stdout=subprocess.PIPE) for _ in range(2)]
    new = [json.loads(process.communicate()[0])[0].get("new") for process in both]
    assert sorted(new) == [0, 4]
    assert len(archived(ws)) == 4


def test_two_texts_of_one_author_on_one_day_are_two_posts(ws: Workspace) -> None:
    rows = [("", "Anna B", "2026-03-02", "4", text) for text in ("Mooie kast.", "De stoel kraakt.", "Mooie kast.")]
    write_export(ws.folder, rows)
    run = collect(ws, "export", AS_OF)
    assert (run.counts["new"], run.counts["duplicate"], run.balanced) == (2, 1, True)
    write_export(ws.folder, [*rows, ("", "Bram", "2026-03-05", "5", "Top!")])
    again = collect(ws, "export", AS_OF + timedelta(days=1))
    assert (again.counts["new"], again.counts["unchanged"], again.counts["duplicate"]) == (1, 2, 1)


def test_what_is_later_than_a_run_is_taken_by_the_next_one_and_nothing_twice(ws: Workspace) -> None:
    write_export(ws.folder, [*ROWS[:2], ("9", "Gé", "2026-03-20", "4", "Geschreven na deze ronde.")])
    late = collect(ws, "export", AS_OF)
    assert (late.verdict, late.counts["new"], late.counts["rejected"]) == ("degraded", 2, 1)
    assert "export.csv: 1 later than this run" in (late.reason or "")
    following = collect(ws, "export", AS_OF + timedelta(days=10))
    assert {k: following.counts[k] for k in ("new", "unchanged", "rejected")} == {
        "new": 1,
        "unchanged": 2,
        "rejected": 0,
    }
    assert collect(ws, "export", AS_OF + timedelta(days=11)).finish == "unchanged"
    assert len(archived(ws)) == 3


def test_a_date_that_nobody_can_have_written_on_is_not_asked_for_again(ws: Workspace) -> None:
    ahead = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    write_export(ws.folder, [*ROWS[:2], ("9", "Gé", ahead, "4", "Uit de toekomst.")])
    assert collect(ws, "export", AS_OF).counts["rejected"] == 1
    assert collect(ws, "export", AS_OF + timedelta(days=1)).finish == "unchanged"


def test_a_source_that_answers_once_and_then_no_more_is_tried_again(tmp_path: Path) -> None:
    with serve() as down:
        pass
    with serve() as up:
        urls = json.dumps([f"{up.base}/gone.xml", f"{down.base}/feed.xml"])
        config = f"{CONFIG}  blogs: {{spider: feed, about: [Zonnehoek], delay: 0, params: {{urls: {urls}}}}}\n"
        with Workspace.load(make_workspace(tmp_path, config=config)) as ws:
            run = collect(ws, "blogs", AS_OF)
            assert (run.finish, run.counts["http_4xx"], run.unanswered) == ("failed", 1, 1)
            with pytest.raises(SourceAwayError):
                checked(ws, run)
