"""Predict every target of labelled examples, the way the classifier reads texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentiment.batching import TokenSequence, token_span
from sentiment.corpus import Example, Target
from sentiment.inference import plan, pool
from sentiment.labels import MOMENTS, STANCES
from sentiment.metrics import Labels
from sentiment.model import MomentModel
from sentiment.weights import Context

# The odds of stance `umot` for `kind="review"` are multiplied.
REVIEW_ODDS: Final = 8.0

_UMOT: Final = STANCES.index("umot")


@dataclass(frozen=True)
class Predictions:
    """Row i is a target: its labels, the example it belongs to, its logits per task [n, outputs]."""

    targets: Sequence[Target]
    owners: Sequence[int]
    logits: Mapping[str, NDArray[np.float64]]

    def rows(self, task: str) -> NDArray[np.intp]:
        """Return the rows that carry a label of the task (for stars: one exact value)."""
        return np.flatnonzero([label(target, task) is not None for target in self.targets])

    def truth(self, task: str) -> Labels:
        """Return the labels of `rows(task)` as class numbers."""
        values = (label(target, task) for target in self.targets)
        return np.array([value for value in values if value is not None], np.int64)

    def classes(self, task: str) -> Labels:
        """Return the most probable class of each of `rows(task)`."""
        found: Labels = self.logits[task][self.rows(task)].argmax(axis=1)
        return found


def label(target: Target, task: str) -> int | None:
    """Return the class number of a target in a task; None where it is not labelled."""
    if task == "stars":
        return min(target.stars) - 1 if target.stars and len(target.stars) == 1 else None
    if task == "complaint":
        return None if target.complaint is None else int(target.complaint)
    value = target.moment if task == "moment" else target.stance
    return None if value is None else (MOMENTS if task == "moment" else STANCES).index(value)


def predict(model: MomentModel, tokenizer: Tokenizer, examples: Sequence[Example], context: Context) -> Predictions:
    """Return the raw logits of all targets; mentions of a post are read by `context`."""
    encodings = tokenizer.encode_batch([example.text for example in examples])
    sequences: list[TokenSequence] = []
    targets: list[Target] = []
    owners: list[int] = []
    slot = 0
    for owner, (encoding, example) in enumerate(zip(encodings, examples, strict=True)):
        # A sentence is its own mention; the first target of a post is the whole.
        mentions = example.targets[1:] if example.kind else ()
        spans = [token_span(encoding, target.start, target.end) for target in mentions]
        sequences += plan(encoding, spans, slot, context)
        taken = example.targets if example.kind else example.targets[:1]
        targets += taken
        owners += [owner] * len(taken)
        slot += len(taken)
    vectors, _ = pool(model, sequences, slot)
    return Predictions(targets, owners, _logits(model, vectors))


@torch.inference_mode()
def _logits(model: MomentModel, vectors: torch.Tensor) -> dict[str, NDArray[np.float64]]:
    return {task: z.double().cpu().numpy() for task, z in model.logits(vectors).items()}


def sentiment_of(star_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities of negative, neutral, positive [n, 3] from those of 1-5 stars [n, 5]."""
    p = star_probabilities
    return np.stack([p[:, 0] + p[:, 1], p[:, 2], p[:, 3] + p[:, 4]], axis=1)


def score_of(star_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected value of the scale as a score in [-1, 1], [n]."""
    scores: NDArray[np.float64] = star_probabilities @ np.linspace(-1.0, 1.0, 5)
    return scores


def with_prior(stance: NDArray[np.float64], kind: str | None) -> NDArray[np.float64]:
    """Return stance probabilities [7] that heed the kind of text: rating platforms hold experiences."""
    if kind != "review":
        return stance
    weighted = stance * np.where(np.arange(len(stance)) == _UMOT, REVIEW_ODDS, 1.0)
    normalised: NDArray[np.float64] = weighted / weighted.sum()
    return normalised


def softmax(logits: NDArray[np.float64], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return probabilities, [n, outputs]."""
    scaled = logits / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    normalised: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return normalised


SENTIMENT_OF_STAR = np.array([0, 0, 1, 2, 2])
