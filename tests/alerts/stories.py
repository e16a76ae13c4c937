"""An alert as it could be stored, and workspaces whose channels lead to receivers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from umot.alert import Alert
from umot.workspace import Workspace, make_author_key

MORNING = datetime(2026, 3, 4, 6, tzinfo=UTC)  # a Wednesday, seven o'clock in Amsterdam
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECRET_TEXT = "Het pakket van buurman Bram kwam nooit aan"


def alert(id: str = "alert-1", **changes: Any) -> Alert:
    """Return an alert about negative peaks of Zonnehoek."""
    facts: dict[str, Any] = {
        "id": id,
        "about": "brand",
        "what": "negative_peaks",
        "status": "open",
        "severity": 7,
        "title": "stored title",
        "since": "2026-03-02",
        "until": "2026-03-04",
        "fired": "2026-03-03",
        "started_at": "2026-03-01T23:00:00.000Z",
        "opened_at": "2026-03-03T06:00:00.000Z",
        "updated_at": "2026-03-04T06:00:00.000Z",
        "days": 3,
        "brand": "Zonnehoek",
        "moment": "smot",
        "moments": ["smot"],
        "sources": ["shop"],
        "observed": 35.0,
        "expected": 8.2,
        "p": 1e-5,
        "voice": "many",
        "terms": ["pakket", "bezorger"],
        "examples": [SECRET_TEXT],
        "example_ids": ["shop:1"],
        "kibana": "https://kibana.example.org/app/discover#/?_a=(query:'brand:\"O!'Neill\"')",
    }
    return Alert(**facts | changes)


def source_alert(**changes: Any) -> Alert:
    """Return an alert about a broken source."""
    facts: dict[str, Any] = {
        "about": "source",
        "what": "broken",
        "brand": None,
        "moment": None,
        "moments": [],
        "terms": [],
        "examples": [],
        "example_ids": [],
        "observed": None,
        "expected": None,
        "p": None,
        "voice": None,
        "source": "shop",
        "reason": "3 runs in a row failed: the page answered 503",
        "missing_from": "2026-03-01T23:00:00.000Z",
    }
    return alert("source-1", **facts | changes)


def workspace(folder: Path, channels: dict[str, Any], **alerts: Any) -> Workspace:
    """Open a workspace whose configuration names these channels."""
    return Workspace.load(configuration(folder, channels, **alerts))


def configuration(
    folder: Path, channels: dict[str, Any], *, settings: dict[str, Any] | None = None, **alerts: Any
) -> Path:
    """Write a configuration with these channels."""
    path = folder / "umot.yaml"
    config = {
        "name": "proef",
        "brands": [{"name": "Zonnehoek", "own": True}, {"name": "Maanhof"}],
        "alerts": {"channels": channels, **alerts},
        **(settings or {}),
    }
    path.write_text(yaml.safe_dump(config), "utf-8")
    if not (folder / "author.key").exists():
        make_author_key(folder)
    return path


def keep(ws: Workspace, *alerts: Alert) -> None:
    """Store alerts as the pipeline does."""
    for result in ws.store.put("alerts", [each.document() for each in alerts]):
        assert result.outcome == "indexed", result
