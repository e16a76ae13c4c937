"""Step 3, index: posts with what the model said of them go into the store, as one."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from more_itertools import batched

from umot.archive import Manifest, Part
from umot.archive.files import Record
from umot.deadletters import DeadLetter
from umot.errors import ArchiveError
from umot.ledger import ALL_SOURCES, INDEX_SUM, Run
from umot.pipeline.classify import model_name
from umot.pipeline.documents import Documents, spread
from umot.posts import Post
from umot.progress import Progress, silent
from umot.store.contract import WriteResult
from umot.text import digest
from umot.timeline import iso
from umot.workspace import Workspace

BATCH: Final = 1000
_COUNTED: Final = {"indexed": "indexed", "stale": "stale", "erased": "stale", "rejected": "dead"}


def index(ws: Workspace, as_of: datetime, progress: Progress = silent) -> Run:
    """Write every classified part that this store has not got yet and return the ledger record.

    A part is indexed anew when the model, the languages or the spellings of brands have changed since. A part that
    cannot be read makes the run broken; the others are indexed all the same.

    Raises:
        StoreError: the store is away; what was acknowledged stays, the next call goes on.
    """
    began = time.monotonic()
    with ws.exclusive("index"):
        run = begun(ws, as_of)
        indexer = Indexer(ws, run)
        waiting = list(indexer.waiting())
        total, done = sum(part.records for manifest in waiting for part in manifest.parts), 0
        for manifest in waiting:
            indexer.write_run(manifest)
            done += sum(part.records for part in manifest.parts)
            progress("index", done, total)
        return ended(ws, run, began)


def begun(ws: Workspace, as_of: datetime) -> Run:
    """Open the ledger record of an indexing run."""
    run = Run("index", ALL_SOURCES, ws.ledger.name("index", ALL_SOURCES, as_of), as_of, "nothing_new")
    run.counts, run.model = dict.fromkeys(("new", "updated", *INDEX_SUM), 0), model_name(ws)
    return run


def ended(ws: Workspace, run: Run, began: float) -> Run:
    """Make an indexing run's writes visible and write its ledger record."""
    ws.store.refresh()
    run.seconds = time.monotonic() - began
    ws.ledger.write(run)
    return run


class Indexer:
    """Joins archive parts with their twins and writes them to the store."""

    def __init__(self, ws: Workspace, run: Run) -> None:
        self._ws, self._run = ws, run
        self._state = ws.store.state
        self._model = run.model or model_name(ws)
        self._documents = Documents(ws, self._model)

    def waiting(self) -> Iterator[Manifest]:
        """Yield the runs that are not wholly in the store under today's model, languages and brands."""
        done = {entry.key: entry.value for entry in self._state.scan("progress", "indexed/")}
        for source in self._ws.archive.sources():
            rules = self._rules(source)
            for name in self._ws.archive.runs(source):
                whole = done.get(f"indexed/{source}/{name}") == rules
                if not whole and (manifest := self._ws.archive.manifest(source, name)):
                    yield manifest

    def write_run(self, manifest: Manifest) -> None:
        """Index a run's parts that the model has spoken of, and remember which are done."""
        rules, whole = self._rules(manifest.source), True
        for part in manifest.parts:
            entry = self._state.get("progress", f"indexed/{part.key}")
            if entry is not None and entry.value == rules:
                continue
            try:
                whole &= self._write_part(part)
            except ArchiveError as error:
                self._run.verdict, self._run.reason, whole = "broken", str(error), False
            else:
                self._state.put("progress", f"indexed/{part.key}", rules)
        if whole:
            self._state.put("progress", f"indexed/{manifest.source}/{manifest.run}", rules)

    def write_posts(self, records: list[Record], judged: dict[str, Record]) -> list[WriteResult]:
        """Write posts with their mentions; what the store refuses becomes a dead letter."""
        for record in records:
            self._run.add("updated" if record.get("change") else "new")
        results = self._ws.store.replace(self._documents.joined(records, judged))
        for result, record in zip(results, records, strict=True):
            self._count(result, record)
        return results

    def judged(self, ids: set[str]) -> dict[str, Record]:
        """Return the latest that the model said of some posts, wherever it lies in the archive."""
        found: dict[str, Record] = {}
        for manifest in self._ws.archive.manifests():
            for part in manifest.parts:
                twin = self._ws.archive.twin(part, self._model) or ()
                found |= {record["id"]: record for record in twin if record["id"] in ids}
        return found

    def _rules(self, source: str) -> str:
        """Return a digest of everything but the part itself that decides what is written of it."""
        settings = self._ws.settings
        names = [(b.name, b.spellings, b.exclude) for b in settings.brands]
        about = settings.sources[source].about if source in settings.sources else ()
        return digest(self._model, names, about, settings.timezone, settings.languages)

    def _write_part(self, part: Part) -> bool:
        """Index one part; False when the model has not spoken of it yet."""
        twin = self._ws.archive.twin(part, self._model)
        if twin is None:
            return False
        self._run.verdict = "ok" if self._run.verdict == "nothing_new" else self._run.verdict
        judged = {record["id"]: record for record in twin}
        for batch in batched(self._ws.archive.read(part), BATCH):
            self._ws.check_leases()
            self._note_reposts([r for r in batch if r["type"] == "repost"])
            self.write_posts([r for r in batch if r["type"] == "post"], judged)
            self._erase([r["of"] for r in batch if r["type"] == "delete"])
        return True

    def _count(self, result: WriteResult, record: Record) -> None:
        self._run.add(_COUNTED[result.outcome])
        if result.outcome == "rejected":
            kept = {k: v for k, v in record.items() if k != "raw"}
            as_of, reason = iso(self._run.as_of), result.reason or "refused"
            self._ws.dead_letters.add(DeadLetter("index", record["source"], record["id"], reason, as_of, 1, kept))

    def _erase(self, ids: list[str]) -> None:
        """Follow deletions at the source: out of the store at once, out of the archive with the next retention."""
        if not ids:
            return
        self._ws.store.erase(ids, reason="deleted at the source")
        self._state.put_many("progress", {f"erasing/{id_}": "deleted at the source" for id_ in ids})
        self._run.add("updated", len(ids))
        self._run.add("indexed", len(ids))

    def _note_reposts(self, reposts: list[Record]) -> None:
        """Count reposts as reach of the posts that they repeat."""
        if not reposts:
            return
        self._state.put_many("seen", {f"repost:{r['of']}:{r['id']}": True for r in reposts})
        originals = sorted({r["of"] for r in reposts})
        counts: dict[str, Any] = {
            f"reposts:{id_}": sum(1 for _ in self._state.scan("seen", f"repost:{id_}:")) for id_ in originals
        }
        self._state.put_many("seen", counts)
        stored = [post for id_ in originals if (post := self._ws.store.get("posts", id_))]
        fresh = [post | spread(Post.from_document(post), counts[f"reposts:{post['id']}"]) for post in stored]
        self._ws.store.put("posts", fresh)
