"""Step 2, classify: every part of the archive gets a twin that says what the model made of its posts."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from sentiment.errors import ModelUnavailableError
from sentiment.names import model_name as name_of_model
from umot.archive import Manifest, Part
from umot.archive.files import Record
from umot.errors import ArchiveError, ModelError
from umot.ledger import ALL_SOURCES, Run
from umot.progress import Progress, silent
from umot.workspace import Workspace

if TYPE_CHECKING:
    from sentiment.classify import Classifier


def classify(
    ws: Workspace, as_of: datetime, progress: Progress = silent, classifier: "Classifier | None" = None
) -> Run:
    """Classify what this model has not seen yet and return the ledger record.

    A part that cannot be read makes the run broken; the others are classified all the same.

    Args:
        classifier: a loaded model; the configured one is loaded when there is work and none is given.

    Raises:
        ModelError: the model cannot be loaded; nothing was written.
    """
    began = time.monotonic()
    with ws.exclusive("classify"):
        run = Run("classify", ALL_SOURCES, ws.ledger.name("classify", ALL_SOURCES, as_of), as_of, "nothing_new")
        run.counts, run.model = {"classified": 0}, model_name(ws)
        waiting = list(_waiting(ws, run.model))
        total = sum(part.records for manifest in waiting for part in manifest.parts)
        if waiting:
            run.verdict = "ok"
            classifier = classifier or load_classifier(ws)
            for manifest in waiting:
                _classify_run(ws, run, manifest, classifier, lambda done: progress("classify", done, total))
        run.seconds = time.monotonic() - began
        ws.ledger.write(run)
        return run


def load_classifier(ws: Workspace) -> "Classifier":
    """Load the configured model.

    Raises:
        ModelError: it is missing or cannot be read.
    """
    from sentiment.classify import Classifier

    with unavailable_model_named():
        return Classifier.load(ws.settings.sentiment.model)


def model_name(ws: Workspace) -> str:
    """Return the name of the configured model, as twins carry it, without loading it.

    Raises:
        ModelError: it is missing.
    """
    with unavailable_model_named():
        return name_of_model(ws.settings.sentiment.model)


@contextmanager
def unavailable_model_named() -> Iterator[None]:
    """Turn the classifier's own error into one that ends a command with its exit code."""
    try:
        yield
    except ModelUnavailableError as error:
        raise ModelError(str(error)) from error


def _waiting(ws: Workspace, model: str) -> Iterator[Manifest]:
    """Yield the runs that this model has not spoken of as a whole."""
    prefix = f"classified/{model}/"
    done = {entry.key.removeprefix(prefix) for entry in ws.store.state.scan("progress", prefix)}
    for source in ws.archive.sources():
        for name in ws.archive.runs(source):
            if f"{source}/{name}" not in done and (manifest := ws.archive.manifest(source, name)):
                yield manifest


def _classify_run(
    ws: Workspace, run: Run, manifest: Manifest, classifier: "Classifier", show: Callable[[int], None]
) -> None:
    """Write the missing twins of one collecting run."""
    model = run.model or model_name(ws)
    try:
        for part in manifest.parts:
            if not ws.archive.has_twin(part, model):
                judged = list(_judged(ws, part, classifier))
                ws.archive.write_twin(part, model, judged)
                run.add("classified", len(judged))
                show(run.counts["classified"])
        ws.store.state.put("progress", f"classified/{model}/{manifest.source}/{manifest.run}", True)
    except ArchiveError as error:
        run.verdict, run.reason = "broken", str(error)


def _judged(ws: Workspace, part: Part, classifier: "Classifier") -> Iterator[Record]:
    """Yield what the model says of each post that has a text."""
    from sentiment.classify import Document

    posts = [r for r in ws.archive.read(part) if r["type"] == "post" and r.get("text")]
    documents = [Document(text=p["text"], language=p.get("language_claimed"), kind=p["kind"]) for p in posts]
    for post, result in zip(posts, classifier.classify(documents), strict=True):
        yield {"id": post["id"], "version": post["version"], **asdict(result)}
