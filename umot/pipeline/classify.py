"""Step 2, classify: every part of the archive gets a twin that says what the model made of its posts."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from sentiment.errors import ModelUnavailableError
from sentiment.names import model_name as name_of_model
from umot.archive import Part
from umot.archive.files import Record
from umot.errors import ModelError
from umot.ledger import Run
from umot.pipeline.progress import Progress, silent
from umot.workspace import Workspace

if TYPE_CHECKING:
    from sentiment.classify import Classifier

PIPELINE = "all"
"""The ledger's name for steps that work on every source at once."""


def classify(
    ws: Workspace,
    as_of: datetime,
    progress: Progress = silent,
    classifier: "Classifier | None" = None,
) -> Run:
    """Classify what this model has not seen yet and return the ledger record.

    Args:
        classifier: a loaded model; the configured one is loaded when there is work and none is given.

    Raises:
        ModelError: the model cannot be loaded; nothing was written.
    """
    began = time.monotonic()
    run = Run("classify", PIPELINE, ws.ledger.name("classify", PIPELINE, as_of), as_of)
    run.counts = {"classified": 0}
    run.model = model_name(ws)
    parts = [part for part in _parts(ws) if not ws.archive.has_twin(part, run.model)]
    total, done = sum(part.records for part in parts), 0
    if parts:
        classifier = classifier or load_classifier(ws)
    for part in parts:
        assert classifier is not None
        for_part = list(_judged(ws, part, classifier))
        ws.archive.write_twin(part, run.model, for_part)
        run.add("classified", len(for_part))
        done += part.records
        progress("classify", done, total)
    run.verdict = "ok" if parts else "nothing_new"
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


def _parts(ws: Workspace) -> Iterator[Part]:
    for manifest in ws.archive.manifests():
        yield from manifest.parts


def _judged(ws: Workspace, part: Part, classifier: "Classifier") -> Iterator[Record]:
    """Yield what the model says of each post; posts without text or in other languages are passed over."""
    from sentiment.classify import Document

    posts = [r for r in ws.archive.read(part) if r["type"] == "post" and r.get("text")]
    documents = [Document(text=p["text"], language=p.get("language_claimed"), kind=p["kind"]) for p in posts]
    for post, result in zip(posts, classifier.classify(documents), strict=True):
        judged = {"id": post["id"], "version": post["version"], "language": result.language}
        if result.language is None or result.language in ws.settings.languages:
            judged |= asdict(result)
        yield judged
