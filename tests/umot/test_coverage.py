"""A hole in the collection is told from a zero."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from umot.analysis.coverage import SourceCoverage, daily, together
from umot.timeline import days_between

ZONE = ZoneInfo("UTC")


def states(runs: list[dict[str, Any]], first: int = 1, last: int = 20) -> str:
    """Return one letter per day of March 2026 for runs given as day, verdict and what they vouch for."""
    coverage = SourceCoverage()
    for run in runs:
        day = run.pop("day")
        vouched = {"covered_to": f"2026-03-{day:02d}T00:00:00Z"} if run.pop("vouches", True) else {}
        coverage.add({"as_of": f"2026-03-{day:02d}T00:00:00Z", "verdict": "ok", **vouched, **run})
    days = days_between(date(2026, 3, first), date(2026, 3, last))
    return "".join(state[0] for state in daily(coverage, days, ZONE, datetime(2026, 4, 1, tzinfo=UTC)))


def test_before_the_first_attempt_nothing_is_known() -> None:
    assert states([{"day": 5}, {"day": 10}], 1, 12) == "uuuucccccmmm"


def test_a_failed_run_is_made_up_for_by_the_next_that_reaches_back() -> None:
    runs = [{"day": 5}, {"day": 8, "vouches": False, "verdict": "broken"}]
    assert states(list(map(dict, runs)), 5, 8) == "mmmm"
    assert states([*map(dict, runs), {"day": 10}], 5, 9) == "ccccc"


def test_a_window_that_moved_on_leaves_a_hole() -> None:
    runs = [{"day": 5}, {"day": 8, "vouches": False, "verdict": "broken"}]
    moved = {"day": 12, "covered_from": "2026-03-09T12:00:00Z"}
    assert states([*runs, moved], 5, 11) == "mmmmpcc"


def test_a_limited_run_is_partial_until_the_next_goes_on() -> None:
    limited = {"day": 8, "vouches": False, "verdict": "limited"}
    assert states([{"day": 5}, dict(limited)], 5, 9) == "pppmm"
    assert states([{"day": 5}, dict(limited), {"day": 10}], 5, 9) == "ccccc"


def test_a_source_never_attempted_is_unknown() -> None:
    assert states([], 1, 3) == "uuu"


def test_sources_together() -> None:
    assert together(["covered", "covered"]) == "covered"
    assert together(["covered", "missing"]) == "partial"
    assert together(["unknown", "unknown"]) == "unknown"
    assert together([]) == "unknown"
