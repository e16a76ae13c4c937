"""Two machines with one Elasticsearch and one archive on S3, one of them killed in the middle."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.object_store import make_bucket, object_store
from tests.pipeline.test_kill import ROWS
from tests.pipeline.workspaces import CONFIG, make_workspace
from tests.store.conftest import clear, place
from umot.workspace import Workspace

KEY = "privacy: {author_key: the-same-key-in-both-of-them}\n"


@pytest.fixture
def shared(elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the lines of `umot.yaml` that name a store and an archive that are nobody's own."""
    name = f"t{uuid4().hex[:12]}"
    with object_store() as environment:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        make_bucket(environment, name)
        yield f"store: {place(elasticsearch_url, name)}\narchive: s3://{name}/umot\n"
        clear(elasticsearch_url, name)


def run(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "umot", "run", "--as-of", "2026-03-10"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_machines_do_everything_once_although_one_is_killed(shared: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        make_workspace(folder, ROWS, CONFIG + KEY + shared)
    chance = random.Random(7)
    for _ in range(3):
        with run(first) as killed:
            time.sleep(chance.uniform(3, 12))
            os.killpg(killed.pid, signal.SIGKILL)
    with run(first) as one, run(second) as other:
        for process in (one, other):
            _, said = process.communicate()
            assert process.returncode == 0, said.decode()
    with Workspace.load(second / "umot.yaml") as ws:
        posts = {record["id"] for m in ws.archive.manifests() for part in m.parts for record in ws.archive.read(part)}
        assert len(posts) == len(ROWS)
        assert {post["id"] for post in ws.store.scan("posts")} == posts
        runs = [found for found in ws.ledger.runs() if found["verdict"] != "interrupted"]
        assert all(found["balanced"] for found in runs)
        assert sum(found.get("new", 0) for found in runs if found["step"] == "collect") == len(ROWS)
