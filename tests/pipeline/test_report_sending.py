"""The weekly report leaves once per channel and week, as a file only where texts may leave."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.alerts.receivers import Hook, webhook
from tests.pipeline.workspaces import AS_OF, CONFIG, make_workspace
from umot.cli.app import app
from umot.config import load_settings
from umot.errors import ConfigError
from umot.report import write_report
from umot.report.sending import send_report
from umot.timeline import utc
from umot.workspace import Workspace


def workspace(folder: Path, *hooks: Hook, texts: bool = False) -> Path:
    """Write a workspace whose report goes to some webhooks."""
    channels = {f"c{n}": {"url": f"json://{hook.host}/", "texts": texts} for n, hook in enumerate(hooks)}
    added = {"alerts": {"channels": channels}, "report": {"channels": list(channels), "language": "en"}}
    return make_workspace(folder, config=CONFIG + "".join(f"{k}: {json.dumps(v)}\n" for k, v in added.items()))


def test_a_channel_that_failed_gets_it_later_and_the_others_not_again(tmp_path: Path) -> None:
    with webhook(200) as well, webhook(500, 200) as ill:
        with Workspace.load(workspace(tmp_path, well, ill)) as ws:
            path = write_report(ws, AS_OF)
            first, second = (send_report(ws, path, AS_OF) for _ in range(2))
            next_week = send_report(ws, path, AS_OF + timedelta(days=7))
        assert (first.sent, list(first.problems)) == (["c0"], ["c1"])
        assert (second.sent, second.before, second.problems) == (["c1"], ["c0"], {})
        assert next_week.sent == ["c0", "c1"]
        assert [message["title"] for message in well.got] == [
            "proef: the weekly report of 2026-W10",
            "proef: the weekly report of 2026-W11",
        ]


@pytest.mark.parametrize(
    ("as_of", "week"),
    [
        ("2026-03-09T06:00:00+00:00", "2026-W10"),  # Monday 07:00 in Amsterdam
        ("2026-03-08T22:59:59+00:00", "2026-W09"),  # Sunday, still
        ("2026-03-08T23:00:00+00:00", "2026-W10"),
        ("2026-01-05T06:00:00+00:00", "2026-W01"),
    ],
)
def test_a_report_is_named_after_the_week_that_has_ended(tmp_path: Path, as_of: str, week: str) -> None:
    with webhook(200) as hook, Workspace.load(workspace(tmp_path, hook)) as ws:
        path = write_report(ws, utc(as_of))
        send_report(ws, path, utc(as_of))
    (message,) = hook.got
    assert message["title"] == f"proef: the weekly report of {week}"
    assert path.name == f"umot-{week}.html"


def test_what_was_sent_in_a_week_by_an_earlier_version_is_no_report_on_it(tmp_path: Path) -> None:
    with webhook(200) as hook, Workspace.load(workspace(tmp_path, hook)) as ws:
        ws.store.state.put("progress", "reported/2026-W10/c0", "2026-03-02T06:00:00.000Z")
        assert send_report(ws, write_report(ws, AS_OF), AS_OF).sent == ["c0"]


@pytest.mark.parametrize("texts", [False, True])
def test_the_file_goes_along_only_where_texts_may_leave(tmp_path: Path, texts: bool) -> None:
    with webhook(200) as hook, Workspace.load(workspace(tmp_path, hook, texts=texts)) as ws:
        path = write_report(ws, AS_OF)
        send_report(ws, path, AS_OF)
    (message,) = hook.got
    files = [base64.b64decode(file["base64"]) for file in message.get("attachments", [])]
    assert files == ([path.read_bytes()] if texts else [])
    assert (str(path) in message["message"]) is not texts


def test_the_command_line_sends_too_and_says_what_went_wrong(tmp_path: Path) -> None:
    with webhook(500, 200) as hook:
        words = ["report", "--send", "--as-of", "2026-03-10", "--config", str(workspace(tmp_path, hook))]
        failed, sent = (CliRunner().invoke(app, words) for _ in range(2))
    assert (failed.exit_code, sent.exit_code) == (1, 0)
    assert "c0: the service answered 500" in failed.output


def test_a_channel_that_does_not_exist_is_named(tmp_path: Path) -> None:
    config = make_workspace(tmp_path, config=CONFIG + "report: {channels: [mial]}\n")
    with pytest.raises(ConfigError, match=r"report\.channels: no channel 'mial' under alerts.channels"):
        load_settings(config)
