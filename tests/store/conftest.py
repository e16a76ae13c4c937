"""The engines under test: another one joins by one line."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from umot.store import open_store
from umot.store.contract import Store


def _embedded(_request: pytest.FixtureRequest, directory: Path) -> str:
    return str(directory / "store")


def _elasticsearch(request: pytest.FixtureRequest, _directory: Path) -> str:
    """Return a place of its own on the node, empty again when the test is over."""
    node, prefix = request.getfixturevalue("elasticsearch_url"), f"t{uuid4().hex[:12]}"
    request.addfinalizer(lambda: clear(node, prefix))
    return place(node, prefix)


ENGINES: dict[str, Callable[[pytest.FixtureRequest, Path], str]] = {
    "embedded": _embedded,
    "elasticsearch": _elasticsearch,
}


def place(node: str, prefix: str) -> str:
    """Return the URL of a store on a node."""
    plain = node.startswith("http://")
    return f"elasticsearch{'+http' if plain else ''}://{node.partition('://')[2].rstrip('/')}/{prefix}"


def clear(node: str, prefix: str) -> None:
    """Remove everything of a prefix from a node."""
    with Elasticsearch(node) as client:
        names = list(client.indices.get_alias(index=f"{prefix}-*"))
        if names:
            client.indices.delete(index=names)
        client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}-*")


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(ENGINES[request.param](request, tmp_path))
    yield opened
    opened.close()


@pytest.fixture(params=ENGINES, scope="module")
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the place of a store that the tests of a module only read once it is filled."""
    return ENGINES[request.param](request, tmp_path_factory.mktemp("shared"))


@pytest.fixture
def client(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_url, request_timeout=60) as opened:
        yield opened


@contextmanager
def waiting_process(code: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run Python code in another process, from its "ready" until the end of the block; it waits for `tell`."""
    command = [sys.executable, "-c", code, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def tell(process: "subprocess.Popen[str]") -> None:
    """Give a waiting process its word: a line on its input."""
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()
