"""Doors go one way, and the command line starts without the heavy libraries."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "scrapy", "airflow", "elasticsearch", "altair")
ALLOWED = {
    "sentiment": {"sentiment"},
    "spiders": {"spiders"},
    "mappings": set(),
    "umot": {"umot", "sentiment", "spiders"},
    "dags": {"umot"},
}


def imports(path: Path) -> set[str]:
    """Return the top-level packages that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_no_room_opens_a_door_backwards(room: str) -> None:
    rooms = {"umot", "sentiment", "spiders", "mappings", "dags", "demo", "benchmarks", "tests"}
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / room).rglob("*.py")
        for name in imports(path) & rooms - ALLOWED[room]
    }
    assert not wrong


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = (
        "import sys, json, umot.cli, umot.workspace, umot.pipeline.run, umot.report, umot.export;"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
