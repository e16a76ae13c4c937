"""What a run is fitted to: all examples of the training split, or some of them for a comparison."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sentiment.corpus import Example, Target, calibration_keys, read_real, read_written
from sentiment.model import TASKS
from sentiment.silver import read_silver

_HASH_DIGITS: Final = 8


@dataclass(frozen=True)
class Data:
    """The examples of a run; `dev` picks the epoch and calibrates, it is never fitted."""

    train: list[Example]
    dev: list[Example]

    @property
    def digest(self) -> str:
        """Ten hexadecimal digits of the training examples' texts and labels."""
        found = hashlib.sha256()
        for example in self.train:
            labels = [(t.start, t.end, t.moment, sorted(t.stars or ()), t.stance, t.complaint) for t in example.targets]
            found.update(f"{example.key} {labels}\n".encode())
        return found.hexdigest()[:10]


def read_data(shared: Path | None, tasks: Collection[str] = tuple(TASKS), share: float = 1.0) -> Data:
    """Return the training and development examples.

    Args:
        shared: a directory that adds real and silver rows.
        tasks: those whose labels are kept.
        share: that of the training examples that is kept, by the hash of their text.
    """
    labelled = read_written()
    silver: list[Example] = []
    if shared is not None:
        labelled += read_real(shared)
        silver = read_silver(shared, frozenset(example.key for example in labelled) | calibration_keys(shared))
    train = [example for example in labelled if example.split == "train"]
    kept = [example for example in (*train, *silver) if _place(example) < share]
    dev = [example for example in labelled if example.split == "dev" and not example.piece]
    return Data(_labelled(kept, tasks), _labelled(dev, tasks))


def _place(example: Example) -> float:
    # Of the end of the hash: its beginning splits real rows into training and development.
    return int(example.key[-_HASH_DIGITS:], 16) / 16.0**_HASH_DIGITS


def _labelled(examples: Sequence[Example], tasks: Collection[str]) -> list[Example]:
    """Return the examples that have a label of these tasks, without the labels of others."""
    if set(tasks) == set(TASKS):
        return list(examples)
    shown = (replace(x, targets=tuple(_with_labels(t, tasks) for t in x.targets)) for x in examples)
    return [example for example in shown if any(map(_has_label, example.targets))]


def _with_labels(target: Target, tasks: Collection[str]) -> Target:
    kept: dict[str, Any] = {task: getattr(target, task) if task in tasks else None for task in TASKS}
    return replace(target, **kept)


def _has_label(target: Target) -> bool:
    return any(getattr(target, task) is not None for task in TASKS)
