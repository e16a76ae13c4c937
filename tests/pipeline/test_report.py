"""The report: hostile texts stay texts, every language says the same things, holes are no zeros."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.workspaces import CONFIG, make_workspace
from umot.ledger import Run
from umot.report import write_report
from umot.report.build import Report, messages
from umot.store.contract import PostWrite
from umot.timeline import buckets, iso
from umot.workspace import Workspace

AS_OF = datetime(2026, 3, 15, 22, 0, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} ]]> & "q" \u202e'


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.load(make_workspace(tmp_path, config=CONFIG + "demo: true\n")) as opened:
        for day in range(1, 70):
            store_post(opened, day)
        for day in (1, 20, 69):
            run = Run("collect", "export", f"r{day}", AS_OF - timedelta(days=70 - day), "ok", "finished")
            run.covered_to = iso(run.as_of)
            opened.ledger.write(run)
        opened.store.refresh()
        yield opened


def store_post(ws: Workspace, day: int, text: str = HOSTILE, **more: Any) -> None:
    """Put a judged post and its only mention into the store, as indexing does."""
    at = AS_OF - timedelta(days=70 - day)
    common = {
        "source": "export",
        "platform": "proef",
        "kind": "review",
        "stance": "umot" if day % 3 else "zmot",
        "complaint": day % 2 == 0,
        "sentiment": "negative",
        "score": -0.9 + day / 100,
        "published_at": iso(at),
        **buckets(at, ws.settings.zone),
    }
    post = {"id": f"proef:{day}", "version": 1, "text": text, "brands": ["Zonnehoek"], "moments": ["smot"], **common}
    mention = {
        "id": f"proef:{day}#0",
        "post_id": f"proef:{day}",
        "ordinal": 0,
        "start": 0,
        "end": len(text),
        "text": text,
        "moment": "smot",
        "brand": "Zonnehoek",
        "is_peak": True,
        "is_end": True,
        **common,
    }
    (result,) = ws.store.replace([PostWrite(post | more, [mention])])
    assert result.outcome == "indexed", result.reason


def test_hostile_texts_are_shown_and_do_nothing(ws: Workspace) -> None:
    page = write_report(ws, AS_OF).read_text("utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page
    assert "default-src 'none'" in page
    assert not re.findall(r"(?:src|href)=\"(?!https?://www\.w3\.org)", page)
    assert "verzonnen" in page


def test_addresses_that_are_no_links_are_not_linked(ws: Workspace) -> None:
    store_post(ws, 1, "Slecht.", url="https://example.org/a?b=1&c=2")
    ws.store.refresh()
    page = write_report(ws, AS_OF).read_text("utf-8")
    assert "javascript:" not in page


@pytest.mark.parametrize("language", ["nl", "en"])
def test_both_languages_say_everything(ws: Workspace, language: str) -> None:
    report = ws.settings.report.model_copy(update={"language": language})
    ws.settings = ws.settings.model_copy(update={"report": report})
    page = write_report(ws, AS_OF, ws.folder / "r.html").read_text("utf-8")
    said = messages(language)
    for key in ("title", "volume", "journey", "peaks", "loop", "health", "notes", "demo"):
        assert said[key] in page
    assert f'<html lang="{language}">' in page


def test_the_catalogues_have_the_same_messages() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return sorted(re.findall(r"\{(\w+)\}", value))

    assert shape(messages("nl")) == shape(messages("en"))


def test_the_numbers_are_those_of_the_store(ws: Workspace) -> None:
    section = Report(ws, AS_OF).context()["sections"][0]
    assert section["posts"] == 69
    (smot,) = [stage for stage in section["curve"].stages if stage.name == "smot"]
    assert (smot.posts, smot.mentions) == (69, 69)
    assert smot.score == pytest.approx(sum(-0.9 + day / 100 for day in range(1, 70)) / 69, abs=1e-4)


def test_the_headline_is_about_the_week_that_the_report_is_named_after(ws: Workspace) -> None:
    (section,) = Report(ws, AS_OF).context()["sections"][:1]
    assert write_report(ws, AS_OF).name == f"umot-{section['headline']['week'].week}.html"


def test_a_report_of_the_past_does_not_know_the_future(ws: Workspace) -> None:
    past = Report(ws, AS_OF - timedelta(days=40)).context()
    assert past["sections"][0]["posts"] < 69
    assert past["sources"][0]["run"]["as_of"] < iso(AS_OF - timedelta(days=40))
    assert past["until"] == "2026-02-03"


def test_an_empty_workspace_gives_a_report_that_says_so(tmp_path: Path) -> None:
    with Workspace.load(make_workspace(tmp_path)) as ws:
        ws.store.refresh()
        page = write_report(ws, AS_OF).read_text("utf-8")
    assert "Nog geen berichten over Zonnehoek" in page
    assert "nog nooit" in page
