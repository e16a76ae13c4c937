"""The commands around telling people."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tests.alerts.receivers import webhook
from tests.alerts.stories import MORNING, alert, configuration, keep
from umot.alerts.delivery import announce
from umot.cli import notify
from umot.errors import ConfigError
from umot.workspace import Workspace

AS_OF = ["--as-of", "2026-03-04T07:00"]


def run(path: Path, *arguments: str) -> Any:
    app = typer.Typer()
    for command in (notify.send, notify.queue, notify.test):
        app.command()(command)
    return CliRunner().invoke(app, [*arguments, "--config", str(path)])


def announced(path: Path) -> None:
    with Workspace.load(path) as ws:
        keep(ws, alert())
        announce(ws, alert(), "opened", MORNING)


def test_send_queue_and_retry(tmp_path: Path) -> None:
    with webhook(500, 200) as hook:
        path = configuration(tmp_path, {"hook": {"url": f"json://{hook.host}/T0KEN"}})
        announced(path)
        first = run(path, "queue", *AS_OF)
        assert "goes out with the next delivery" in first.output
        failed = run(path, "send", *AS_OF)
        assert failed.exit_code == 1
        assert "hook: the service answered 500" in failed.output
        assert "failed, will be tried again" in run(path, "queue", *AS_OF).output
        assert "1 waiting" in run(path, "send", *AS_OF).output
        again = run(path, "send", "--retry", *AS_OF)
        assert again.exit_code == 0
        assert "1 sent, 0 waiting" in again.output
        assert run(path, "queue", *AS_OF).output.strip() == "nothing waits"


def test_json(tmp_path: Path) -> None:
    path = configuration(tmp_path, {"hook": {"url": "json://127.0.0.1:9/T0KEN"}})
    announced(path)
    (row,) = json.loads(run(path, "queue", "--json", *AS_OF).output)
    assert (row["channel"], row["event"], row["title"], row["sent"]) == ("hook", "opened", "stored title", None)
    sent = run(path, "send", "--json", *AS_OF)
    assert json.loads(sent.output)["problems"] == {"hook": "the service cannot be reached"}
    assert "T0KEN" not in sent.output


def test_a_test_says_that_it_is_one(tmp_path: Path) -> None:
    with webhook() as hook:
        path = configuration(tmp_path, {"hook": {"url": f"json://{hook.host}/"}}, settings={"demo": True})
        done = run(path, "test", "hook")
    assert done.exit_code == 0
    assert "Testbericht" in hook.got[0]["title"]
    assert "verzonnen" in hook.got[0]["message"]


def test_a_test_that_fails_says_why(tmp_path: Path) -> None:
    path = configuration(tmp_path, {"hook": {"url": "slak://T0KEN"}})
    done = run(path, "test", "hook")
    assert done.exit_code == 1
    assert "hook: Apprise does not know the scheme slak://" in done.output
    assert "T0KEN" not in done.output


def test_a_channel_that_does_not_exist(tmp_path: Path) -> None:
    path = configuration(tmp_path, {"hook": {"url": "json://127.0.0.1:9/"}})
    done = run(path, "test", "hok")
    assert isinstance(done.exception, ConfigError)
    assert "no channel 'hok'; did you mean 'hook'" in str(done.exception)


@pytest.mark.parametrize("command", ["send", "queue"])
def test_nothing_to_do(tmp_path: Path, command: str) -> None:
    path = configuration(tmp_path, {})
    with Workspace.load(path) as ws:
        ws.store.refresh()
    done = run(path, command, *AS_OF)
    assert done.exit_code == 0
