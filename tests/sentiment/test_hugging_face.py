import pytest

from sentiment import weights
from sentiment.classify import Classifier, Document
from sentiment.errors import ModelUnavailableError
from sentiment.export import export
from sentiment.hugging_face import HuggingFaceHead, label_columns
from sentiment.names import model_name


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
    with pytest.raises(ModelUnavailableError, match="no code for its labels LABEL_0, LABEL_1"):
        HuggingFaceHead.load(f"hf:{directory}")


def test_stars_and_moments_are_understood() -> None:
    assert label_columns("m", ["1 star", "2 stars"], {}) == ("stars", [0, 1])
    assert label_columns("m", ["Negative", "POSITIVE"], {}) == ("stars", [0, 4])
    assert label_columns("m", ["a", "b"], {"a": "smot", "b": "none"}) == ("moment", [4, 6])
