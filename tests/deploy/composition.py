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
FIRST = ROOT / "docker-compose.first.yml"
OTHERS = ROOT / "docker-compose.others.yml"
VARIABLE = re.compile(r"\$\{(\w+)(:[?-])?([^}]*)\}")


@cache
def composition() -> dict[str, Any]:
    """Return the compose file, anchors and merges resolved, variables as they are written."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return loaded


def laid_over(file: Path) -> dict[str, dict[str, Any]]:
    """Return what a file for several machines says, by name of the service."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))["services"]
    return found


def celery_services() -> dict[str, dict[str, Any]]:
    """Return what the file with broker and workers says, by name of the service."""
    return laid_over(CELERY)


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    found: dict[str, dict[str, Any]] = composition()["services"]
    return found


def environment_of(service: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return what a container finds in its environment when `.env` holds some values."""
    return filled(services()[service]["environment"], values)


def filled(environment: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """Fill in the variables of an environment."""
    return {name: fill_in(str(value), values) for name, value in environment.items()}


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Fill in variables as Compose does: from `.env`, else by their default; one that is required must be there."""

    def fill(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        return values.get(name, default) if kind == ":-" else values[name]

    return VARIABLE.sub(fill, text)


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
