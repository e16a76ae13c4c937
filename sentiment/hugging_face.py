"""A sequence classifier of the Hugging Face hub in place of one of our heads."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from sentiment.batching import budget_batches
from sentiment.errors import ModelUnavailableError
from sentiment.labels import MOMENTS, SENTIMENTS
from sentiment.names import HUGGING_FACE

_BUDGET: Final = 4096
_MAX_TOKENS: Final = 512
_STARS: Final = re.compile(r"([1-5])( stars?)?")
# A three-way answer as stars: the score becomes P(positive) - P(negative).
_STAR_OF: Final = {"negative": 0, "neutral": 2, "positive": 4}


@dataclass(frozen=True)
class HuggingFaceHead:
    """`task` (`stars` or `moment`) of this model replaces ours; `columns[i]` is label i's class."""

    name: str
    task: str
    columns: NDArray[np.int64]
    width: int
    model: Any
    tokenizer: Any

    @classmethod
    def load(cls, name: str, labels: Mapping[str, str] | None = None) -> "HuggingFaceHead":
        """Load `hf:<repository or path>`; `labels` maps its labels to our codes.

        Raises ModelUnavailableError when it cannot be reached or a label has no code.
        """
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        place = name.removeprefix(HUGGING_FACE)
        try:
            tokenizer = AutoTokenizer.from_pretrained(place)
            model = AutoModelForSequenceClassification.from_pretrained(place)
        except (OSError, ValueError) as error:
            raise ModelUnavailableError(
                f"{name}: cannot be loaded ({error}); name a sequence-classification model that "
                "this machine can reach, or a directory that holds one"
            ) from error
        names = [model.config.id2label[i] for i in range(model.config.num_labels)]
        task, columns = label_columns(name, names, labels or {})
        width = len(MOMENTS) if task == "moment" else 5
        return cls(name, task, np.array(columns), width, model.float().eval(), tokenizer)

    @torch.inference_mode()
    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probabilities of our classes, [texts, width]."""
        found = np.zeros((len(texts), self.width))
        encoded = self.tokenizer(list(texts), truncation=True, max_length=_MAX_TOKENS)
        lengths = [len(ids) for ids in encoded["input_ids"]]
        for batch in budget_batches(lengths, _BUDGET):
            rows = [{key: encoded[key][i] for key in encoded} for i in batch]
            padded = self.tokenizer.pad(rows, return_tensors="pt")
            answer = self.model(**padded).logits.double().softmax(dim=1).numpy()
            for column, probability in zip(self.columns, answer.T, strict=True):
                found[batch, column] += probability
        return found


def label_columns(name: str, names: Sequence[str], labels: Mapping[str, str]) -> tuple[str, list[int]]:
    """Return the task and the class number of each label; raise ModelUnavailableError."""
    codes = [labels.get(label, label).lower() for label in names]
    if all(code in MOMENTS for code in codes):
        return "moment", [[*MOMENTS].index(code) for code in codes]  # type: ignore[arg-type]
    stars = [_star(code) for code in codes]
    unknown = [label for label, star in zip(names, stars, strict=True) if star is None]
    if unknown:
        raise ModelUnavailableError(
            f"{name}: no code for its labels {', '.join(unknown)}; map each to one of "
            f"{', '.join(SENTIMENTS)}, to 1-5 (stars), or all of them to {', '.join(MOMENTS)}"
        )
    return "stars", [star for star in stars if star is not None]


def _star(code: str) -> int | None:
    match = _STARS.fullmatch(code)
    return int(match[1]) - 1 if match else _STAR_OF.get(code)
