"""The image: two stages, nothing to compile with in the last, an ordinary user, the model inside."""

import pwd
import re
import tomllib

import pytest

import tests.dags.home  # noqa: F401 - before Airflow, which is imported inside a test
from tests.deploy.composition import ROOT

LINES = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8")).splitlines()
TOOLS = re.compile(r"\b(apt|apt-get|apk|dnf|pip|uv|gcc|g\+\+|make|build-essential|curl|wget)\b")


def stages() -> list[list[str]]:
    """Return the instructions of each stage."""
    found: list[list[str]] = []
    for line in LINES:
        if line.startswith("FROM "):
            found.append([])
        if found and line and not line.startswith("#"):
            found[-1].append(line)
    return found


def test_the_base_is_a_pinned_slim_python() -> None:
    (image,) = (line.partition("=")[2] for line in LINES if line.startswith("ARG PYTHON_IMAGE="))
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", image)
    assert [stage[0] for stage in stages()] == ["FROM ${PYTHON_IMAGE} AS build", "FROM ${PYTHON_IMAGE}"]


def test_the_last_stage_brings_no_tools_and_ends_as_an_ordinary_user() -> None:
    last = stages()[-1]
    assert not [line for line in last if TOOLS.search(line)]
    users = [line.split()[1] for line in last if line.startswith("USER ")]
    assert users == ["umot"]
    assert any("useradd --uid 1000" in line for line in last)


def test_airflow_gets_a_user_name_whatever_id_it_runs_as(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.utils.platform import getuser

    def nobody(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    names = ("LOGNAME", "USER", "LNAME", "USERNAME")  # where Python looks before it asks for the id
    settings = [word for line in stages()[-1] if line.startswith("ENV ") for word in line.split()[1:]]
    given = dict(setting.split("=", 1) for setting in settings)
    for name in names:
        monkeypatch.delenv(name, raising=False)
        if name in given:
            monkeypatch.setenv(name, given[name])
    assert getuser.__wrapped__() == "umot"  # it remembers what it found first


def test_versions_are_those_of_the_constraints() -> None:
    installs = [line for line in stages()[0] if "uv pip install" in line]
    assert all("--constraint constraints.txt" in line or "--no-deps" in line for line in installs)
    assert any("--torch-backend" in line and '"torch' in line for line in installs)


def test_the_model_is_in_the_image_and_tried_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = {line.split()[1] for line in stages()[0] if line.startswith("COPY ") and len(line.split()) == 3}
    assert set(packages) <= copied
    assert (ROOT / "sentiment/weights/model.safetensors").stat().st_size > 1_000_000
    assert any("umot classify --input -" in line for line in stages()[-1])


def test_what_is_copied_is_sent_to_the_builder_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    named = {name for line in stages()[0] if line.startswith("COPY ") for name in line.split()[1:-1]}
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == named
    assert [rule for rule in rules[1:] if not rule.startswith("!")] == ["**/__pycache__"]
