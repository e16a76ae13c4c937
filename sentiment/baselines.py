"""What a simple method reaches on the same rows: TF-IDF, and the untrained encoder with a probe."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sentiment.base import untrimmed
from sentiment.corpus import Example
from sentiment.inference import plan, pool
from sentiment.metrics import Labels, Metric, accuracy, interval, macro_f1
from sentiment.model import MomentModel
from sentiment.predict import SENTIMENT_OF_STAR
from sentiment.tables import labelled_rows

_TASKS: Final[tuple[tuple[str, str, Metric], ...]] = (
    ("moment macro-F1", "moment", macro_f1(7)),
    ("stance macro-F1", "stance", macro_f1(7)),
    ("sentiment accuracy", "stars", accuracy),
)
_REGULARISATION: Final = (0.1, 1.0, 10.0)

Features = Callable[[Sequence[str]], Any]


def baseline_rows(train: Sequence[Example], test: Sequence[Example]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield (method, score, value, interval, rows) for both baselines and every task."""
    for method, make in (("TF-IDF + logistic regression", _tfidf), ("frozen + probe", _frozen)):
        features: Features | None = None
        for name, task, metric in _TASKS:
            fit, held = labelled_rows(train, task), labelled_rows(test, task)
            if not fit or not held:
                continue
            features = features or make([example.text for example in train])
            predicted = _predict(features, fit, held, task)
            truth = _classes(held, task)
            low, high = interval(metric, truth, predicted)
            value = metric(truth, predicted)
            yield method, name, f"{value:.3f}", f"{low:.3f}–{high:.3f}", str(len(truth))


def _classes(rows: Sequence[tuple[Example, int]], task: str) -> Labels:
    labels = np.array([value for _, value in rows], np.int64)
    return SENTIMENT_OF_STAR[labels] if task == "stars" else labels


def _predict(
    features: Features,
    fit: Sequence[tuple[Example, int]],
    held: Sequence[tuple[Example, int]],
    task: str,
) -> Labels:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    regression = LogisticRegression(max_iter=1000, class_weight="balanced")
    search = GridSearchCV(regression, {"C": list(_REGULARISATION)}, cv=3, scoring="f1_macro")
    search.fit(features([example.text for example, _ in fit]), _classes(fit, task))
    predicted: Labels = search.predict(features([example.text for example, _ in held]))
    return predicted


def _tfidf(texts: Sequence[str]) -> Features:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    union = make_union(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
    )
    union.fit(texts)
    return lambda rows: union.transform(rows)


def _frozen(_: Sequence[str]) -> Features:
    encoder, tokenizer = untrimmed()
    model = MomentModel(encoder)

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        encodings = tokenizer.encode_batch(list(texts))
        sequences = [x for i, e in enumerate(encodings) for x in plan(e, (), i, "alone")]
        pooled: NDArray[np.float32] = pool(model, sequences, len(texts))[0].numpy()
        centred = pooled - pooled.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        scaled: NDArray[np.float32] = centred / lengths * np.sqrt(pooled.shape[1])
        return scaled

    return vectors
