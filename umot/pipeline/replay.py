"""Another try for what could not be processed."""

import time
from datetime import datetime

from umot.deadletters import DeadLetter
from umot.ledger import Run
from umot.pipeline.collect import collect, sift_again
from umot.pipeline.index import Indexer, begun, ended
from umot.workspace import Workspace


def replay(ws: Workspace, as_of: datetime, source: str = "") -> list[Run]:
    """Retry dead letters, of one source or of all; what fails again stays with its reason and one attempt more.

    Letters that hold no record (a row that could not be read) need the source once more: it is fetched afresh.
    Letters of a source that is no longer configured wait.
    """
    runs = []
    letters = [letter for letter in ws.dead_letters.all(source=source) if letter.source in ws.settings.sources]
    for name in sorted({letter.source for letter in letters if letter.step == "collect"}):
        mine = [one for one in letters if one.step == "collect" and one.source == name]
        if kept := [one for one in mine if one.record]:
            runs.append(sift_again(ws, name, as_of, kept))
        if len(kept) < len(mine):
            runs.append(collect(ws, name, as_of, afresh=True))
    if refused := [letter for letter in letters if letter.step == "index" and letter.record]:
        runs.append(_index_again(ws, as_of, refused))
    return runs


def _index_again(ws: Workspace, as_of: datetime, letters: list[DeadLetter]) -> Run:
    """Write refused posts once more, with what the model said of them."""
    began = time.monotonic()
    with ws.exclusive("index"):
        run = begun(ws, as_of)
        indexer = Indexer(ws, run)
        judged = indexer.judged({letter.id for letter in letters})
        results = indexer.write_posts([letter.record for letter in letters if letter.record], judged)
        outcome = {result.id: result.outcome for result in results}
        for letter in letters:
            if outcome[letter.id] != "rejected":
                ws.dead_letters.remove(letter)
        run.verdict = "ok" if run.counts["indexed"] else "nothing_new"
        return ended(ws, run, began)
