"""Step 2, classify: every part of the archive gets a twin that says what the model made of its posts."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sentiment.errors import ModelUnavailableError
from sentiment.names import HUGGING_FACE
from sentiment.names import model_name as name_of_model
from umot.archive import Manifest, Part
from umot.archive.files import Record
from umot.errors import ArchiveError, ModelError, StoreBusyError
from umot.ledger import ALL_SOURCES, Run
from umot.progress import Progress, silent
from umot.workspace import Workspace

if TYPE_CHECKING:
    from sentiment.classify import Classifier

# Whoever holds a source is alive, or its lock were free: it may be the whole archive with a new model.
_OTHERS: Final = 86_400.0
# Two that end at once must not take one name for their records.
_RECORD: Final = "classify"


def classify(
    ws: Workspace, as_of: datetime, progress: Progress = silent, classifier: "Classifier | None" = None
) -> Run:
    """Classify what this model has not seen yet and return the ledger record.

    Several processes, on one machine or many, share the work: each takes the next source that nobody is at, and waits
    at the end for those that others are at, so that all is classified when it returns. A part that cannot be read makes
    the run broken; the others are classified all the same.

    Args:
        classifier: a loaded model; the configured one is loaded when there is work and none is given.

    Raises:
        ModelError: the model cannot be loaded; nothing was written.
        StoreBusyError: another process is at a source for longer than a day.
    """
    began = time.monotonic()
    run = Run("classify", ALL_SOURCES, "", as_of, "nothing_new", model=model_name(ws), counts={"classified": 0})
    work = _Work(ws, run, progress, classifier)
    taken = [source for source in work.sources() if not work.take(source, wait=0.0)]
    for source in taken:
        work.take(source, wait=_OTHERS)
    run.seconds = time.monotonic() - began
    with ws.exclusive(_RECORD):
        run.run = ws.ledger.name("classify", ALL_SOURCES, as_of)
        ws.ledger.write(run)
    return run


def all_leases(ws: Workspace) -> set[str]:
    """Return the names under which classifying is held, for whoever must keep all of it off.

    Sources whose first collection is still to come are among them.
    """
    return {_lease(source) for source in (*ws.settings.sources, *ws.archive.sources())}


def _lease(source: str) -> str:
    return f"classify-{source}"


class _Work:
    """What one process classifies of the archive."""

    def __init__(self, ws: Workspace, run: Run, progress: Progress, classifier: "Classifier | None") -> None:
        self._ws, self._run, self._progress, self._classifier = ws, run, progress, classifier
        self._total = 0

    def sources(self) -> list[str]:
        """Return the sources with something to do."""
        waiting = {source: list(self._waiting(source)) for source in self._ws.archive.sources()}
        self._total = sum(part.records for found in waiting.values() for manifest in found for part in manifest.parts)
        return [source for source, found in waiting.items() if found]

    def take(self, source: str, wait: float) -> bool:
        """Classify what waits of a source; return False when another process is at it for longer than `wait` seconds.

        Raises:
            StoreBusyError: it is, and was waited for.
        """
        with ExitStack() as held:
            try:
                held.enter_context(self._ws.exclusive(_lease(source), wait=wait))
            except StoreBusyError:
                if wait:
                    raise
                return False
            for manifest in self._waiting(source):  # asked again: whoever was at it may have done it
                self._classify(manifest)
        return True

    def _waiting(self, source: str) -> Iterator[Manifest]:
        """Yield the runs of a source that this model has not spoken of as a whole."""
        prefix = f"classified/{self._run.model}/{source}/"
        done = {entry.key.removeprefix(prefix) for entry in self._ws.store.state.scan("progress", prefix)}
        for name in self._ws.archive.runs(source):
            if name not in done and (manifest := self._ws.archive.manifest(source, name)):
                yield manifest

    def _classify(self, manifest: Manifest) -> None:
        """Write the missing twins of one collecting run."""
        ws, run, model = self._ws, self._run, self._run.model or ""
        run.verdict = "ok" if run.verdict == "nothing_new" else run.verdict
        self._classifier = self._classifier or load_classifier(ws)
        try:
            for part in manifest.parts:
                if not ws.archive.has_twin(part, model):
                    judged = list(_judged(ws, part, self._classifier))
                    ws.archive.write_twin(part, model, judged)
                    run.add("classified", len(judged))
                    self._progress("classify", run.counts["classified"], self._total)
            ws.store.state.put("progress", f"classified/{model}/{manifest.source}/{manifest.run}", True)
        except ArchiveError as error:
            run.verdict, run.reason = "broken", str(error)


def load_classifier(ws: Workspace) -> "Classifier":
    """Load the configured model.

    Raises:
        ModelError: it is missing or cannot be read.
    """
    from sentiment.classify import Classifier

    with unavailable_model_named():
        return Classifier.load(_model(ws), ws.settings.sentiment.labels)


def model_name(ws: Workspace) -> str:
    """Return the name of the configured model, as twins carry it, without loading it.

    Raises:
        ModelError: it is missing.
    """
    with unavailable_model_named():
        return name_of_model(_model(ws), ws.settings.sentiment.labels)


def _model(ws: Workspace) -> str | None:
    """Return the configured model; a directory, as other paths of the configuration, starts at the workspace."""
    model = ws.settings.sentiment.model
    if model is None:
        return None
    place = ws.path(model.removeprefix(HUGGING_FACE))
    if model.startswith(HUGGING_FACE):
        return f"{HUGGING_FACE}{place}" if place.is_dir() else model
    return str(place)


@contextmanager
def unavailable_model_named() -> Iterator[None]:
    """Turn the classifier's own error into one that ends a command with its exit code."""
    try:
        yield
    except ModelUnavailableError as error:
        raise ModelError(str(error)) from error


def _judged(ws: Workspace, part: Part, classifier: "Classifier") -> Iterator[Record]:
    """Yield what the model says of each post that has a text."""
    from sentiment.classify import Document

    posts = [r for r in ws.archive.read(part) if r["type"] == "post" and r.get("text")]
    documents = [Document(text=p["text"], language=p.get("language_claimed"), kind=p["kind"]) for p in posts]
    for post, result in zip(posts, classifier.classify(documents), strict=True):
        yield {"id": post["id"], "version": post["version"], **asdict(result)}
