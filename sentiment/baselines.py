"""What a simple method reaches on the same rows: TF-IDF, and the untrained encoder with a probe."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentiment.base import untrimmed
from sentiment.corpus import Example
from sentiment.inference import plan, pool
from sentiment.metrics import Labels, Metric, accuracy, f1, interval, macro_f1
from sentiment.model import MomentModel
from sentiment.predict import SENTIMENT_OF_STAR
from sentiment.tables import labelled_rows

_TASKS: Final[tuple[tuple[str, str, Metric], ...]] = (
    ("moment macro-F1", "moment", macro_f1(7)),
    ("stance macro-F1", "stance", macro_f1(7)),
    ("complaint F1", "complaint", f1),
    ("sentiment accuracy", "stars", accuracy),
)
_FEATURES: Final = 60_000

Features = Callable[[Sequence[str]], Any]
Labelled = Sequence[tuple[Example, int]]


@dataclass(frozen=True)
class _Method:
    name: str
    make: Callable[[Sequence[str]], Features]
    inverse_penalty: float


def baseline_rows(
    train: Sequence[Example], tests: Mapping[str, Sequence[Example]]
) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield (set, method, score, value, interval, rows) of each method, fitted once a task."""
    for method in _METHODS:
        features = method.make([example.text for example in train])
        for name, task, metric in _TASKS:
            fit = labelled_rows(train, task)
            held = {key: rows for key, test in tests.items() if (rows := labelled_rows(test, task))}
            model = _fitted(features, fit, task, method.inverse_penalty)
            for key, rows in held.items():
                truth, predicted = _classes(rows, task), model.predict(features(_texts(rows)))
                low, high = interval(metric, truth, predicted)
                value = f"{metric(truth, predicted):.3f}"
                yield key, method.name, name, value, f"{low:.3f}–{high:.3f}", str(len(truth))


def _texts(rows: Labelled) -> list[str]:
    return [example.text for example, _ in rows]


def _classes(rows: Labelled, task: str) -> Labels:
    labels = np.array([value for _, value in rows], np.int64)
    return SENTIMENT_OF_STAR[labels] if task == "stars" else labels


def _fitted(features: Features, fit: Labelled, task: str, inverse_penalty: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=inverse_penalty, max_iter=200, class_weight="balanced")
    return regression.fit(features(_texts(fit)), _classes(fit, task))


def _tfidf(texts: Sequence[str]) -> Features:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    union = make_union(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, max_features=_FEATURES, sublinear_tf=True),
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=_FEATURES, sublinear_tf=True),
    )
    union.fit(texts)
    return lambda rows: union.transform(rows)


def _frozen(_: Sequence[str]) -> Features:
    encoder, tokenizer = untrimmed()
    model = MomentModel(encoder)
    known: dict[str, NDArray[np.float32]] = {}

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        new = list(dict.fromkeys(text for text in texts if text not in known))
        if new:
            known.update(zip(new, _embedded(model, tokenizer, new), strict=True))
        return np.stack([known[text] for text in texts])

    return vectors


def _embedded(model: MomentModel, tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    encodings = tokenizer.encode_batch(list(texts))
    sequences = [x for i, e in enumerate(encodings) for x in plan(e, (), i, "alone")]
    pooled: NDArray[np.float32] = pool(model, sequences, len(texts))[0].numpy()
    centred = pooled - pooled.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = centred / lengths * np.sqrt(pooled.shape[1])
    return scaled


_METHODS: Final = (
    _Method("TF-IDF + logistic regression, every task alone", _tfidf, 10.0),
    _Method("frozen encoder + probe, every task alone", _frozen, 0.1),
)
