"""Rows of other data sets, mapped to our labels by rule: much text, noisy labels, low weight."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sentiment.corpus import Example, Target, real_split, shared_rows
from sentiment.labels import LANGUAGES, MOMENTS, Moment

_ALLOWED: Final[Mapping[str, frozenset[int]]] = {
    "neg": frozenset({1, 2}),
    "neu": frozenset({3}),
    "pos": frozenset({4, 5}),
}
_GOLD_WEIGHT: Final = 0.5
_SILVER_WEIGHT: Final = 0.25
_TRANSLATED: Final = 0.7
# Film reviews are far from brands.
_SOURCE_WEIGHT: Final[Mapping[str, float]] = {"rt-polarity": 0.3, "uci-sentences-imdb": 0.5}
# The rule that made these labels agrees with a reading often enough only for these pairs.
_MOMENT_WEIGHT: Final[Mapping[tuple[str, Moment], float]] = {
    ("m-absa", "smot"): 0.1,
    ("m-absa", "umot"): 0.1,
    ("bitext", "umot"): 0.1,
    ("bitext", "smot"): 0.1,
}
_CAP: Final = 400


@dataclass
class _Row:
    text: str
    row: dict[str, Any]
    label: str | None = None
    moment: str | None = None


def read_silver(shared: Path, excluded: frozenset[str]) -> list[Example]:
    """Return training examples of every language, at most 400 a language, source and label.

    `excluded` holds the keys (SHA-256) of texts that are read by hand or calibrate readers; test parts are left out.
    """
    examples: list[Example] = []
    for language in LANGUAGES:
        kept = (x for x in _examples(shared, language) if x.key not in excluded)
        examples += _capped(kept)
    return examples


def read_real_sentiment(shared: Path) -> list[Example]:
    """Return the test parts with sentiment by people (`quality: gold`), one example a text."""
    examples = {}
    for language in LANGUAGES:
        for row in shared_rows(shared, language):
            if row["split"] == "test" and row.get("label") and row["quality"] == "gold":
                split = real_split(language, row["source"], "test", row["text"])
                target = Target(0, len(row["text"]), stars=_stars(row))
                example = Example(row["text"], (target,), language, row["source"], "real", split)
                examples[example.key] = example
    return list(examples.values())


def _examples(shared: Path, language: str) -> Iterator[Example]:
    merged: dict[str, _Row] = {}
    for row in shared_rows(shared, language):
        found = merged.setdefault(row["text"], _Row(row["text"], row))
        if "label" in row:
            found.label, found.row = row["label"], row
        else:
            found.moment = row["primary"].lower()
    for item in merged.values():
        source, text = item.row["source"], item.text
        targets = tuple(_targets(item, source))
        if real_split(language, source, item.row["split"], text) == "train" and targets:
            yield Example(text, targets, language, source, "silver", "train")


def _targets(item: _Row, source: str) -> Iterator[Target]:
    if item.label:
        yield Target(0, len(item.text), stars=_stars(item.row), weight=_weight(item.row))
    for moment in MOMENTS:
        weight = _MOMENT_WEIGHT.get((source, moment))
        if moment == item.moment and weight:
            yield Target(0, len(item.text), moment, weight=weight)


def _stars(row: dict[str, Any]) -> frozenset[int]:
    return frozenset({row["stars"]}) if row.get("stars") else _ALLOWED[row["label"]]


def _weight(row: dict[str, Any]) -> float:
    base = _GOLD_WEIGHT if row["quality"] == "gold" else _SILVER_WEIGHT
    return base * _SOURCE_WEIGHT.get(row["source"], 1.0) * (_TRANSLATED if row["mt"] else 1.0)


def _capped(examples: Iterator[Example]) -> Iterator[Example]:
    # By hash of the text: the choice does not depend on the order of the files.
    taken: Counter[tuple[object, ...]] = Counter()
    for example in sorted(examples, key=lambda x: x.key):
        group = (example.sector, example.targets[0].stars, example.targets[0].moment)
        taken[group] += 1
        if taken[group] <= _CAP:
            yield example
