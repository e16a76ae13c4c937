from datetime import date, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from umot.alerts.picture import Span, backtest_picture

SAY = {
    "posts": "berichten",
    "expected": "verwacht",
    "alert": "melding",
    "covered": "volledig",
    "partial": "deels",
    "missing": "ontbreekt",
    "unknown": "onbekend",
}
FIRST = date(2024, 1, 1)
SHADE, BAR = "#d08a2e", "#8fa3c4"


def drawn(days=730, spans=(), brand="Bol", states=None, expected=4.0):
    known = [FIRST + timedelta(column) for column in range(days)]
    counts = np.random.default_rng(1).poisson(4, days) + 1.0
    return backtest_picture(brand, known, counts, [expected] * days, states or ["covered"] * days, spans, SAY)


def marks(svg, shade):
    return [
        mark
        for mark in ET.fromstring(svg).findall(".//{*}path")
        if mark.get("fill") == shade and mark.get("aria-label")
    ]


def texts(svg):
    return ["".join(part.itertext()) for part in ET.fromstring(svg).findall(".//{*}text")]


def span(begin, end, severity):
    return Span(FIRST + timedelta(begin), FIRST + timedelta(end), severity)


@pytest.mark.parametrize("days", [1, 60, 730])
def test_every_day_and_alert_is_drawn(days):
    svg = drawn(days, [span(0, 0, 3), span(days // 2, days - 1, 10)])
    assert len(marks(svg, BAR)) == days
    assert len(marks(svg, SHADE)) == 2
    assert {"3", "10", "Bol", *SAY.values()} <= set(texts(svg))


def test_the_more_severe_the_darker():
    mild, severe = (float(mark.get("opacity")) for mark in marks(drawn(90, [span(10, 12, 1), span(50, 52, 10)]), SHADE))
    assert mild < severe


def test_alerts_outside_the_days_are_left_out_and_the_others_cut_off():
    svg = drawn(30, [span(-9, -2, 9), span(-3, 4, 5), span(30, 31, 9)])
    assert len(marks(svg, SHADE)) == 1
    assert "9" not in texts(svg)


def test_days_not_collected_have_no_bar():
    states = ["unknown"] * 10 + ["covered"] * 15 + ["missing"] * 3 + ["partial"] * 2
    svg = drawn(30, states=states)
    assert len(marks(svg, BAR)) == 17
    assert len(marks(svg, "#b5403a")) == 1


def test_nothing_expected_yet_is_no_line():
    assert "NaN" not in drawn(30, expected=float("nan"))


def test_a_brand_is_text_and_never_markup():
    svg = drawn(30, brand='<script>"O\'Neill" & Co</script>')
    assert "<script" not in svg
    assert '<script>"O\'Neill" & Co</script>' in texts(svg)


def test_rows_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 days, 1 counts, 2 expected, 2 states"):
        backtest_picture("Bol", [FIRST, FIRST + timedelta(1)], [1], [1, 1], ["covered"] * 2, [], SAY)
