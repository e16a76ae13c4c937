"""A model of Hugging Face reads the archive: found from the workspace, its labels explained, its results apart."""

from pathlib import Path

import pytest

from tests.pipeline.workspaces import AS_OF, CONFIG, make_workspace
from tests.tiny_model import write_tiny_model
from umot.pipeline.classify import classify, model_name
from umot.pipeline.collect import collect
from umot.pipeline.index import index
from umot.workspace import Workspace

OTHER = "sentiment: {{model: 'hf:tiny', labels: {{LABEL_0: {code}, LABEL_1: {code}}}}}\n"


def test_labels_are_heeded_and_another_meaning_is_another_model(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    write_tiny_model(tmp_path / "tiny", ["LABEL_0", "LABEL_1"])
    names = set()
    for code, score in (("negative", -1.0), ("positive", 1.0)):
        with Workspace.load(make_workspace(tmp_path, config=CONFIG + OTHER.format(code=code))) as ws:
            collect(ws, "export", AS_OF)
            run = classify(ws, AS_OF)
            assert (run.verdict, run.counts["classified"], run.model) == ("ok", 4, model_name(ws))
            index(ws, AS_OF)
            assert {post["score"] for post in ws.store.scan("posts")} == {score}
            names.add(run.model)
    assert len(names) == 2
    assert all(name and name.startswith("tiny-") for name in names)


def test_a_directory_of_weights_starts_at_the_workspace(tmp_path: Path) -> None:
    from sentiment.names import SHIPPED

    (tmp_path / "ours").symlink_to(SHIPPED)
    config = CONFIG + "sentiment: {model: ours}\n"
    with Workspace.load(make_workspace(tmp_path, config=config)) as ws:
        assert model_name(ws).startswith("umot-e5-small-")
