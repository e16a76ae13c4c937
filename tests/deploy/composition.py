"""The files of the deployment as data, and the scripts of its one-shot containers run for real, without Docker."""

import os
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
CELERY = ROOT / "docker-compose.celery.yml"
VARIABLE = re.compile(r"\$\{(\w+)(:[?-])?([^}]*)\}")


@cache
def composition() -> dict[str, Any]:
    """Return the compose file, anchors and merges resolved, variables as they are written."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return loaded


def celery_services() -> dict[str, dict[str, Any]]:
    """Return what the override for several machines says, by name of the service."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(CELERY.read_text("utf-8"))["services"]
    return found


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    found: dict[str, dict[str, Any]] = composition()["services"]
    return found


def environment_of(service: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return what a container finds in its environment when `.env` holds some values."""
    given: dict[str, str] = services()[service]["environment"]
    return {name: VARIABLE.sub(lambda found: values[found[1]], str(value)) for name, value in given.items()}


def run_one_shot(
    service: str, directory: Path, environment: Mapping[str, str], *, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the script of a one-shot container in a directory, as the container would in its own."""
    (script,) = services()[service]["command"]
    program, *options = services()[service]["entrypoint"]
    return subprocess.run(
        [program, *options, script.replace("$$", "$")],
        cwd=directory,
        env={"PATH": _path(directory), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def _path(directory: Path) -> str:
    """Return where programs are; who is not root cannot give files away as the container does."""
    if os.geteuid() == 0:
        return os.environ["PATH"]
    stub = directory / "bin" / "chown"
    stub.parent.mkdir(exist_ok=True)
    stub.write_text("#!/bin/sh\n")
    stub.chmod(0o755)
    return f"{stub.parent}:{os.environ['PATH']}"
