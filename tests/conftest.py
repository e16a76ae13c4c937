"""The Elasticsearch that tests run on, and a line at the end that says which engines the store tests ran on."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.elasticsearch_node import harness

# With libcst at hand, which Airflow brings, Hypothesis writes patches for failing examples, and ends the whole session
# over the descriptors that Twisted puts into it.
sys.modules["hypothesis.extra._patching"] = None  # type: ignore[assignment]

URL_VARIABLE = "ELASTICSEARCH_URL"
_ENGINE_OF_TEST = re.compile(r"[\[-](embedded|elasticsearch)[\]-]")
_server = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def elasticsearch_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the Elasticsearch at `ELASTICSEARCH_URL`, or of a node started for this session."""
    if given := os.environ.get(URL_VARIABLE):
        request.config.stash[_server] = f"the one at {URL_VARIABLE}"
        yield given
        return
    request.getfixturevalue("startable_nodes")
    node = harness.start_node(tmp_path_factory.mktemp("elasticsearch"))
    request.config.stash[_server] = f"{node.get('/')['version']['number']}, a node started for the tests"
    yield node.url
    node.stop()


@pytest.fixture
def elasticsearch_node(startable_nodes: None, tmp_path: Path) -> Iterator[harness.Node]:
    """Return a node of the test's own, which it may kill."""
    node = harness.start_node(tmp_path / "node")
    yield node
    node.stop()


@pytest.fixture(scope="session")
def elasticsearch_cluster(startable_nodes: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.Cluster]:
    """Return three nodes that form one cluster; a test that kills some of them restarts them."""
    cluster = harness.start_cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def startable_nodes(request: pytest.FixtureRequest) -> None:
    """Skip, saying what is missing, where no node can be started."""
    if missing := harness.available():
        request.config.stash.setdefault(_server, f"not tested: {missing}")
        pytest.skip(f"no Elasticsearch: {missing}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say on which engines the store tests ran, and on which Elasticsearch."""
    passed = _passed_by_engine(terminalreporter)
    server = terminalreporter.config.stash.get(_server, None)
    if passed:
        counts = ", ".join(f"{engine} ({count} passed)" for engine, count in sorted(passed.items()))
        terminalreporter.write_line(f"store engines: {counts}")
    if server:
        terminalreporter.write_line(f"Elasticsearch: {server}")


def _passed_by_engine(reporter: pytest.TerminalReporter) -> Counter[str]:
    reports = (report.nodeid for report in reporter.stats.get("passed", []) if report.when == "call")
    found = (_ENGINE_OF_TEST.search(nodeid) for nodeid in reports)
    return Counter(match[1] for match in found if match)


@pytest.fixture
def prefix(elasticsearch_url: str) -> Iterator[str]:
    """Return a name for the indices of one test, which are gone after it."""
    from tests.store.conftest import clear

    name = f"t{uuid4().hex[:12]}"
    yield name
    clear(elasticsearch_url, name)
