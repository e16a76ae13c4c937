"""Measure the watch on a large workspace: `python -m benchmarks.watch --posts 50000 --posts 200000`.

Five brands, thirty sources and two years of posts in an embedded store, every source collected every night. Seconds of
processor and clock of one look (the latest day, and the fortnight before it again), of a year's backtest, and the
peak of resident memory, each in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from more_itertools import batched

from umot.alerts.backtest import backtest
from umot.ledger import Run
from umot.pipeline.watch import watch
from umot.store.contract import PostWrite
from umot.timeline import buckets, iso
from umot.workspace import Workspace, make_author_key

_FIRST: Final = date(2024, 11, 1)
_DAYS: Final = 730
_LAST: Final = _FIRST + timedelta(days=_DAYS - 1)
_AS_OF: Final = datetime(_LAST.year, _LAST.month, _LAST.day, 22, 30, tzinfo=UTC)
_BRANDS: Final = tuple(f"B{n}" for n in range(5))
_SOURCES: Final = tuple(f"s{n:02}" for n in range(30))
_ASKED: Final = frozenset(_SOURCES[:5])
_MOMENTS: Final = ("zmot", "fmot", "dmot", "smot", "umot")
_KINDS: Final = ("review", "review", "post", "question")
_WORDS: Final = (
    "pakket",
    "bezorger",
    "laat",
    "stoel",
    "kleur",
    "prima",
    "netjes",
    "verpakt",
    "winkel",
    "service",
    "klant",
)
_BATCH: Final = 2_000


def configuration() -> str:
    """Return `umot.yaml`."""
    brands = "".join(f"  - {{name: {name}}}\n" for name in _BRANDS)
    feeds = "".join(
        f'  {name}: {{spider: feed, params: {{urls: ["https://example.org/{name}"]}}}}\n' for name in _SOURCES
    )
    return f"name: large\nbrands:\n{brands}sources:\n{feeds}"


def writes(ws: Workspace, count: int) -> Iterator[PostWrite]:
    """Yield posts of two mentions each, spread evenly over the days."""
    rng = Random(1)
    for number in range(count):
        day = _FIRST + timedelta(days=number * _DAYS // count)
        at = datetime(day.year, day.month, day.day, 7 + rng.randrange(14), tzinfo=UTC)
        yield _write(ws, rng, number, at)


def _write(ws: Workspace, rng: Random, number: int, at: datetime) -> PostWrite:
    source, brand, bad = rng.choice(_SOURCES), rng.choice(_BRANDS), rng.random() < 0.12
    moments, text = rng.sample(_MOMENTS, 2), " ".join(rng.choices(_WORDS, k=18))
    shared: dict[str, Any] = {
        "source": source,
        "platform": source,
        "kind": rng.choice(_KINDS),
        "invitation": "invited" if source in _ASKED else "unknown",
        "author": f"a{rng.randrange(100_000)}",
        "language": "nl",
        "stance": "umot",
        "complaint": bad,
        "score": -0.8 if bad else 0.5,
        "sentiment": "negative" if bad else "positive",
        "published_at": iso(at),
        **buckets(at, ws.settings.zone),
    }
    post = {"id": f"{source}:{number}", "version": 1, "brands": [brand], "moments": moments, "text": text}
    mentions = [
        {"id": f"{post['id']}#{n}", "post_id": post["id"], "brand": brand, "moment": moment, "ordinal": n, "text": text}
        | {"start": 0, "end": len(text), "is_peak": n == 0, "is_end": n == 1}
        | shared
        for n, moment in enumerate(moments)
    ]
    return PostWrite(post | shared, mentions)


def build(folder: Path, count: int) -> None:
    """Write the workspace with its store and ledger."""
    (folder / "umot.yaml").write_text(configuration(), "utf-8")
    make_author_key(folder)
    with Workspace.load(folder / "umot.yaml") as ws:
        for some in batched(writes(ws, count), _BATCH):
            ws.store.replace(some)
        for source in _SOURCES:
            ws.store.put("runs", [_run(source, _FIRST + timedelta(days=n)) for n in range(_DAYS)])
        ws.store.refresh()


def _run(source: str, day: date) -> dict[str, Any]:
    at = datetime(day.year, day.month, day.day, 22, tzinfo=UTC)
    run = Run("collect", source, f"{at:%Y%m%dT%H%M%SZ}", at, "ok", finish="finished", covered_to=iso(at))
    run.counts = {"parsed": 4, "new": 2, "unchanged": 2}
    return run.document()


def measure(folder: Path, what: str) -> None:
    """Print the seconds and the memory of one piece of work as JSON."""
    work: dict[str, Callable[[Workspace], object]] = {
        "look": lambda ws: watch(ws, _AS_OF),
        "look again": lambda ws: watch(ws, _AS_OF + timedelta(days=1)),
        "backtest of a year": lambda ws: backtest(ws, _LAST - timedelta(days=364), _LAST, _AS_OF),
    }
    with Workspace.load(folder / "umot.yaml") as ws:
        cpu, wall = time.process_time(), time.monotonic()
        work[what](ws)
        seconds = time.process_time() - cpu, time.monotonic() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"cpu": seconds[0], "wall": seconds[1], "peak": peak}))


def main() -> None:
    """Build, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, action="append", help="how many; may be repeated")
    parser.add_argument("--measure", nargs=2, metavar=("FOLDER", "WHAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(Path(options.measure[0]), options.measure[1])
        return
    print("| posts | | CPU s | s | peak MB |\n|---|---|---|---|---|")
    for count in options.posts or [50_000]:
        with tempfile.TemporaryDirectory() as name:
            build(Path(name), count)
            for what in ("look", "look again", "backtest of a year"):
                command = [sys.executable, "-m", "benchmarks.watch", "--measure", name, what]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout)
                print(
                    f"| {count:,} | {what} | {found['cpu']:.1f} | {found['wall']:.1f} | {found['peak']} |", flush=True
                )


if __name__ == "__main__":
    main()
