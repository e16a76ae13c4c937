"""Verdicts on sources that were really collected: a site on loopback, an export file, the embedded store."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.health.written import DAY, record
from tests.pipeline.workspaces import AS_OF, CONFIG, make_workspace
from tests.spiders.loopback import Answer, Site, serve
from umot.health import SourceHealth, judge_sources
from umot.ledger import Run
from umot.pipeline.collect import collect
from umot.store.contract import PostWrite
from umot.workspace import Workspace

HEADER = {"id": "id", "author": "auteur", "date": "datum", "rating": "cijfer", "text": "tekst", "language": "taal"}


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.load(make_workspace(tmp_path)) as opened:
        yield opened


def export(ws: Workspace, day: int, language: str = "nl", **headings: str) -> None:
    """Write the export of one day: twenty reviews, under the usual headings or others."""
    with (ws.folder / "export.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow((HEADER | headings).values())
        for n in range(20):
            text = f"Mooie stoel nummer {n} van dag {day}, zit heerlijk."
            writer.writerow([f"{day}-{n}", f"Klant {n}", f"2026-03-{day:02d}", n % 5 + 1, text, language])


def on(day: int) -> datetime:
    return datetime(2026, 3, day, 20, tzinfo=UTC)


def verdict(ws: Workspace, as_of: datetime) -> SourceHealth:
    (found,) = judge_sources(ws, as_of)
    return found


def test_a_run_says_how_its_posts_were_filled_and_from_when_they_are(ws: Workspace) -> None:
    export(ws, 2)
    first = collect(ws, "export", on(2))
    filled = {name: first.counts.get(f"filled_{name}", 0) for name in ("key", "text", "rating", "author", "url")}
    assert filled == {"key": 20, "text": 20, "rating": 20, "author": 20, "url": 0}
    assert (first.counts["posts"], first.counts["claimed_nl"]) == (20, 20)
    assert (first.first_published, first.last_published) == ("2026-03-01T23:00:00.000Z", "2026-03-01T23:00:00.000Z")
    with (ws.folder / "export.csv").open("a", encoding="utf-8") as stream:
        stream.write("later;A;2026-03-04;5;Nog een stoel, deze kraakt.;eo\n")
    second = collect(ws, "export", on(4))
    assert (second.counts["unchanged"], second.counts["posts"], second.counts["claimed_other"]) == (20, 21, 1)
    assert second.first_published == first.first_published
    assert second.last_published == "2026-03-03T23:00:00.000Z"
    assert ws.store.get("runs", second.id) == second.document()


def test_a_renamed_column_is_a_drift_that_names_the_field(ws: Workspace) -> None:
    for day in range(1, 8):
        export(ws, day)
        assert collect(ws, "export", on(day)).verdict == "ok"
        assert verdict(ws, on(day)).what is None
    for day in (8, 9):
        export(ws, day, rating="waarde_x")
        collect(ws, "export", on(day))
    found = verdict(ws, on(9))
    assert (found.what, found.since) == ("drifting", "2026-03-08")
    assert "`rating` is filled in 0 of 40 (0%), against 100% in the 7 healthy runs before" in (found.reason or "")
    for day in (10, 11):
        export(ws, day)
        collect(ws, "export", on(day))
    assert verdict(ws, on(11)).what is None


def test_posts_that_claim_another_language_are_a_drift(ws: Workspace) -> None:
    for day in range(1, 9):
        export(ws, day, language="nl" if day < 7 else "en")
        collect(ws, "export", on(day))
    found = verdict(ws, on(8))
    assert (found.what, found.since) == ("drifting", "2026-03-07")
    assert "en is 100% instead of 0%" in (found.reason or "")


def feed(*days: int) -> Answer:
    """Return a JSON feed with one entry for each of these days of March."""
    entries = [
        {"id": f"p-{d}", "title": "Test", "content_text": "Een test.", "date_published": f"2026-03-{d:02d}T09:00:00Z"}
        for d in days
    ]
    body = {"version": "https://jsonfeed.org/version/1.1", "title": "Proef", "items": entries}
    return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/feed+json"})


def test_an_outage_is_broken_until_it_ends_and_leaves_its_hole(tmp_path: Path) -> None:
    with serve() as site, Workspace.load(make_workspace(tmp_path, config=config_of(site))) as ws:
        verdicts = {day: verdict_after(ws, site, day) for day in range(3, 7)}
    assert [one.what for one in verdicts.values()] == [None, None, "broken", None]
    during, after = verdicts[5], verdicts[6]
    assert "answers 503" in (during.reason or "")
    assert (during.since, during.severity) == ("2026-03-05", 7)
    assert (during.missing_from, during.missing_to) == ("2026-03-04T20:00:00.000Z", "2026-03-05T20:00:00.000Z")
    # The feed shows two entries only: what was published during the outage before them is gone.
    assert (after.missing_from, after.missing_to) == ("2026-03-04T20:00:00.000Z", "2026-03-05T09:00:00.000Z")


def config_of(site: Site) -> str:
    about = CONFIG.partition("sources:")[0]
    return f"{about}sources:\n  nieuws: {{spider: feed, delay: 0, params: {{urls: ['{site.base}/feed.json']}}}}\n"


def verdict_after(ws: Workspace, site: Site, day: int) -> SourceHealth:
    site.answers = {"/robots.txt": Answer(404), "/feed.json": Answer(503) if day == 5 else feed(day, day - 1)}
    collect(ws, "nieuws", on(day))
    return verdict(ws, on(day))


def test_english_posts_in_a_dutch_source_that_claims_nothing(ws: Workspace) -> None:
    """What classification found is written as it writes it; no model is needed for that."""
    for day in range(1, 11):
        at = AS_OF + day * DAY
        put_run(ws, record(at, 20, claimed_nl=0))
        ws.store.replace([post(day, n, at, "en" if day > 8 and n else "nl") for n in range(20)])
    ws.store.refresh()
    assert verdict(ws, AS_OF + 9 * DAY).what is None
    found = verdict(ws, AS_OF + 10 * DAY)
    assert (found.what, found.since) == ("drifting", "2026-03-19")
    assert "en is 95% instead of 0%" in (found.reason or "")


def put_run(ws: Workspace, run: dict[str, Any]) -> None:
    renamed = run | {"source": "export", "id": run["id"].replace("/shop/", "/export/")}
    assert ws.store.put("runs", [renamed])[0].outcome == "indexed"
    ws.store.refresh()


def post(day: int, number: int, at: datetime, language: str) -> PostWrite:
    seen = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = {"id": f"proef:{day}-{number}", "version": 1, "source": "export", "first_seen_at": seen}
    return PostWrite(fields | {"published_at": seen, "language": language})


def test_records_of_before_these_counts_and_of_disabled_sources(ws: Workspace) -> None:
    for day in range(10):
        run = Run("collect", "export", f"r{day}", AS_OF + day * DAY, "ok", finish="finished")
        run.counts = {"parsed": 5, "new": 5}
        ws.ledger.write(run)
    assert verdict(ws, AS_OF + 9 * DAY).what is None
    off = CONFIG.replace("spider: import", "spider: import\n    enabled: false")
    with Workspace.load(make_workspace(ws.folder / "off", config=off)) as disabled:
        assert judge_sources(disabled, AS_OF) == []


def test_the_command_prints_a_table_and_ends_with_3_when_one_is_ill(tmp_path: Path) -> None:
    gone = CONFIG + "  weg:\n    spider: import\n    params: {path: bestaat-niet.csv}\n"
    with Workspace.load(make_workspace(tmp_path, config=gone)) as ws:
        for name in ("export", "weg"):
            collect(ws, name, AS_OF)
    later = (AS_OF + timedelta(hours=1)).isoformat()
    done = umot("health", "--as-of", later, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    lines = done.stdout.decode().splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["export", "well"], ["weg", "broken"]]
    assert "bestaat-niet.csv" in lines[3]
    well = umot("health", "export", "--as-of", later, "--json", cwd=tmp_path)
    assert (well.returncode, [one["what"] for one in json.loads(well.stdout)]) == (0, [None])
    unknown = umot("health", "exprt", cwd=tmp_path)
    assert (unknown.returncode, b"did you mean 'export'" in unknown.stderr) == (2, True)


def umot(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "umot", *arguments], cwd=cwd, capture_output=True, check=False, env=env
    )
