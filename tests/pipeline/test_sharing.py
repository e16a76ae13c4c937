"""Two processes that classify at the same time share the sources; nothing is done twice, all is done at the end."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from sentiment.classify import Classifier
from sentiment.results import Document, Result
from tests.pipeline.workspaces import AS_OF, CONFIG, ROWS, make_workspace
from umot.ledger import Run
from umot.pipeline.classify import all_leases, classify, model_name
from umot.pipeline.collect import collect
from umot.pipeline.forget import forget_posts
from umot.workspace import Workspace

SOURCES = ("eerste", "tweede", "derde")


class Watched:
    """The real model, with word of every part that it is given."""

    def __init__(self, classifier: Classifier, told: Callable[[list[str]], None]) -> None:
        self._classifier, self._told = classifier, told

    def classify(self, documents: Iterable[Document]) -> Iterator[Result]:
        rows = list(documents)
        self._told([row.text for row in rows])
        return self._classifier.classify(rows)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    sources = {
        name: {"spider": "import", "params": {"path": "export.csv", "platform": name, "rating_scale": 5}}
        for name in SOURCES
    }
    head = CONFIG.partition("sources:")[0]
    path = make_workspace(tmp_path, ROWS, f"{head}sources: {json.dumps(sources)}\n")
    with Workspace.load(path) as ws:
        for name in SOURCES:
            collect(ws, name, AS_OF)
    return path


def twins(ws: Workspace) -> Counter[str]:
    model = model_name(ws)
    return Counter(m.source for m in ws.archive.manifests() for part in m.parts if ws.archive.has_twin(part, model))


def test_two_at_once_share_the_sources_and_both_end_when_all_is_done(config: Path, classifier: Classifier) -> None:
    both_at_work = threading.Barrier(2, timeout=60)
    parts: list[str] = []

    def told(texts: list[str]) -> None:
        parts.append(texts[0])
        if len(parts) <= 2:  # each waits in its first source for the other one to be in another
            both_at_work.wait()

    def work() -> tuple[Run, Counter[str]]:
        with Workspace.load(config) as ws:
            return classify(ws, AS_OF, classifier=Watched(classifier, told)), twins(ws)  # type: ignore[arg-type]

    with ThreadPoolExecutor(2) as threads:
        ended = [future.result() for future in [threads.submit(work) for _ in range(2)]]
    runs = [run for run, _ in ended]
    assert [done for _, done in ended] == [dict.fromkeys(SOURCES, 1)] * 2
    counts = [run.counts["classified"] for run in runs]
    assert len(parts) == len(SOURCES)
    assert min(counts) > 0
    assert sum(counts) == 4 * len(SOURCES)
    with Workspace.load(config) as ws:
        written = list(ws.ledger.runs(step="classify"))
        assert sorted(run["classified"] for run in written) == sorted(counts)
        assert classify(ws, AS_OF + timedelta(hours=1)).counts["classified"] == 0


def test_what_another_one_has_done_meanwhile_needs_no_model(
    config: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umot.pipeline.classify.load_classifier", lambda _: pytest.fail("loaded for nothing"))
    found: list[int] = []

    def wait() -> None:
        with Workspace.load(config) as ws:
            found.append(classify(ws, AS_OF).counts["classified"])

    waiting = threading.Thread(target=wait)
    with Workspace.load(config) as ws, ws.exclusive(*all_leases(ws)):
        waiting.start()
        assert classify(ws, AS_OF, classifier=classifier).counts["classified"] == 4 * len(SOURCES)
    waiting.join(60)
    assert found == [0]


def test_forgetting_waits_for_whoever_classifies_a_source(config: Path) -> None:
    forgotten = threading.Event()

    def forget() -> None:
        with Workspace.load(config) as ws:
            forget_posts(ws, ["eerste:1"], AS_OF)
        forgotten.set()

    forgetting = threading.Thread(target=forget)
    with Workspace.load(config) as ws, ws.exclusive("classify-derde"):
        forgetting.start()
        assert not forgotten.wait(3)
    assert forgotten.wait(60)
    forgetting.join()


def test_sources_that_were_never_collected_are_kept_off_as_well(tmp_path: Path) -> None:
    with Workspace.load(make_workspace(tmp_path)) as ws:
        assert list(ws.archive.sources()) == []
        assert all_leases(ws) == {"classify-export"}
