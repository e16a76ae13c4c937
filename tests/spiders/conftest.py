import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spiders.items import Item
from spiders.runner import execute

ROOT = Path(__file__).parents[2]


@dataclass
class Result:
    """The lines of one run."""

    items: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    end: dict[str, Any]

    @property
    def keys(self) -> set[str]:
        return {json.dumps([i.get("key"), i.get("text"), i.get("author")]) for i in self.items}

    def bare(self) -> list[dict[str, Any]]:
        """Return the items without raw records, as `expected.json` holds them."""
        kept = [{k: v for k, v in i.items() if k not in ("type", "raw")} for i in self.items]
        return sorted(kept, key=json.dumps)


def read_lines(lines: list[bytes]) -> Result:
    """Read a run's lines and check what holds for every run: the sums, and readable items."""
    records = [json.loads(line) for line in lines]
    end = records.pop()
    assert end["type"] == "end"
    items = [r for r in records if r["type"] == "item"]
    rejects = [r for r in records if r["type"] == "reject"]
    assert len(items) + len(rejects) == len(records)
    assert end["counts"]["parsed"] == len(items) + len(rejects)
    assert end["counts"]["rejected"] == len(rejects)
    for item in items:
        Item.from_json({k: v for k, v in item.items() if k != "type"})
    assert all(r["reason"] and r["where"] for r in rejects)
    assert end["window"]["to"]
    return Result(items, rejects, end)


Crawl = Callable[[dict[str, Any]], Result]


@pytest.fixture(scope="session")
def crawl() -> Iterator[Crawl]:
    """Run jobs in one long-lived process with a real reactor."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.spiders.worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )

    def run(job: dict[str, Any]) -> Result:
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        lines = []
        while line := process.stdout.readline():
            lines.append(line)
            if line.startswith(b'{"type": "end"'):
                return read_lines(lines)
        raise AssertionError("the worker ended before the job did")

    yield run
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


@pytest.fixture
def read() -> Crawl:
    """Run a job of a source without network in this process."""

    def run(job: dict[str, Any]) -> Result:
        out = io.BytesIO()
        execute(json.dumps(job).encode(), out)
        return read_lines(out.getvalue().splitlines())

    return run
