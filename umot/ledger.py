"""The ledger: one record per run of every step, with sums that balance and a verdict."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Final, Literal, get_args

from umot.store.contract import Document, Query, Store
from umot.timeline import iso, utc

Step = Literal["collect", "classify", "index", "watch", "forget"]
Verdict = Literal[
    "running",
    "ok",
    "nothing_new",
    "silent",
    "degraded",
    "limited",
    "refused",
    "broken",
    "interrupted",
]

COLLECT_SUM: Final = ("rejected", "duplicate", "new", "updated", "unchanged")
ALL_SOURCES: Final = "all"
"""The ledger's name for steps that work on every source at once."""

REPLAYED: Final = "replayed"
"""How a run of retried records ends: it says nothing about its source."""
INDEX_SUM: Final = ("indexed", "stale", "dead")
UNHEALTHY: Final = ("silent", "degraded", "limited", "refused", "broken", "interrupted")

_HISTORY = 10
_STEPS = get_args(Step)
_USUAL = 5
_MANY_REJECTED = 0.2
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Run:
    """One run of one step; `counts` hold the sums, the rest says what came of it.

    `unanswered`, the requests without any answer, is for whoever started the run and not kept.
    """

    step: Step
    source: str
    run: str
    as_of: datetime
    verdict: Verdict = "running"
    finish: str | None = None
    reason: str | None = None
    seconds: float = 0.0
    model: str | None = None
    covered_from: str | None = None
    covered_to: str | None = None
    first_published: str | None = None
    last_published: str | None = None
    unanswered: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Key of the record: a step that is run again under the same name overwrites it."""
        return f"{self.step}/{self.source}/{self.run}"

    def add(self, name: str, count: int = 1) -> None:
        """Count something."""
        self.counts[name] = self.counts.get(name, 0) + count

    @property
    def balanced(self) -> bool:
        """Tell whether every record that came in is accounted for."""
        count = self.counts.get
        if self.step == "collect":
            return count("parsed", 0) == sum(count(name, 0) for name in COLLECT_SUM)
        if self.step == "index":
            return count("new", 0) + count("updated", 0) == sum(count(n, 0) for n in INDEX_SUM)
        return True

    def document(self) -> Document:
        """Return the record as the store keeps it."""
        filled: dict[str, Any] = {
            "id": self.id,
            "step": self.step,
            "source": self.source,
            "run": self.run,
            "as_of": iso(self.as_of),
            "verdict": self.verdict,
            "finish": self.finish,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "model": self.model,
            "covered_from": self.covered_from,
            "covered_to": self.covered_to,
            "first_published": self.first_published,
            "last_published": self.last_published,
            "balanced": self.balanced,
        }
        return {k: v for k, v in (filled | self.counts).items() if v is not None}


class Ledger:
    """Reads and writes the collection `runs`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, run: Run) -> None:
        """Store a run's record; the next reader sees it."""
        for result in self._store.put("runs", [run.document()]):
            if result.outcome == "rejected":
                raise ValueError(f"ledger: {result.id}: {result.reason}")
        self._store.refresh()

    def name(self, step: Step, source: str, as_of: datetime, taken: Container[str] = ()) -> str:
        """Return a free name for a run at this time; an interrupted run's name is used again.

        Args:
            taken: names that are not free although the ledger may think so.
        """
        stem = f"{as_of:%Y%m%dT%H%M%SZ}"
        number = 1
        while self._is_used(f"{step}/{source}/", name := _numbered(stem, number), taken):
            number += 1
        return name

    def _is_used(self, prefix: str, name: str, taken: Container[str]) -> bool:
        found = self._store.get("runs", f"{prefix}{name}")
        return name in taken or (found is not None and found["verdict"] not in ("running", "interrupted"))

    def healthy(self, source: str, before: datetime) -> list[Document]:
        """Return the latest healthy collecting runs of a source up to a time, in order of their time."""
        terms: list[Query] = [
            {"term": {"step": "collect"}},
            {"term": {"source": source}},
            {"terms": {"verdict": ["ok", "nothing_new"]}},
            {"range": {"as_of": {"lte": iso(before)}}},
        ]
        query = {"bool": {"filter": terms, "must_not": [{"term": {"finish": REPLAYED}}]}}
        found = self._store.search("runs", query, sort=[{"as_of": "desc"}, {"id": "desc"}], size=_HISTORY)
        return [hit.source for hit in reversed(found.hits)]

    def last(self, size: int, *, source: str | None = None, until: datetime | None = None) -> list[Document]:
        """Return the latest runs, in order of their time."""
        terms: list[Query] = [{"term": {"source": source}}] if source else []
        if until:
            terms.append({"range": {"as_of": {"lte": iso(until)}}})
        order = [{"as_of": "desc"}, {"id": "desc"}]
        found = self._store.search("runs", {"bool": {"filter": terms}}, sort=order, size=size)
        return sorted((hit.source for hit in found.hits), key=lambda run: (run["as_of"], _STEPS.index(run["step"])))

    def runs(self, *, step: Step | None = None, source: str | None = None) -> Iterator[Document]:
        """Yield records of runs in order of their time."""
        terms: list[Query] = [{"term": {key: value}} for key, value in (("step", step), ("source", source)) if value]
        found = self._store.scan("runs", {"bool": {"filter": terms}})
        yield from sorted(found, key=lambda run: (run["as_of"], run["id"]))

    def interrupted(self, *, step: Step, source: str) -> None:
        """Mark records of runs that began and never ended."""
        terms: list[Query] = [
            {"term": {"step": step}},
            {"term": {"source": source}},
            {"term": {"verdict": "running"}},
        ]
        found = list(self._store.scan("runs", {"bool": {"filter": terms}}))
        self._store.put("runs", [{**run, "verdict": "interrupted"} for run in found])
        self._store.refresh()


def judge(run: Run, history: Sequence[Document]) -> Verdict:
    """Compare a finished collecting run with the source's own past: its latest healthy runs, oldest first.

    `nothing_new` is a healthy run that found only known posts; `silent` found nothing at all although, by its past, the
    source should have shown something in the time since its last run.
    """
    if run.finish == "failed":
        return "broken"
    if run.finish in ("limited", "refused"):
        return "limited" if run.finish == "limited" else "refused"
    parsed, rejected = run.counts.get("parsed", 0), run.counts.get("rejected", 0)
    if not parsed and run.finish == "finished" and _expected(run, history) >= _USUAL:
        return "silent"
    if parsed and rejected > _MANY_REJECTED * parsed:
        return "degraded"
    return "ok" if run.counts.get("new", 0) + run.counts.get("updated", 0) else "nothing_new"


def _expected(run: Run, history: Sequence[Document]) -> float:
    """Return how many records the source's past lets expect, given the time since its last healthy run."""
    if not history:
        return 0.0
    times = [utc(h["as_of"]) for h in history]
    gaps = [(later - earlier) / _DAY for earlier, later in pairwise(times) if later > earlier]
    elapsed = (run.as_of - times[-1]) / _DAY
    usual = float(median(h.get("parsed", 0) for h in history))
    return usual * min(1.0, elapsed / median(gaps or [1.0]))


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"
