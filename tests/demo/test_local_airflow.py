"""What `make airflow` starts is gone when it ends, however that comes; a few lines stand in for its components."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.installation import OccupiedError
from demo.local_airflow import LocalAirflow

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="the system does not list its processes there")

# Says that it is well; leaves a child of its own, and takes a second to end.
COMPONENT = """
import json, os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"metadatabase": {"status": "healthy"}}).encode())

def end(*_):
    time.sleep(1)
    os._exit(0)

if sys.argv[1] == "api-server":
    signal.signal(signal.SIGTERM, end)
    subprocess.Popen(["sleep", "600"])
    HTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Health).serve_forever()
"""
PARENT = """
import sys, time
from pathlib import Path
from demo.local_airflow import LocalAirflow
from demo.scheduled import end_like_ctrl_c

end_like_ctrl_c()
home = Path(sys.argv[1])
with LocalAirflow(home, home, {}):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder in which `python -m airflow` finds the stand-in first."""
    package = tmp_path / "home" / "airflow"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(COMPONENT, "utf-8")
    return package.parent


@pytest.fixture
def parent(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has started Airflow."""
    command = [sys.executable, "-c", PARENT, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process
        process.kill()


def sessions(home: Path) -> list[int]:
    return list(map(int, (home / "sessions").read_text("ascii").split()))


def living(session: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                found.append(int(folder.name))
        except ProcessLookupError:
            continue
    return found


@pytest.mark.parametrize("ends", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_terminal_closes_or_somebody_is_impatient(
    home: Path, parent: "subprocess.Popen[bytes]", ends: signal.Signals
) -> None:
    (session,) = sessions(home)
    parent.send_signal(ends)
    while parent.poll() is None:
        parent.send_signal(signal.SIGINT)  # over and over, while it ends everything
        time.sleep(0.01)
    assert living(session) == []
    assert not (home / "sessions").exists()


def test_no_second_airflow_starts_on_the_database_of_the_first(home: Path, parent: "subprocess.Popen[bytes]") -> None:
    (session,) = sessions(home)
    parent.kill()
    parent.wait()
    with pytest.raises(OccupiedError, match=f"still running.*kill .*{session}"), LocalAirflow(home, home, {}):
        pass
    for pid in living(session):
        os.kill(pid, signal.SIGKILL)
    while living(session):
        pass
    with LocalAirflow(home, home, {}) as airflow:
        assert sessions(home) != [session]
    assert airflow.left_over() == []


def test_numbers_that_others_have_by_now_keep_nothing_from_starting(home: Path) -> None:
    (home / "sessions").write_text(f"{os.getsid(0)}\n", "ascii")
    with LocalAirflow(home, home, {}) as airflow:
        assert airflow.pids("api-server")
