import numpy as np
import pytest

from sentiment import weights
from sentiment.calibrate import temperature, threshold
from sentiment.evaluate import evaluate, held_out, promised, section, write_card
from sentiment.inference import for_inference
from sentiment.metrics import calibration_error, f1, interval, macro_f1, within_one
from sentiment.names import SHIPPED
from sentiment.predict import score_of, sentiment_of, softmax
from sentiment.tables import headline

TRUTH = np.array([0, 0, 1, 1, 2, 2])
# Other processors add in another order: a few rows of two thousand may fall otherwise.
TOLERANCE = 0.003
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


def test_shipped_weights_score_what_the_card_says() -> None:
    if not SHIPPED.is_dir():
        pytest.skip("no shipped weights yet: run `python -m sentiment.train`")
    assert promised(), "the card has no scores: run `python -m sentiment.evaluate --write`"
    examples = [x for x in held_out(None)["written"] if x.split == "test"]
    shipment = weights.load()
    for_inference(shipment.model)
    scores = headline(evaluate(shipment, examples))
    for name, value in promised().items():
        assert scores[name] >= value - TOLERANCE, name
