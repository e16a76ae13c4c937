"""Make probabilities mean something: one temperature per task, one threshold of doubt; and how a mention is read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentiment.corpus import Example
from sentiment.metrics import Labels, macro_f1
from sentiment.model import TASKS, MomentModel
from sentiment.predict import SENTIMENT_OF_STAR, Predictions, predict, sentiment_of, softmax
from sentiment.weights import CONTEXTS, Context, ModelConfig

_TEMPERATURES: Final = np.exp(np.linspace(np.log(0.25), np.log(4.0), 161))
_THRESHOLDS: Final = np.arange(0.30, 0.91, 0.01)
_LEAST: Final = 20
# The standard error of a macro-F1 on some 700 mentions.
_CONTEXT_NOISE: Final = 0.015


def calibrated(
    model: MomentModel, tokenizer: Tokenizer, dev: Sequence[Example], record: Mapping[str, Any]
) -> ModelConfig:
    """Choose context, temperatures and thresholds of doubt on the development examples.

    Args:
        record: settings and data of the run.
    """
    posts = [example for example in dev if example.kind]
    both = {context: predict(model, tokenizer, posts, context) for context in CONTEXTS}
    scores = {context: _mention_score(value) for context, value in both.items()}
    context = _chosen(scores)
    predictions = predict(model, tokenizer, dev, context)
    row_weights = _origin_weights(predictions, dev)
    fitted = {task: _calibration(predictions, task, row_weights) for task in TASKS}
    return ModelConfig(
        encoder=model.encoder.config,
        temperatures={task: pair[0] for task, pair in fitted.items()},
        thresholds={task: pair[1] for task, pair in fitted.items()},
        context=context,
        training={**record, "context_scores": scores},
    )


def _mention_score(predictions: Predictions) -> float:
    return macro_f1(7)(predictions.truth("moment"), predictions.classes("moment"))


def _chosen(scores: Mapping[Context, float]) -> Context:
    """Return `both` unless one reading is better by more than the noise: an average of two varies less."""
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > scores["both"] + _CONTEXT_NOISE else "both"


def _origin_weights(predictions: Predictions, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return the weight of every row [n], so that real and written rows count alike: the model is used on real ones."""
    origins = np.array([examples[owner].origin for owner in predictions.owners])
    _, inverse, counts = np.unique(origins, return_inverse=True, return_counts=True)
    found: NDArray[np.float64] = 1.0 / counts[inverse]
    return found


def _calibration(predictions: Predictions, task: str, row_weights: NDArray[np.float64]) -> tuple[float, float]:
    rows, truth = predictions.rows(task), predictions.truth(task)
    if not len(truth):
        return 1.0, 0.0
    logits = predictions.logits[task][rows]
    if task == "stars":
        # The classes that people see are the sentiment's.
        truth = SENTIMENT_OF_STAR[truth]

    def probabilities(value: float) -> NDArray[np.float64]:
        found = softmax(logits, value)
        return sentiment_of(found) if task == "stars" else found

    value = temperature(probabilities, truth, row_weights[rows])
    fitted = probabilities(value)
    return value, threshold(fitted.max(axis=1), fitted.argmax(axis=1) == truth)


def temperature(
    probabilities: Callable[[float], NDArray[np.float64]], truth: Labels, weight: NDArray[np.float64]
) -> float:
    """Return the divisor of the logits with the least negative log-likelihood (Guo et al. 2017).

    `probabilities` gives those of every row [n, classes] at a temperature; `weight`: float64 [n].
    """
    return float(min(_TEMPERATURES, key=lambda value: _nll(probabilities(value), truth, weight)))


def _nll(probabilities: NDArray[np.float64], truth: Labels, weight: NDArray[np.float64]) -> float:
    chosen = np.maximum(probabilities[np.arange(len(truth)), truth], np.finfo(np.float64).tiny)
    return float(-np.average(np.log(chosen), weights=weight))


def threshold(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the confidence below which the model is wrong at least as often as right.

    The highest such threshold that at least 20 rows stand behind; 0 when there is none.
    """
    best = 0.0
    for value in _THRESHOLDS:
        below = confidence < value
        if below.sum() >= _LEAST and right[below].mean() <= 0.5:
            best = float(value)
    return round(best, 2)
