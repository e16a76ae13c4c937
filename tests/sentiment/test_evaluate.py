from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentiment import weights
from sentiment.calibrate import temperature, threshold
from sentiment.evaluate import evaluate, held_out, promised, section, write_card
from sentiment.inference import for_inference
from sentiment.labels import STANCES
from sentiment.metrics import calibration_error, f1, interval, macro_f1, within_one
from sentiment.predict import score_of, sentiment_of, softmax
from sentiment.tables import headline

TRUTH = np.array([0, 0, 1, 1, 2, 2])
# Other processors add in another order: a few rows of two thousand may fall otherwise.
TOLERANCE = 0.003
SHARED = Path(__file__).parents[3] / "shared" / "data"
PREDICTED = np.array([0, 1, 1, 1, 2, 0])


def test_macro_f1_by_hand() -> None:
    assert macro_f1(3)(TRUTH, PREDICTED) == pytest.approx((0.5 + 0.8 + 2 / 3) / 3)


def test_complaint_f1_and_stars_by_hand() -> None:
    assert f1(np.array([1, 1, 0]), np.array([1, 0, 0])) == pytest.approx(2 / 3)
    assert within_one(TRUTH, PREDICTED) == pytest.approx(5 / 6)


def test_interval_holds_the_value_and_respects_groups() -> None:
    low, high = interval(macro_f1(3), TRUTH, PREDICTED)
    assert low <= macro_f1(3)(TRUTH, PREDICTED) <= high
    assert interval(macro_f1(3), TRUTH, TRUTH, [0, 0, 1, 1, 2, 2]) == (1.0, 1.0)


def test_calibration_error_of_a_boaster() -> None:
    sure = np.tile([[0.95, 0.05]], (10, 1))
    truth = np.array([0] * 5 + [1] * 5)
    assert calibration_error(truth, sure) == pytest.approx(0.45)


def test_temperature_cools_a_boaster() -> None:
    logits = np.tile([[4.0, 0.0]], (100, 1))
    truth = np.array([0] * 70 + [1] * 30)
    found = temperature(lambda value: softmax(logits, value), truth, np.ones(len(truth)))
    assert found == pytest.approx(4.0, rel=0.1)


def test_threshold_is_where_wrong_outweighs_right() -> None:
    confidence = np.linspace(0.3, 0.9, 200)
    assert 0.6 <= threshold(confidence, confidence > 0.5) <= 0.8
    assert threshold(confidence, confidence > 0) == 0.0


def test_score_is_the_expected_star() -> None:
    stars = np.array([[1.0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0.5, 0.5]])
    assert score_of(stars).tolist() == [-1.0, 0.0, 0.75]
    assert sentiment_of(stars).argmax(axis=1).tolist() == [0, 1, 2]


def test_card_is_written_between_its_markers(tmp_path) -> None:
    card = tmp_path / "CARD.md"
    card.write_text("a <!-- written:begin -->old<!-- written:end --> b")
    write_card(card, "written", "#### held-out writers\n\n| moment macro-F1 | 0.812 | x | 9 | 0.01 |")
    assert card.read_text().startswith("a <!-- written:begin -->\n#### held-out")
    assert promised(card) == {"moment macro-F1": 0.812}
    with pytest.raises(ValueError, match="no markers"):
        write_card(card, "real", "")


def test_tables_of_a_model_name_every_part(untrained) -> None:
    examples = held_out(None)["written"][:60]
    text = section(weights.load(untrained), "written", examples)
    for heading in ("moment macro-F1", "truth \\ predicted", "| language |", "sector or source"):
        assert heading in text


@pytest.fixture(scope="module", params=["written", "real"])
def tested(request):
    """The name of a test and the shipped weights' answers to it."""
    if request.param == "real" and not SHARED.is_dir():
        pytest.skip(f"{SHARED.name}: the real rows are not here")
    examples = held_out(SHARED if request.param == "real" else None)[request.param]
    shipment = weights.load()
    for_inference(shipment.model)
    return request.param, evaluate(shipment, [x for x in examples if x.split == "test"])


def test_shipped_weights_score_what_the_card_says(tested) -> None:
    name, found = tested
    assert promised(name=name), "the card has no scores: run `python -m sentiment.evaluate --write`"
    scores = headline(found)
    for score, value in promised(name=name).items():
        assert scores[score] >= value - TOLERANCE, score


@pytest.mark.parametrize("task", ["moment", "sentiment", "stance", "complaint"])
def test_probabilities_mean_something(tested, task: str) -> None:
    _, found = tested
    assert calibration_error(found[task].truth, found[task].probabilities) <= 0.05


def test_a_review_is_likely_an_experience(untrained) -> None:
    posts = [x for x in held_out(None)["written"] if x.kind == "review"][:5]
    shipment = weights.load(untrained)
    heeded, alone = (evaluate(shipment, rows)["stance"] for rows in (posts, [replace(x, kind="post") for x in posts]))
    umot = STANCES.index("umot")
    assert (heeded.probabilities[:, umot] > alone.probabilities[:, umot]).all()
