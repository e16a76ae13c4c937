"""Step 3, index: posts with what the model said of them go into the store, as one."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from more_itertools import batched

from sentiment.labels import MOMENTS
from umot.archive import Part
from umot.archive.files import Record
from umot.brands import brand_of_mention
from umot.deadletters import DeadLetter
from umot.journey import peak_end
from umot.ledger import Run
from umot.pipeline.classify import PIPELINE, model_name
from umot.pipeline.progress import Progress, silent
from umot.posts import Post
from umot.store.contract import Document, PostWrite, WriteResult
from umot.text import digest
from umot.timeline import buckets, iso, utc
from umot.workspace import Workspace

BATCH = 1000
_REPEATED = [
    "author",
    "thread_id",
    "syndicated_of",
    "complaint",
    "platform",
    "kind",
    "source",
    "stance",
    "published_at",
    "day",
    "week",
    "month",
    "language",
    "product",
    "location",
    "rating",
    "invitation",
    "url",
]


def index(ws: Workspace, as_of: datetime, progress: Progress = silent) -> Run:
    """Write every classified part that this store has not got yet and return the ledger record.

    A part is indexed anew when the model or the brands' spellings have changed since.

    Raises:
        StoreError: the store is away; what was acknowledged stays, the next call goes on.
    """
    began = time.monotonic()
    run = Run("index", PIPELINE, ws.ledger.name("index", PIPELINE, as_of), as_of)
    run.counts = dict.fromkeys(("new", "updated", "indexed", "stale", "dead"), 0)
    run.model = model_name(ws)
    indexer = Indexer(ws, run)
    parts = list(indexer.waiting())
    total, done = sum(part.records for part in parts), 0
    for part in parts:
        indexer.write(part)
        done += part.records
        progress("index", done, total)
    ws.store.refresh()
    run.verdict = "ok" if parts else "nothing_new"
    run.seconds = time.monotonic() - began
    ws.ledger.write(run)
    return run


class Indexer:
    """Joins archive parts with their twins and writes them to the store."""

    def __init__(self, ws: Workspace, run: Run) -> None:
        self._ws = ws
        self._run = run
        self._model = run.model or model_name(ws)
        brands = [brand.model_dump(mode="json") for brand in ws.settings.brands]
        about = {name: source.about for name, source in ws.settings.sources.items()}
        self._rules = digest(self._model, brands, sorted(about.items()), ws.settings.timezone)

    def waiting(self) -> Iterator[Part]:
        """Yield the classified parts that are not in the store under today's model and brands."""
        for manifest in self._ws.archive.manifests():
            for part in manifest.parts:
                entry = self._ws.store.state.get("progress", f"indexed/{part.key}")
                done = entry is not None and entry.value == self._rules
                if not done and self._ws.archive.has_twin(part, self._model):
                    yield part

    def write(self, part: Part) -> None:
        """Index one part and remember that it is done."""
        judged = {r["id"]: r for r in self._ws.archive.twin(part, self._model) or ()}
        for batch in batched(self._ws.archive.read(part), BATCH):
            self.write_posts([r for r in batch if r["type"] == "post"], judged)
            self._erase([r for r in batch if r["type"] == "delete"])
            self._spread([r for r in batch if r["type"] == "repost"])
        self._ws.store.state.put("progress", f"indexed/{part.key}", self._rules)

    def judged(self, ids: set[str]) -> dict[str, Record]:
        """Return the latest that the model said of some posts, wherever it lies in the archive."""
        found: dict[str, Record] = {}
        for manifest in self._ws.archive.manifests():
            for part in manifest.parts:
                twin = self._ws.archive.twin(part, self._model) or ()
                found |= {record["id"]: record for record in twin if record["id"] in ids}
        return found

    def write_posts(self, records: list[Record], judged: dict[str, Record]) -> list[WriteResult]:
        """Write posts with their mentions; what the store refuses becomes a dead letter."""
        reposts = self._reposts(record["id"] for record in records)
        writes = []
        for record in records:
            self._run.add("updated" if record.get("change") else "new")
            writes.append(self._joined(record, judged.get(record["id"], {}), reposts))
        results = self._ws.store.replace(writes)
        for result, record in zip(results, records, strict=True):
            self._count(result, record)
        return results

    def _joined(self, record: Record, verdict: Record, reposts: dict[str, Any]) -> PostWrite:
        post = Post.from_document(record)
        document = post.document() | _when(post, self._ws) | _spread_of(post, reposts.get(post.id, []))
        named = self._ws.matcher.find(f"{post.product or ''}\n{post.text}")
        source = self._ws.settings.sources.get(post.source)
        document["brands"] = list(dict.fromkeys([*(source.about if source else ()), *named]))
        if not verdict.get("stance"):
            return PostWrite(document | {"language": verdict.get("language") or post.language_claimed})
        mentions = self._mentions(document, verdict["mentions"])
        return PostWrite(document | self._judgement(verdict, mentions), mentions)

    def _judgement(self, verdict: Record, mentions: list[Document]) -> Document:
        """Return the post's own classification, and peak and end among its mentions."""
        said = {key: verdict[key] for key in ("language", "stance", "complaint", "sentiment", "score", "uncertain")}
        met = {mention["moment"] for mention in mentions}
        said |= {"model": self._model, "moments": [m for m in MOMENTS if m in met and m != "none"]}
        found = peak_end([_Judged(m) for m in mentions])
        if found is None:
            return said
        peak, end = mentions[found.peak], mentions[found.end]
        peak["is_peak"], end["is_end"] = True, True
        return said | {
            "peak": peak["score"],
            "peak_moment": peak["moment"],
            "end": end["score"],
            "end_moment": end["moment"],
            "peak_end": round(found.score, 4),
        }

    def _mentions(self, post: Document, judged: list[Record]) -> list[Document]:
        repeated = {key: post[key] for key in _REPEATED if post.get(key) is not None}
        return [self._mention(post, repeated, ordinal, mention) for ordinal, mention in enumerate(judged)]

    def _mention(self, post: Document, repeated: Document, ordinal: int, judged: Record) -> Document:
        brand = brand_of_mention(self._ws.matcher.find(judged.get("text", "")), post["brands"])
        return repeated | {
            "id": f"{post['id']}#{ordinal}",
            "post_id": post["id"],
            "ordinal": ordinal,
            **judged,
            **({"brand": brand} if brand else {}),
            "is_peak": False,
            "is_end": False,
        }

    def _count(self, result: WriteResult, record: Record) -> None:
        known = {"indexed": "indexed", "stale": "stale", "erased": "stale", "rejected": "dead"}
        self._run.add(known[result.outcome])
        if result.outcome == "rejected":
            kept = {k: v for k, v in record.items() if k != "raw"}
            letter = DeadLetter(
                "index",
                record["source"],
                record["id"],
                result.reason or "",
                iso(self._run.as_of),
                1,
                kept,
            )
            self._ws.dead_letters.add(letter)

    def _erase(self, deletions: list[Record]) -> None:
        """Follow deletions at the source: the post goes, a tombstone stays."""
        for _ in deletions:
            self._run.add("updated")
            self._run.add("indexed")
        self._ws.store.erase([r["of"] for r in deletions], reason="deleted at the source")

    def _spread(self, reposts: list[Record]) -> None:
        """Count reposts as reach of the post that they repeat."""
        state = self._ws.store.state
        for repost in reposts:
            key = f"reposts:{repost['of']}"
            entry = state.get("seen", key)
            state.put("seen", key, sorted({*(entry.value if entry else []), repost["id"]}))
            post = self._ws.store.get("posts", repost["of"])
            if post is not None:
                spread = _spread_of(Post.from_document(post), self._reposts([post["id"]])[post["id"]])
                mentions = list(self._ws.store.scan("mentions", {"term": {"post_id": post["id"]}}))
                self._ws.store.replace([PostWrite(post | spread, mentions)])

    def _reposts(self, ids: Iterable[str]) -> dict[str, list[str]]:
        found = self._ws.store.state.get_many("seen", [f"reposts:{id_}" for id_ in ids])
        return {key.removeprefix("reposts:"): value for key, value in found.items()}


class _Judged:
    """A mention document as `peak_end` wants it."""

    def __init__(self, mention: Document) -> None:
        self.moment = mention["moment"]
        self.score = mention["score"]


def _when(post: Post, ws: Workspace) -> Document:
    """Return the time buckets of a dated post, and how long the brand took to reply."""
    if post.published_at is None:
        return {}
    published = utc(post.published_at)
    when: Document = dict(buckets(published, ws.settings.zone))
    if post.reply_at:
        when["reply_hours"] = round((utc(post.reply_at) - published).total_seconds() / 3600, 2)
    return when


def _spread_of(post: Post, reposts: list[str]) -> Document:
    """Return the post's reach: everybody who reacted, with reposts met by the way when the source counts fewer."""
    shared = max(post.reposts or 0, len(reposts))
    reach = shared + sum(n or 0 for n in (post.likes, post.replies, post.helpful))
    return {"reach": reach} | ({"reposts": shared} if shared else {})
