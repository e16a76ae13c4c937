"""A world per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty workspace with an embedded store."""
    made = make_world(tmp_path)
    with made.ws:
        yield made
