"""Airflow in a folder of its own, and a workspace that its DAGs find."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tests.dags.home  # noqa: F401 - before Airflow
from spiders.registry import sources
from tests.dags.installation import PLUGIN, install
from tests.dags.installation import answers as site_answers
from tests.spiders.loopback import Answer, Site, serve


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Give this session's Airflow an empty database."""
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture(scope="session")
def _served() -> Iterator[Site]:
    with serve() as served:
        yield served


@pytest.fixture
def site(_served: Site) -> Site:
    """Serve what the workspace's sources fetch; a test may change its answers."""
    _served.answers, _served.every = site_answers(), Answer(404)
    _served.asked.clear()
    return _served


@pytest.fixture
def config(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a workspace's configuration that the DAGs find; the source that needs a key is installed."""
    with found_by_the_dags(install(tmp_path / "workspace", site.base), monkeypatch) as path:
        yield path


@contextmanager
def found_by_the_dags(config: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("UMOT_CONFIG", str(config))
    monkeypatch.setenv("PYTHONPATH", str(PLUGIN))
    monkeypatch.setattr(sys, "path", [*sys.path, str(PLUGIN)])
    sources.cache_clear()
    yield config
    sources.cache_clear()
