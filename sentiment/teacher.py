"""Another model's word on the training examples: for a student, and for labels that a row lacks.

Hinton et al. 2015 (distillation). Silver rows carry a sentiment and rarely a moment: what the teacher says of the rest
is self-training.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sentiment import weights
from sentiment.corpus import Example
from sentiment.inference import for_inference
from sentiment.model import TASKS
from sentiment.names import model_name
from sentiment.predict import Predictions, predict


def teacher_logits(folder: Path, examples: Sequence[Example], cache: Path) -> list[torch.Tensor]:
    """Return per example a teacher's logits of all its targets, float32 [targets, 21], tasks as in `TASKS`.

    Args:
        folder: the teacher's model directory.
        cache: file that keeps them; it must belong to these examples and this teacher.
    """
    if not cache.exists():
        partial = cache.with_suffix(".partial.npy")
        np.save(partial, _all_logits(folder, examples))
        partial.replace(cache)
    rows = torch.from_numpy(np.load(cache).astype(np.float32))
    return list(torch.split(rows, [len(example.targets) for example in examples]))


def cache_name(folder: Path, data: str) -> str:
    """Return the name of the file for a teacher and the digest of the examples."""
    return f"{model_name(str(folder))}-{data}.npy"


def _all_logits(folder: Path, examples: Sequence[Example]) -> NDArray[np.float16]:
    shipment = weights.load(folder)
    for_inference(shipment.model)
    found = predict(shipment.model, shipment.tokenizer, examples, shipment.config.context)
    side_by_side = np.concatenate([found.logits[task] for task in TASKS], axis=1).astype(np.float16)
    return side_by_side[_rows(found, examples)]


def _rows(found: Predictions, examples: Sequence[Example]) -> list[int]:
    """Return the prediction of every target: all targets of a text that is no post are that text."""
    first = np.searchsorted(np.asarray(found.owners), np.arange(len(examples))).tolist()
    return [
        begin + (number if example.kind else 0)
        for begin, example in zip(first, examples, strict=True)
        for number in range(len(example.targets))
    ]
