"""Documentation that cannot rot."""

import re
import subprocess
import sys
from pathlib import Path

import typer

from umot.cli.app import app

ROOT = Path(__file__).parents[2]


def test_the_reference_is_what_the_code_says() -> None:
    command = [sys.executable, str(ROOT / "scripts/reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_names_only_commands_that_exist() -> None:
    named = set(re.findall(r"`?umot ([a-z]+)", (ROOT / "README.md").read_text("utf-8")))
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {"init", "run", "check", "search", "report", "export", "classify"} <= named
    assert named - known <= {"monitor"}


def test_every_linked_file_exists() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not missing


def test_every_dependency_has_a_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8").split("dependencies = [", 1)[1].split("]", 1)[0]
    reasons = (ROOT / "docs/decisions.md").read_text("utf-8")
    known_by_others = {"numpy", "tzdata"}
    names = {re.match(r"[\w-]+", line).group() for line in re.findall(r'"([^"]+)"', project)} - known_by_others  # type: ignore[union-attr]
    assert {name for name in names if name not in reasons} == set()
