import random

import pytest

from sentiment.classify import LOOK_AHEAD, MAX_CHARACTERS, Classifier, Document
from sentiment.errors import ModelUnavailableError
from tests.sentiment.conftest import SAMPLES

HOSTILE = (
    "",
    "   \n\t ",
    "...",
    "👍👍",
    "👩\u200d👩\u200d👧 blij",
    "<s></s><mask><pad><unk>",
    "</s> ik wil <s> mijn geld terug </s>",
    "\x00\x01\x02",
    "\ud7ff\ufeff\u202e evil",
    "e\u0301e\u0301 " * 40,
    "ﷺ" * 500,
    "a" * 3000,
    "😀" * 3000,
    "日本語のレビューです。",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
)


def one(classifier: Classifier, text: str, **claims: str):
    return next(iter(classifier.classify([Document(text, **claims)])))


@pytest.mark.parametrize("text", [*HOSTILE, *SAMPLES])
def test_mentions_are_exact_slices_in_order(classifier: Classifier, text: str) -> None:
    end = 0
    for mention in one(classifier, text).mentions:
        assert mention.text == text[mention.start : mention.end]
        assert end <= mention.start < mention.end
        assert -1 <= mention.score <= 1
        assert 0 <= mention.moment_probability <= 1
        end = mention.end


@pytest.mark.parametrize("text", ["", "  \n", "...", "\U000145ff\U00014600 \U000145ff"])
def test_text_without_content_says_nothing_with_certainty(classifier: Classifier, text: str) -> None:
    result = one(classifier, text)
    assert result.mentions == ()
    assert (result.stance, result.complaint, result.sentiment) == ("none", False, "neutral")
    assert result.uncertain


def test_half_a_pair_of_surrogates_is_replaced_and_moves_nothing(classifier: Classifier) -> None:
    text = "half \ud83d paar, maar het pakket kwam te laat \udc00 helaas"
    whole = text.replace("\ud83d", "\ufffd").replace("\udc00", "\ufffd")
    found = one(classifier, text)
    assert found == one(classifier, whole)
    assert all(m.text == whole[m.start : m.end] for m in found.mentions)


def test_emoji_alone_is_a_mention(classifier: Classifier) -> None:
    assert [mention.text for mention in one(classifier, "😍😍").mentions] == ["😍😍"]


def test_scores_do_not_depend_on_neighbours(classifier: Classifier) -> None:
    texts = [*SAMPLES, *(text * 40 for text in SAMPLES[:2])]
    random.Random(1).shuffle(texts)
    together = list(classifier.classify(Document(text) for text in texts))
    for text, found in zip(texts, together, strict=True):
        alone = one(classifier, text)
        assert found.score == pytest.approx(alone.score, abs=1e-5)
        assert found.complaint_probability == pytest.approx(alone.complaint_probability, abs=1e-5)
        assert [m.start for m in found.mentions] == [m.start for m in alone.mentions]
        scores = [mention.score for mention in alone.mentions]
        assert [m.score for m in found.mentions] == pytest.approx(scores, abs=1e-5)


def test_order_is_kept_and_reading_is_bounded(classifier: Classifier) -> None:
    read = 0

    def documents():
        nonlocal read
        for number in range(2 * LOOK_AHEAD):
            read += 1
            yield Document(f"nummer {number}")

    results = classifier.classify(documents())
    first = next(results)
    assert first.mentions[0].text.startswith("nummer 0")
    assert read <= LOOK_AHEAD
    assert next(results).mentions[0].text.startswith("nummer 1")


def test_nothing_in_nothing_out(classifier: Classifier) -> None:
    assert list(classifier.classify([])) == []


def test_review_prior_favours_the_experience(classifier: Classifier) -> None:
    plain = {one(classifier, text).stance for text in SAMPLES}
    review = [one(classifier, text, kind="review").stance for text in SAMPLES]
    assert review.count("umot") >= sum(stance == "umot" for stance in plain)


def test_overlong_text_is_read_at_both_ends(classifier: Classifier) -> None:
    text = "BEGIN van het verhaal.\n" + "midden " * 600_000 + "\nEINDE van het verhaal"
    assert len(text) > 100 * MAX_CHARACTERS
    mentions = one(classifier, text).mentions
    assert mentions[0].text == "BEGIN van het verhaal."
    assert mentions[-1].text == "EINDE van het verhaal"
    assert all(m.text == text[m.start : m.end] for m in mentions)


def test_missing_weights_are_named(tmp_path) -> None:
    with pytest.raises(ModelUnavailableError, match=r"model\.safetensors.*not found"):
        Classifier.load(str(tmp_path))


def test_unreachable_hugging_face_model_is_named(untrained, monkeypatch) -> None:
    monkeypatch.setattr("sentiment.weights.load", lambda *_: None)
    with pytest.raises(ModelUnavailableError, match="hf:/nowhere/model: cannot be loaded"):
        Classifier.load("hf:/nowhere/model")
