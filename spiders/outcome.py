"""How a run ended, target by target, and what it can vouch for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from spiders.cursor import TargetState

Finish = Literal["finished", "limited", "failed", "refused", "unchanged"]

# A few broken pages do not spoil a site: above this share the run counts as limited.
TOLERATED_PAGE_FAILURES = 0.05
SHOWN_REASONS = 5


@dataclass(slots=True)
class Window:
    """The publication interval that a run vouches for; `start` None = back to the last run."""

    start: datetime | None
    end: datetime

    def to_json(self) -> dict[str, str | None]:
        """Return `{"from", "to"}` in ISO 8601."""
        return {"from": self.start.isoformat() if self.start else None, "to": self.end.isoformat()}


@dataclass(slots=True)
class Target:
    """One thing that a run fetches from: a feed, a tag on an instance, a site, a file.

    `state` goes back into the cursor. `gap` is the oldest item seen when the run could not
    reach what was collected before; `reached` the newest when it was cut short on the way up.
    `later` counts items that only a later run can use.
    `expects` is said when no page `matched`.
    """

    key: str
    state: TargetState
    previous: datetime | None = None
    pages: int = 0
    unchanged: int = 0
    items: int = 0
    later: int = 0
    pending: int = 0
    expects: str = ""
    matched: bool = False
    gap: datetime | None = None
    reached: datetime | None = None
    stopped: tuple[Finish, str] | None = None
    page_failures: list[tuple[Finish, str]] = field(default_factory=list)

    def stop(self, finish: Finish, reason: str) -> None:
        """Give up on this target; the first reason stays."""
        self.stopped = self.stopped or (finish, reason)

    def outcome(self) -> tuple[Finish, str]:
        """Return how this target ended and why."""
        if self.stopped:
            finish, reason = self.stopped
            return ("limited" if finish == "failed" and self.items else finish), reason
        if self.pending:
            return "limited", f"{self.key}: cut short before it was done"
        if self.page_failures:
            return self._with_failures()
        if self.expects and not self.matched and not self.unchanged:
            return "failed", f"{self.key}: {self.expects}"
        if self.later:
            return "finished", f"{self.key}: {self.later} later than this run; a later one asks for them again"
        healthy = self._healthy()
        return healthy, f"{self.key}: unchanged since the last run" if healthy == "unchanged" else ""

    def _healthy(self) -> Finish:
        return "unchanged" if self.unchanged and not self.pages else "finished"

    def _with_failures(self) -> tuple[Finish, str]:
        tried = self.pages + self.unchanged
        failures = [f for f in self.page_failures if f[0] == "failed"]
        finish, example = (failures or self.page_failures)[0]
        if not tried:
            return finish, example
        failed = len(failures)
        if not failed:
            return self._healthy(), f"{self.key}: {len(self.page_failures)} page(s) left alone ({example})"
        reason = f"{self.key}: {failed} of {failed + tried} pages not read (as: {example})"
        return ("limited" if failed > TOLERATED_PAGE_FAILURES * tried else self._healthy()), reason

    def window(self, as_of: datetime, reach_days: int | None) -> Window:
        """Return the interval this target vouches for; empty when nothing can be said."""
        if self.outcome()[0] not in {"finished", "unchanged"}:
            end = self.reached or self.previous
            return Window(self.gap, end) if end else Window(as_of, as_of)
        floor = as_of - timedelta(days=reach_days) if reach_days else None
        if floor and (self.previous is None or self.previous < floor):
            return Window(max(floor, self.gap or floor), as_of)
        return Window(self.gap, as_of)


def combine(outcomes: Iterable[tuple[Finish, str]], *, collected: bool) -> tuple[Finish, str]:
    """Return one finish and reason for a run of several targets.

    A run in which some targets went well and others did not is limited: what came in counts.
    """
    pairs = list(outcomes)
    kinds = {finish for finish, _ in pairs}
    reason = _reasons(pairs)
    if not kinds:
        return "failed", "the source named nothing to fetch"
    if kinds <= {"finished", "unchanged"}:
        return ("unchanged" if kinds == {"unchanged"} else "finished"), reason
    if len(kinds) == 1 and not (kinds == {"failed"} and collected):
        return kinds.pop(), reason
    if kinds <= {"failed", "refused"} and not collected:
        return "failed", reason
    return "limited", reason


def intersect(windows: list[Window], as_of: datetime) -> Window:
    """Return the interval that every target vouches for, empty (from = to) when there is none."""
    if not windows:
        return Window(as_of, as_of)
    starts = [w.start for w in windows if w.start]
    end = min(w.end for w in windows)
    start = max(starts) if starts else None
    return Window(min(start, end), end) if start else Window(None, end)


def _reasons(pairs: list[tuple[Finish, str]]) -> str:
    found = list(dict.fromkeys(reason for _, reason in pairs if reason))
    more = len(found) - SHOWN_REASONS
    return "; ".join(found[:SHOWN_REASONS]) + (f"; and {more} more" if more > 0 else "")
