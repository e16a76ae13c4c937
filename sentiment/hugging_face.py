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
# More than the other model reads of a text is no help here.
_MAX_TOKENS: Final = 512
# What Transformers calls the part that a base model lacks.
_CLASSIFIERS: Final = frozenset({"classifier", "score"})
_STARS: Final = re.compile(r"([1-5])( stars?)?")
# A three-way answer as stars: the score becomes P(positive) - P(negative).
_STAR_OF: Final = {"negative": 0, "neutral": 2, "positive": 4}


@dataclass(frozen=True)
class HuggingFaceHead:
    """`task` (`stars` or `moment`) of this model replaces ours; `columns[i]` is label i's class.

    `limit`: tokens of a text that are read, specials among them.
    """

    task: str
    columns: NDArray[np.int64]
    width: int
    limit: int
    model: Any
    tokenizer: Any

    @classmethod
    def load(cls, name: str, labels: Mapping[str, str] | None = None) -> "HuggingFaceHead":
        """Load `hf:<repository or path>`, onto the GPU where there is one; `labels` maps its labels to our codes.

        Raises ModelUnavailableError when it cannot be reached or read, or a label has no code.
        """
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        place = name.removeprefix(HUGGING_FACE)
        try:
            tokenizer = AutoTokenizer.from_pretrained(place)
            model, told = AutoModelForSequenceClassification.from_pretrained(place, output_loading_info=True)
        except Exception as error:  # each of its readers of files raises its own
            raise ModelUnavailableError(
                f"{name}: cannot be loaded ({error}); name a sequence-classification model that "
                "this machine can reach, or a directory that holds one"
            ) from error
        if untrained := sorted(key for key in told["missing_keys"] if key.partition(".")[0] in _CLASSIFIERS):
            raise ModelUnavailableError(
                f"{name}: is no trained classifier ({', '.join(untrained)} not in its files): its answers would be "
                "random; name a model that was fine-tuned for sequence classification"
            )
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
            model.config.pad_token_id = tokenizer.pad_token_id
        names = [str(model.config.id2label[i]) for i in range(model.config.num_labels)]
        task, columns = label_columns(name, names, labels or {})
        width = len(MOMENTS) if task == "moment" else 5
        device = "cuda" if torch.cuda.is_available() else "cpu"
        ready = model.float().eval().to(device)
        return cls(task, np.array(columns), width, token_limit(model, tokenizer), ready, tokenizer)

    @torch.inference_mode()
    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probabilities of our classes, [texts, width]."""
        found = np.zeros((len(texts), self.width))
        encoded = self.tokenizer(list(texts), truncation=True, max_length=self.limit)
        lengths = [len(ids) for ids in encoded["input_ids"]]
        for batch in budget_batches(lengths, _BUDGET):
            rows = [{key: encoded[key][i] for key in encoded} for i in batch]
            padded = self.tokenizer.pad(rows, return_tensors="pt").to(self.model.device)
            answer = self.model(**padded).logits.double().softmax(dim=1).cpu().numpy()
            for column, probability in zip(self.columns, answer.T, strict=True):
                found[batch, column] += probability
        return found


def token_limit(model: Any, tokenizer: Any) -> int:
    """Return how many tokens a text may have: at most 512, what the tokenizer says, and the model's positions."""
    positions = getattr(model.config, "max_position_embeddings", None) or _MAX_TOKENS
    return int(min(_MAX_TOKENS, tokenizer.model_max_length, positions - _unused_positions(model)))


def _unused_positions(model: torch.nn.Module) -> int:
    """Return how many positions no token takes: models such as RoBERTa count on from the padding index."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            return 0 if module.padding_idx is None else module.padding_idx + 1
    return 0


def label_columns(name: str, names: Sequence[str], labels: Mapping[str, str]) -> tuple[str, list[int]]:
    """Return the task and the class number of each label; raise ModelUnavailableError."""
    if strangers := sorted(set(labels) - set(names)):
        raise ModelUnavailableError(f"{name}: has no labels {', '.join(strangers)}; its labels are {', '.join(names)}")
    codes = [labels.get(label, label).lower() for label in names]
    if all(code in MOMENTS for code in codes):
        return "moment", [[*MOMENTS].index(code) for code in codes]  # type: ignore[arg-type]
    stars = [_star(code) for code in codes]
    unknown = [label for label, star in zip(names, stars, strict=True) if star is None]
    if unknown:
        raise ModelUnavailableError(
            f"{name}: no code for its labels {', '.join(unknown)}; map each to one of "
            f"{', '.join(SENTIMENTS)}, to 1-5 (stars), or all of them to {', '.join(MOMENTS)}: under "
            "`sentiment.labels` in umot.yaml, or with --labels NAME=CODE beside --input"
        )
    return "stars", [star for star in stars if star is not None]


def _star(code: str) -> int | None:
    match = _STARS.fullmatch(code)
    return int(match[1]) - 1 if match else _STAR_OF.get(code)
