"""Real spiders on the real site; the whole year is in `test_whole_demo.py`."""

import csv
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from demo.installation import configure, open_site, prepare
from demo.pages import TRAP
from demo.site import Site
from demo.starting import OccupiedError
from demo.survey import write_export
from demo.truths import OUTAGE, RUNS
from demo.walk import dates_left
from demo.year import make_year
from umot.ledger import Run
from umot.pipeline.collect import collect
from umot.workspace import Workspace

YEAR = make_year()


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    prepare(tmp_path / "demo")
    with open_site(tmp_path / "demo") as site:
        yield site


@pytest.fixture
def ws(tmp_path, site) -> Iterator[Workspace]:
    with Workspace.load(configure(tmp_path / "demo", site)) as ws:
        yield ws


def test_a_shop_is_collected_in_full_and_the_trap_never_entered(ws, site):
    site.as_of = RUNS[1]
    run = collect(ws, "perkjoppe", RUNS[1])
    public = [
        p for p in YEAR if p.brand == "Perkjoppe" and p.channel in ("reviews", "questions") and p.is_public(RUNS[1])
    ]
    answers = sum(p.channel == "questions" and p.answer_at(RUNS[1]) is not None for p in public)
    assert (run.verdict, run.counts["new"], run.counts["rejected"]) == ("ok", len(public) + answers, 0)
    assert "robots.txt" in (run.reason or "")
    assert [path for path in site.asked if path.startswith(TRAP)] == []


def test_the_survey_is_read_as_meant(ws):
    file = write_export(ws.folder, YEAR, RUNS[1])
    collect(ws, "enquete", RUNS[1])
    posts = {r["id"]: r for m in ws.archive.manifests("enquete") for part in m.parts for r in ws.archive.read(part)}
    planted = {f"enquete:E{p.number:05}": p for p in YEAR if p.channel == "survey" and p.is_public(RUNS[1])}
    with file.open(encoding="utf-8-sig", newline="") as stream:
        grades = {f"enquete:{row['Nummer']}": row["Cijfer"] for row in csv.DictReader(stream, delimiter=";")}
    assert set(posts) == set(planted)
    for id_, post in planted.items():
        assert posts[id_]["published_at"][:16] == post.published.astimezone(UTC).isoformat()[:16]
        assert posts[id_]["rating"] == pytest.approx((float(grades[id_].replace(",", ".")) - 1) / 9, abs=1e-3)


def test_the_outage_breaks_the_social_source_alone(ws, site):
    site.as_of, site.social_down = OUTAGE, True
    assert collect(ws, "tuinpraat", OUTAGE).verdict == "broken"
    assert collect(ws, "blog", OUTAGE).verdict == "ok"


def test_authors_who_opted_out_are_served_and_not_collected(ws, site):
    post = next(p for p in YEAR if not p.shown)
    site.as_of = as_of = next(run for run in RUNS if run > post.published)
    collect(ws, "tuinpraat", as_of)
    kept = {r["text"] for m in ws.archive.manifests() for part in m.parts for r in ws.archive.read(part) if "text" in r}
    assert not any(post.text in text for text in kept)
    assert len(kept) > 5


def test_a_workspace_goes_on_at_its_last_date(ws):
    assert dates_left(ws) == list(RUNS)
    ws.ledger.write(Run("index", "all", "x", RUNS[3], "ok"))
    assert dates_left(ws) == list(RUNS[3:])
    ws.ledger.write(Run("index", "all", "y", RUNS[-1], "ok"))
    assert dates_left(ws) == [RUNS[-1]]


def test_a_workspace_keeps_its_port(tmp_path):
    folder = tmp_path / "demo"
    prepare(folder)
    with open_site(folder) as first:
        port = first.port
        with pytest.raises(OccupiedError, match=f"port {port}"):
            open_site(folder)
    prepare(folder)
    with open_site(folder) as again:
        assert again.port == port


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(OccupiedError, match="not empty"):
        prepare(tmp_path, fresh=True)
    assert (tmp_path / "thesis.txt").exists()
