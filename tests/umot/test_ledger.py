"""Sums balance or say so; a verdict knows the source's past."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from umot.ledger import Run, judge

AS_OF = datetime(2026, 3, 10, tzinfo=UTC)


def past(*parsed: int, every: timedelta = timedelta(days=1)) -> list[dict[str, Any]]:
    """Return healthy runs, the last one `every` before AS_OF."""
    times = [AS_OF - every * n for n in range(len(parsed), 0, -1)]
    return [{"as_of": at.isoformat(), "verdict": "ok", "parsed": n} for at, n in zip(times, parsed, strict=True)]


def run(finish: str = "finished", **counts: int) -> Run:
    return Run("collect", "shop", "r", AS_OF, finish=finish, counts=counts)


@pytest.mark.parametrize(
    ("made", "history", "verdict"),
    [
        (run(parsed=5, new=5), [], "ok"),
        (run(parsed=5, unchanged=5), past(5, 5), "nothing_new"),
        (run("unchanged", parsed=0), past(50, 50), "nothing_new"),
        (run(parsed=0), past(50, 60, 55), "silent"),
        (run(parsed=0), past(2, 0, 1), "nothing_new"),
        (run(parsed=0), [], "nothing_new"),
        (run(parsed=10, rejected=4, new=6), past(10), "degraded"),
        (run("failed", parsed=3, new=3), past(10), "broken"),
        (run("limited", parsed=3, new=3), past(10), "limited"),
        (run("refused", parsed=0), past(10), "refused"),
    ],
)
def test_verdicts(made: Run, history: list[dict[str, Any]], verdict: str) -> None:
    assert judge(made, history) == verdict


def test_minutes_after_the_last_run_nothing_is_no_silence() -> None:
    recent = [*past(50, 60, 55), {"as_of": (AS_OF - timedelta(minutes=5)).isoformat(), "verdict": "ok", "parsed": 50}]
    assert judge(run(parsed=0), recent) == "nothing_new"


def test_sums() -> None:
    assert run(parsed=6, rejected=1, duplicate=1, new=2, updated=1, unchanged=1).balanced
    assert not run(parsed=6, new=5).balanced
    index = Run("index", "all", "r", AS_OF, counts={"new": 3, "updated": 1, "indexed": 2, "stale": 1, "dead": 1})
    assert index.balanced
    index.add("dead")
    assert not index.balanced
    assert index.document()["balanced"] is False
