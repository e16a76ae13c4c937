"""Broken and limited: what the ledger says without any comparison."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import islice, pairwise, takewhile
from statistics import median
from typing import Final

from umot.health.known import DAY, FEWEST, Known, at
from umot.health.verdict import Illness
from umot.store.contract import Document
from umot.text import one_line

_BROKEN: Final = ("broken", "refused", "interrupted")
_GAPS: Final = 3
_HABIT: Final = 10
_LIMITED_IN_A_ROW: Final = 3
_LIMITED_OF_LAST: Final = (6, 10)
_CAUSES: Final = (
    (r"\b401\b|credentials", "the credentials are wrong: put them right in umot.yaml or the environment"),
    (r"\b403\b|refuses access|robots\.txt|closed", "access is refused: ask its owner for access, or disable it"),
    (r"\b404\b|\b410\b", "the address is wrong: put it right in umot.yaml"),
    (r"cannot be parsed|no page|not as expected", "the layout has probably changed: see `umot check {source}`"),
)
_OTHER_CAUSE: Final = "see whether the source can be reached, then run `umot collect {source}`"


def breakdown(known: Known, as_of: datetime) -> Illness | None:
    """Say that a source is broken: its latest run failed, was refused or interrupted, or runs stay away."""
    if not known.runs:
        return None
    failed = list(takewhile(lambda run: run["verdict"] in _BROKEN, reversed(known.runs)))
    if failed:
        return Illness("broken", at(failed[-1]), _failure(known.source, failed))
    due = _due(known)
    missed = due[_GAPS - 1] if len(due) == _GAPS else None
    return Illness("broken", due[0], _absence(known, as_of)) if missed and as_of > missed else None


def limits(known: Known) -> Illness | None:
    """Say that a source is limited: three runs in a row could not get everything, or six of the last ten."""
    last = known.runs[-_LIMITED_OF_LAST[1] :]
    row = list(takewhile(lambda run: run["verdict"] == "limited", reversed(last)))
    limited = [run for run in last if run["verdict"] == "limited"]
    if len(row) < _LIMITED_IN_A_ROW and len(limited) < _LIMITED_OF_LAST[0]:
        return None
    share = f"{len(limited)} of the last {len(last)} runs could not get everything"
    advice = "fewer requests (a higher `delay`), a longer `time_budget` or fewer targets help"
    begun = limited[0] if len(limited) >= _LIMITED_OF_LAST[0] else row[-1]
    return Illness("limited", at(begun), f"{share}{_because(limited[-1])}; {advice}")


def _failure(source: str, failed: Sequence[Document]) -> str:
    latest = failed[0]
    many = f"the latest {len(failed)} runs" if len(failed) > 1 else "the latest run"
    said = {"broken": "failed", "refused": "refused", "interrupted": "interrupted"}[latest["verdict"]]
    was = "" if said == "failed" else "were " if len(failed) > 1 else "was "
    return f"{many} {was}{said}{_because(latest)}; {_cause(latest).format(source=source)}"


def _absence(known: Known, as_of: datetime) -> str:
    days = (as_of - at(known.runs[-1])) / DAY
    rule = f"`{known.schedule}` asks for" if known.schedule else "its habit lets expect"
    advice = "see whether the scheduler runs" if known.schedule else f"run `umot collect {known.source}` or disable it"
    return f"no run for {days:.1f} days, where {rule} {_GAPS} or more; {advice}"


def _because(run: Document) -> str:
    return f": {one_line(run['reason'], 300).rstrip('.')}" if run.get("reason") else ""


def _cause(run: Document) -> str:
    reason = run.get("reason", "")
    return next((advice for pattern, advice in _CAUSES if re.search(pattern, reason)), _OTHER_CAUSE)


def _due(known: Known) -> list[datetime]:
    """Return when the next three runs after the latest were due; none where neither schedule nor habit tells."""
    last = at(known.runs[-1])
    if known.schedule:
        from croniter import croniter

        times = croniter(known.schedule, last.astimezone(known.zone), ret_type=datetime)
        return list(islice(times, _GAPS))
    # People try a new source several times within the hour: that is no habit.
    gaps = [max(1.0, (later - earlier) / DAY) for earlier, later in pairwise(map(at, known.runs[-_HABIT:]))]
    return [last + n * median(gaps) * DAY for n in range(1, _GAPS + 1)] if len(gaps) >= FEWEST - 1 else []
