"""Examples as token sequences with tensors of targets, and the order an epoch takes them in."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from tokenizers import Encoding, Tokenizer

from sentiment.batching import Pool, TokenSequence, budget_batches, collate, token_span
from sentiment.corpus import Example, Target
from sentiment.labels import MOMENTS, STANCES, STARS
from sentiment.model import TASKS, Batch, Targets

MAX_TOKENS: Final = 256
_CHUNK: Final = 2048
_BALANCE_POWER: Final = 0.5
_SILVER_EVERY: Final = 2


@dataclass(frozen=True)
class Item:
    """A tokenised example: `spans[i]` are the tokens of `targets[i]`, row i of `teacher` a teacher's logits of it."""

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    targets: tuple[Target, ...]
    teacher: torch.Tensor | None = None

    @property
    def is_read(self) -> bool:
        """Tell whether somebody wrote or read it for these labels; silver rows are only mapped to them."""
        return any(target.weight == 1 for target in self.targets)


def prepare(
    tokenizer: Tokenizer, examples: Sequence[Example], teacher: Sequence[torch.Tensor] | None = None
) -> list[Item]:
    """Tokenise the examples; texts longer than 256 tokens keep their head.

    Args:
        teacher: per example a teacher's logits of its targets.
    """
    encodings = tokenizer.encode_batch([example.text for example in examples])
    words: Sequence[torch.Tensor | None] = teacher or [None] * len(examples)
    return [_item(e, x.targets, w) for e, x, w in zip(encodings, examples, words, strict=True)]


def _item(encoding: Encoding, targets: tuple[Target, ...], teacher: torch.Tensor | None) -> Item:
    ids = encoding.ids
    last = min(len(ids), MAX_TOKENS) - 1
    spans = [token_span(encoding, t.start, t.end) for t in targets]
    kept = [i for i, (first, _) in enumerate(spans) if first < last]
    cut = tuple((spans[i][0], min(spans[i][1], last)) for i in kept)
    return Item(
        (*ids[:last], ids[-1]), cut, tuple(targets[i] for i in kept), None if teacher is None else teacher[kept]
    )


def batch_of(items: Sequence[Item]) -> tuple[Batch, Targets]:
    """Collate items; every target of every item is a slot."""
    sequences, slot = [], 0
    for item in items:
        pools = tuple(Pool(slot + i, *span) for i, span in enumerate(item.spans))
        sequences.append(TokenSequence(item.ids, pools))
        slot += len(pools)
    words = [item.teacher for item in items if item.teacher is not None]
    targets = targets_of([t for item in items for t in item.targets])
    if words:
        # A span may have several targets, one for each kind of label; the teacher says the same of all.
        first = [span not in item.spans[:i] for item in items for i, span in enumerate(item.spans)]
        targets = replace(targets, teacher=torch.cat(words), heard=torch.tensor(first))
    return collate(sequences, slot), targets


def targets_of(targets: Sequence[Target]) -> Targets:
    """Return the labels as tensors."""
    return Targets(
        moment=torch.tensor([MOMENTS.index(t.moment) if t.moment else -1 for t in targets]),
        stance=torch.tensor([STANCES.index(t.stance) if t.stance else -1 for t in targets]),
        complaint=torch.tensor([-1 if t.complaint is None else int(t.complaint) for t in targets]),
        stars=torch.tensor([[star in (t.stars or ()) for star in STARS] for t in targets]),
        weight=torch.tensor([t.weight for t in targets]),
    )


def class_balance(items: Sequence[Item]) -> dict[str, torch.Tensor]:
    """Return per task the weight of each class: the root of its inverse weighted frequency."""
    targets = targets_of([t for item in items for t in item.targets])
    balance = {}
    for task, size in TASKS.items():
        labels = getattr(targets, task)
        known = labels.any(dim=1) if task == "stars" else labels >= 0
        shares = (
            labels[known].float() / labels[known].sum(dim=1, keepdim=True)
            if task == "stars"
            else torch.nn.functional.one_hot(labels[known], size).float()
        )
        balance[task] = _inverse_root((shares * targets.weight[known, None]).sum(dim=0))
    return balance


def _inverse_root(counts: torch.Tensor) -> torch.Tensor:
    weights = (counts.clamp(min=1.0) / counts.sum().clamp(min=1.0)) ** -_BALANCE_POWER
    return weights / ((weights * counts).sum() / counts.sum().clamp(min=1.0)).clamp(min=1e-6)


def epoch_batches(
    items: Sequence[Item],
    variants: Mapping[int, Item],
    budget: int,
    generator: random.Random,
    epoch: int = 0,
) -> list[list[Item]]:
    """Return an epoch's batches in random order, each of texts of like length.

    A row with a variant (another spelling) comes as one of the two; a silver row comes every second epoch.
    """
    chosen = [
        variants[i] if i in variants and generator.random() < 0.5 else item
        for i, item in enumerate(items)
        if item.is_read or (i + epoch) % _SILVER_EVERY == 0
    ]
    generator.shuffle(chosen)
    batches = []
    for start in range(0, len(chosen), _CHUNK):
        chunk = chosen[start : start + _CHUNK]
        indices = budget_batches([len(item.ids) for item in chunk], budget)
        batches += [[chunk[i] for i in batch] for batch in indices]
    generator.shuffle(batches)
    return batches


def label_counts(examples: Sequence[Example]) -> Counter[str]:
    """Count the targets per task and label, for the record of a run."""
    counts: Counter[str] = Counter()
    for target in (t for example in examples for t in example.targets):
        counts.update({f"moment:{target.moment}": target.moment is not None})
        counts.update({f"stance:{target.stance}": target.stance is not None})
    return +counts
