import json
from pathlib import Path

import pytest
import torch

from sentiment import weights
from sentiment.classify import Classifier, Document
from sentiment.errors import ModelUnavailableError
from sentiment.export import export
from sentiment.hugging_face import HuggingFaceHead, label_columns, token_limit
from sentiment.labels import checked_codes
from sentiment.names import model_name
from tests.tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def directory(untrained, tmp_path_factory):
    """A real, untrained three-way classifier as Hugging Face would give it."""
    from transformers import AutoConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("hf")
    export(folder, untrained)
    config = AutoConfig.from_pretrained(folder, num_hidden_layers=1)
    config.id2label = {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}
    config.label2id = {name: i for i, name in config.id2label.items()}
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


LABELS = {"LABEL_0": "negative", "LABEL_1": "neutral", "LABEL_2": "positive"}


def test_sentiment_comes_from_the_named_model(untrained, directory) -> None:
    head = HuggingFaceHead.load(f"hf:{directory}", LABELS)
    classifier = Classifier(weights.load(untrained), "named", head)
    text = "Prima geregeld"
    (result,) = classifier.classify([Document(text)])
    stars = head.probabilities([text])[0]
    assert result.score == pytest.approx(stars[4] - stars[0], abs=1e-4)
    assert classifier.name == "named"


def test_the_name_of_another_model_is_fit_for_a_path() -> None:
    assert model_name("hf:org/model v1").startswith("org-model-v1+umot-e5-small-")


def test_labels_without_a_code_are_named(directory) -> None:
    with pytest.raises(ModelUnavailableError, match=r"no code for its labels LABEL_0, LABEL_1.*`sentiment\.labels`"):
        HuggingFaceHead.load(f"hf:{directory}")


def test_stars_and_moments_are_understood() -> None:
    assert label_columns("m", ["1 star", "2 stars"], {}) == ("stars", [0, 1])
    assert label_columns("m", ["Negative", "POSITIVE"], {}) == ("stars", [0, 4])
    assert label_columns("m", ["a", "b"], {"a": "smot", "b": "none"}) == ("moment", [4, 6])


def test_labels_that_the_model_lacks_are_named() -> None:
    with pytest.raises(ModelUnavailableError, match="has no labels NEG; its labels are negative, positive"):
        label_columns("m", ["negative", "positive"], {"NEG": "negative"})


def test_codes_are_known_and_of_one_kind() -> None:
    assert checked_codes({"a": "Positive", "b": "1"}) == {"a": "positive", "b": "1"}
    with pytest.raises(ValueError, match=r"b: not one of lzmot, .*positive, 1, 2"):
        checked_codes({"a": "smot", "b": "good"})
    with pytest.raises(ValueError, match="moments and sentiments in one"):
        checked_codes({"a": "smot", "b": "positive"})


def test_another_meaning_of_the_labels_is_another_name() -> None:
    plain, turned = model_name("hf:org/m", LABELS), model_name("hf:org/m", {**LABELS, "LABEL_0": "positive"})
    assert len({plain, turned, model_name("hf:org/m")}) == 3
    assert model_name("hf:org/m", {}) == model_name("hf:org/m")
    assert model_name("hf:org/m", dict(reversed(LABELS.items()))) == plain
    assert Path(plain).name == plain


def test_a_directory_is_named_for_its_contents_wherever_it_lies(tmp_path) -> None:
    folder = write_tiny_model(tmp_path / "mine", ["negative", "positive"])
    before = model_name(f"hf:{folder}")
    assert before.startswith("mine-")
    (tmp_path / "other").mkdir()
    moved = folder.rename(tmp_path / "other" / "mine")
    assert model_name(f"hf:{moved}") == before
    write_tiny_model(moved, ["negative", "positive"])  # other random weights
    assert model_name(f"hf:{moved}") != before


def test_no_text_is_too_long_for_few_positions(tmp_path) -> None:
    head = HuggingFaceHead.load(f"hf:{write_tiny_model(tmp_path, ['negative', 'positive'], positions=130)}")
    assert head.limit == 128
    assert head.probabilities(["pakket " * 600]).sum() == pytest.approx(1)


def test_the_least_limit_counts(directory) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert token_limit(model, tokenizer) == 512
    tokenizer.model_max_length = 64
    assert token_limit(model, tokenizer) == 64


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"no such thing"])
def test_a_damaged_file_is_a_model_that_cannot_be_loaded(tmp_path, file, content) -> None:
    folder = write_tiny_model(tmp_path, ["negative", "positive"])
    (folder / file).write_bytes(content)
    with pytest.raises(ModelUnavailableError, match="cannot be loaded"):
        HuggingFaceHead.load(f"hf:{folder}")


def test_a_base_model_without_a_trained_classifier_is_refused(tmp_path) -> None:
    from safetensors.torch import load_file, save_file

    folder = write_tiny_model(tmp_path, ["negative", "positive"])
    tensors = {name: x for name, x in load_file(folder / "model.safetensors").items() if "classifier" not in name}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelUnavailableError, match="no trained classifier"):
        HuggingFaceHead.load(f"hf:{folder}")


def test_a_tokenizer_without_padding_pads(tmp_path) -> None:
    folder = write_tiny_model(tmp_path, ["negative", "positive"])
    document = json.loads((folder / "tokenizer_config.json").read_text())
    del document["pad_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(document))
    head = HuggingFaceHead.load(f"hf:{folder}")
    assert head.probabilities(["pakket", "pakket prima pakket"]).sum(axis=1) == pytest.approx([1, 1])


def test_a_gpu_is_used_where_there_is_one(tmp_path, monkeypatch) -> None:
    # Stands in for a GPU, which the machine of the tests need not have: the model is told to go there, and stays.
    folder, asked = write_tiny_model(tmp_path, ["negative", "positive"]), []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("transformers.PreTrainedModel.to", lambda model, device: asked.append(device) or model)
    HuggingFaceHead.load(f"hf:{folder}")
    assert asked == ["cuda"]
