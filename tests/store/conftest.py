"""The engines under test: a second one joins by one line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from umot.store import open_store
from umot.store.contract import Store

ENGINES: dict[str, Callable[[Path], str]] = {"embedded": lambda directory: str(directory / "store")}


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(ENGINES[request.param](tmp_path))
    yield opened
    opened.close()


@pytest.fixture(params=ENGINES, scope="module")
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the place of a store that the tests of a module only read once it is filled."""
    return ENGINES[request.param](tmp_path_factory.mktemp("shared"))
