"""A made-up brand in a real store: posts as classification leaves them, and the runs that collected them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from umot.ledger import Run
from umot.store.contract import PostWrite
from umot.timeline import buckets, days_between, iso
from umot.workspace import Workspace, make_author_key

FIRST = date(2026, 1, 5)
CONFIG = """
name: proef
timezone: UTC
brands:
  - {name: Zonnehoek, own: true}
  - {name: Maanhof}
sources:
  winkel: {spider: schema_org, params: {urls: ["https://example.org/reviews"]}}
  praat: {spider: feed, params: {urls: ["https://example.org/feed"]}}
"""
CALM = ("Prima stoel, zit heerlijk.", "Mooie kleur en snel in elkaar.", "Doet wat het moet doen.", "Netjes verpakt.")
LATE = (
    "Het pakket kwam veel te laat.",
    "Bezorger nooit gezien, pakket kwijt.",
    "Al een week wachten op mijn pakket.",
    "Pakket beschadigd bezorgd.",
)


@dataclass
class World:
    """Collects posts and runs, then writes them as one."""

    ws: Workspace
    rng: Random = field(default_factory=lambda: Random(7))
    number: int = 0
    writes: list[PostWrite] = field(default_factory=list)

    def posts(self, day: date, count: int, *, score: float = 0.5, source: str = "winkel", **fields: Any) -> None:
        """Let so many posts be published on a day; below -0.5 they are complaints about the delivery."""
        for _ in range(count):
            self.post(day, score=score, source=source, **fields)

    def post(self, day: date, *, score: float, source: str, brand: str = "Zonnehoek", **fields: Any) -> None:
        self.number += 1
        at = datetime(day.year, day.month, day.day, 8 + self.rng.randrange(12), tzinfo=UTC)
        late = score < -0.5
        shared = {
            "source": source,
            "platform": source,
            "kind": "review",
            "invitation": "unknown",
            "author": f"schrijver{self.number}",
            "language": "nl",
            "stance": "umot",
            "complaint": late,
            "published_at": iso(at),
            "score": score,
            "sentiment": "negative" if score < 0 else "positive",
            **buckets(at, self.ws.settings.zone),
        } | fields
        text = self.rng.choice(LATE if late else CALM)
        moment = shared.pop("moment", "smot")
        post = {"id": f"{source}:{self.number}", "version": 1, "brands": [brand], "moments": [moment], "text": text}
        mention = {"id": f"{source}:{self.number}#0", "post_id": post["id"], "brand": brand, "moment": moment}
        place = {"ordinal": 0, "start": 0, "end": len(text), "text": text, "is_peak": True, "is_end": True}
        self.writes.append(PostWrite(post | shared, [mention | place | shared]))

    def usual(self, days: Iterable[date], mean: float = 2.0, **fields: Any) -> None:
        """Let calm days pass: some posts, now and then a bad one."""
        for day in days:
            self.posts(day, self._poisson(mean), **fields)
            self.posts(day, self._poisson(mean / 10), **(fields | {"score": -0.8}))

    def runs(self, source: str, days: Iterable[date], *, broken: Iterable[date] = ()) -> None:
        """Let a source be collected at the end of each day; what it published while it was broken is lost."""
        failed, records = set(broken), []
        for day in days:
            at = datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)
            run = Run("collect", source, f"{at:%Y%m%dT%H%M%SZ}", at, "broken" if day in failed else "ok")
            run.finish, run.reason = ("failed", "answers 503") if day in failed else ("finished", None)
            run.counts = {"parsed": 4, "new": 2, "unchanged": 2}
            if day not in failed:
                run.covered_from = iso(at - timedelta(days=1)) if day - timedelta(days=1) in failed else None
                run.covered_to = iso(at)
            records.append(run.document())
        self.ws.store.put("runs", records)

    def write(self) -> None:
        """Store what has been published so far."""
        results = self.ws.store.replace(self.writes)
        assert {result.outcome for result in results} <= {"indexed"}, results
        self.ws.store.refresh()
        self.writes.clear()

    def _poisson(self, mean: float) -> int:
        return sum(self.rng.random() < mean / 20 for _ in range(20))


def with_outcry(write: PostWrite) -> PostWrite:
    """Return a post that ends with a word that is its peak, instead of what it says."""
    (said,) = write.mentions
    outcry = said | {"id": f"{write.post['id']}#1", "ordinal": 1, "text": "Tja."}
    return PostWrite(write.post, [said | {"is_peak": False, "score": said["score"] / 2}, outcry])


def make_world(folder: Path, config: str = CONFIG) -> World:
    """Return an empty workspace; the caller closes it."""
    (folder / "umot.yaml").write_text(config, "utf-8")
    make_author_key(folder)
    return World(Workspace.load(folder / "umot.yaml"))


def days(first: int, last: int) -> list[date]:
    """Return days by their number since FIRST, both included."""
    return days_between(FIRST + timedelta(days=first), FIRST + timedelta(days=last))


def at(day: int, hour: int = 23, minute: int = 45) -> datetime:
    """Return a time on a numbered day."""
    one = FIRST + timedelta(days=day)
    return datetime(one.year, one.month, one.day, hour, minute, tzinfo=UTC)
