"""Killed at any point and run again, a workspace ends where an undisturbed one does."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.workspaces import CONFIG, Row, make_workspace, write_export
from umot.workspace import Workspace

KILLS = 20
SECONDS = 9.0

OPENINGS = ["Mooie kast", "De bank", "Dit kussen", "Onze tafel", "Het krukje"]
ENDINGS = ["kwam te laat.", "zit heerlijk!", "is nu al stuk", "bevalt goed, aanrader", "was duurder dan verwacht"]
ROWS: list[Row] = [
    (str(n), f"Klant {n % 40}", f"2026-02-{n % 27 + 1:02d}", str(n % 5 + 1), f"{opening}: nummer {n} {ending}")
    for n in range(120)
    for opening, ending in [(OPENINGS[n % 5], ENDINGS[n // 5 % 5])]
]
EDITED = [(i, a, d, r, f"{t} Bewerkt.") if int(i) % 7 == 0 else (i, a, d, r, t) for i, a, d, r, t in ROWS[5:]]


def run_umot(folder: Path, day: int, *, kill_after: float | None = None) -> None:
    """Run the whole walk as a process; kill it and its children hard after some seconds."""
    command = [sys.executable, "-m", "umot", "run", "--as-of", f"2026-03-{day:02d}", "--json"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        if kill_after is None:
            _, error = process.communicate()
            assert process.returncode == 0, error.decode()
            return
        time.sleep(kill_after)
        os.killpg(process.pid, signal.SIGKILL)


def contents(folder: Path, sources: Collection[str] | None = None) -> dict[str, Any]:
    """Return everything that must be the same: documents, archive, what was seen, dead letters."""
    with Workspace.load(folder / "umot.yaml", sources=sources) as ws:
        archived = [r for m in ws.archive.manifests() for part in m.parts for r in ws.archive.read(part)]
        state = ws.store.state
        return {
            "posts": sorted(map(_comparable, ws.store.scan("posts"))),
            "mentions": sorted(map(_comparable, ws.store.scan("mentions"))),
            "archive": sorted((record["id"], record["content_hash"]) for record in archived),
            "seen": sorted((e.key, json.dumps(e.value, sort_keys=True)) for e in state.scan("seen")),
            "dead": [entry.key for entry in state.scan("dead")],
        }


def _comparable(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_kills_change_nothing(tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    for folder in (undisturbed, killed):
        make_workspace(folder, ROWS, CONFIG + "privacy: {author_key: the-same-key-in-both-of-them}\n")
    chance = random.Random(20)
    for rows, day in ((ROWS, 10), (EDITED, 11)):
        write_export(undisturbed, rows)
        run_umot(undisturbed, day)
        write_export(killed, rows)
        for _ in range(KILLS // 2):
            run_umot(killed, day, kill_after=chance.uniform(0.2, SECONDS))
        run_umot(killed, day)
    assert contents(killed) == contents(undisturbed)
    with Workspace.load(killed / "umot.yaml") as ws:
        finished = [run for run in ws.ledger.runs() if run["verdict"] != "interrupted"]
        assert all(run["balanced"] for run in finished)
        assert "running" not in {run["verdict"] for run in finished}
