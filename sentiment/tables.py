"""The model card's tables, in Markdown, from predictions on held-out examples."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentiment.corpus import Example
from sentiment.labels import MOMENTS
from sentiment.metrics import (
    Labels,
    Metric,
    accuracy,
    calibration_error,
    confusion,
    f1,
    f1_per_class,
    interval,
    macro_f1,
    within_one,
)
from sentiment.predict import SENTIMENT_OF_STAR, Predictions, label, sentiment_of, softmax

TASKS: Final[dict[str, tuple[str, Metric]]] = {
    "moment macro-F1": ("moment", macro_f1(7)),
    "stance macro-F1": ("stance", macro_f1(7)),
    "complaint F1": ("complaint", f1),
    "sentiment accuracy": ("sentiment", accuracy),
    "sentiment macro-F1": ("sentiment", macro_f1(3)),
    "stars within one": ("stars", within_one),
}
_FEW: Final = 20


@dataclass(frozen=True)
class Answers:
    """The labelled rows of one task: truth [n], probabilities [n, classes], example numbers [n]."""

    truth: Labels
    probabilities: NDArray[np.float64]
    owners: NDArray[np.int64]

    @property
    def predicted(self) -> Labels:
        """The most probable class of each row."""
        classes: Labels = self.probabilities.argmax(axis=1)
        return classes

    def where(self, keep: NDArray[np.bool_]) -> "Answers":
        """Return the kept rows."""
        return Answers(self.truth[keep], self.probabilities[keep], self.owners[keep])


def answers(predictions: Predictions, temperatures: dict[str, float]) -> dict[str, Answers]:
    """Return the answers of every task; `sentiment` is derived from the stars."""
    found = {task: _answers(predictions, task, temperatures) for task in temperatures}
    return found | {"sentiment": _sentiment(predictions, temperatures["stars"])}


def _answers(predictions: Predictions, task: str, temperatures: dict[str, float]) -> Answers:
    rows = predictions.rows(task)
    probabilities = softmax(predictions.logits[task][rows], temperatures[task])
    return Answers(predictions.truth(task), probabilities, _owners(predictions, rows))


def _sentiment(predictions: Predictions, temperature: float) -> Answers:
    classes = [{int(SENTIMENT_OF_STAR[star - 1]) for star in target.stars or ()} for target in predictions.targets]
    rows = np.flatnonzero([len(found) == 1 for found in classes])
    probabilities = sentiment_of(softmax(predictions.logits["stars"][rows], temperature))
    truth = np.array([min(classes[row]) for row in rows], np.int64)
    return Answers(truth, probabilities, _owners(predictions, rows))


def _owners(predictions: Predictions, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    return np.asarray(predictions.owners, np.int64)[rows]


def headline(found: dict[str, Answers]) -> dict[str, float]:
    """Return the scores that the card promises, by name; tasks without rows are left out."""
    return {
        name: metric(found[task].truth, found[task].predicted)
        for name, (task, metric) in TASKS.items()
        if len(found[task].truth)
    }


def document(found: dict[str, Answers], examples: Sequence[Example]) -> str:
    """Return all tables of one set of examples."""
    by_language: Callable[[Example], str] = lambda example: example.language  # noqa: E731
    parts = [
        table(("score", "value", "95 % interval", "rows", "ECE"), _headline_rows(found)),
        table(("moment", "F1", "95 % interval", "rows"), _moment_rows(found["moment"])),
        _confusion(found["moment"]),
        _grouptable("language", found, examples, by_language),
        _grouptable("sector or source", found, examples, lambda example: example.sector),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline_rows(found: dict[str, Answers]) -> Iterator[tuple[str, ...]]:
    for name, (task, metric) in TASKS.items():
        rows = found[task]
        if len(rows.truth):
            error = calibration_error(rows.truth, rows.probabilities)
            yield name, *_scored(metric, rows), str(len(rows.truth)), f"{error:.3f}"


def _scored(metric: Metric, rows: Answers) -> tuple[str, str]:
    low, high = interval(metric, rows.truth, rows.predicted, rows.owners.tolist())
    return f"{metric(rows.truth, rows.predicted):.3f}", f"{low:.3f}–{high:.3f}"


def _moment_rows(rows: Answers) -> Iterator[tuple[str, ...]]:
    for number, moment in enumerate(MOMENTS):
        count = int((rows.truth == number).sum())
        if count:
            yield moment, *_scored(_one_class(number), rows), str(count)


def _one_class(number: int) -> Metric:
    def metric(truth: Labels, predicted: Labels) -> float:
        return float(f1_per_class(truth, predicted, len(MOMENTS))[number])

    return metric


def _confusion(rows: Answers) -> str:
    if not len(rows.truth):
        return ""
    counts = confusion(rows.truth, rows.predicted, len(MOMENTS))
    lines = ((moment, *map(str, counts[i])) for i, moment in enumerate(MOMENTS))
    return table(("truth \\ predicted", *MOMENTS), lines)


def _grouptable(
    name: str,
    found: dict[str, Answers],
    examples: Sequence[Example],
    group: Callable[[Example], str],
) -> str:
    names = np.array([group(example) for example in examples])
    columns = ("moment macro-F1", "sentiment accuracy", "sentiment macro-F1", "stance macro-F1")
    lines = ((key, *(_cell(column, found, names == key) for column in columns)) for key in sorted(set(names)))
    return table((name, *(f"{column} (rows)" for column in columns)), lines)


def _cell(column: str, found: dict[str, Answers], members: NDArray[np.bool_]) -> str:
    task, metric = TASKS[column]
    rows = found[task].where(members[found[task].owners])
    if len(rows.truth) < _FEW:
        return "–"
    value, limits = _scored(metric, rows)
    return f"{value} [{limits}] ({len(rows.truth)})"


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """Return a Markdown table; nothing when it has no rows."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if not lines:
        return ""
    rule = "|" + "---|" * len(head)
    return "\n".join(["| " + " | ".join(head) + " |", rule, *lines])


def labelled_rows(examples: Sequence[Example], task: str) -> list[tuple[Example, int]]:
    """Return the single-target examples that carry a label of the task, for baselines."""
    pairs = ((example, label(example.targets[0], task)) for example in examples)
    return [(example, value) for example, value in pairs if value is not None]
