"""The multi-task model: one encoder, mean-pooled spans, one small head per task, and its losses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sentiment.encoder import Encoder
from sentiment.labels import MOMENTS, STANCES, STARS

# Outputs per task; `stars` serves mentions and whole posts alike.
TASKS: Final[Mapping[str, int]] = {
    "moment": len(MOMENTS),
    "stars": len(STARS),
    "stance": len(STANCES),
    "complaint": 2,
}
_DROPOUT: Final = 0.1
_SMOOTHING: Final = 0.05
# A batch with few or doubtful labels of a task must not move it as far as a full one.
_LEAST_WEIGHT: Final = 8.0
# Distillation (Hinton et al. 2015): the share of the teacher's word, and the temperature at which it is heard.
_TEACHER_SHARE: Final = 0.5
_TEACHER_TEMPERATURE: Final = 2.0


@dataclass(frozen=True)
class Batch:
    """Padded sequences, and which of their tokens are pooled into which slot.

    `ids` int64 and `mask` bool [batch, tokens]; `tokens` int64 [n] indexes the flattened
    batch x tokens, `slots` int64 [n] names the slot of each; slots run from 0 to `count` - 1.
    """

    ids: Tensor
    mask: Tensor
    tokens: Tensor
    slots: Tensor
    count: int

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on another device."""
        tensors = (self.ids, self.mask, self.tokens, self.slots)
        ids, mask, tokens, slots = (tensor.to(device) for tensor in tensors)
        return Batch(ids, mask, tokens, slots, self.count)


class Head(nn.Module):
    """A perceptron with one hidden layer; [n, hidden] to logits [n, outputs]."""

    def __init__(self, hidden: int, outputs: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(_DROPOUT)
        self.dense = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, pooled: Tensor) -> Tensor:
        """Return logits."""
        wide = F.gelu(self.dense(self.dropout(pooled)))
        logits: Tensor = self.out(self.dropout(wide))
        return logits


class MomentModel(nn.Module):
    """The encoder with the heads of every task."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        hidden = encoder.config.hidden_size
        self.heads = nn.ModuleDict({task: Head(hidden, size) for task, size in TASKS.items()})

    def logits(self, pooled: Tensor) -> dict[str, Tensor]:
        """Return the logits of every task for pooled vectors [n, hidden]."""
        return {task: head(pooled) for task, head in self.heads.items()}


def add_slots(sums: Tensor, states: Tensor, batch: Batch) -> Tensor:
    """Add the states [batch, tokens, hidden] of each slot's tokens to `sums` [slots, hidden], and return it."""
    return sums.index_add_(0, batch.slots, states.flatten(0, 1)[batch.tokens])


def slot_means(states: Tensor, batch: Batch) -> Tensor:
    """Return the mean state of each slot's tokens, [slots, hidden]."""
    lengths = torch.bincount(batch.slots, minlength=batch.count).clamp(min=1)
    return add_slots(states.new_zeros(batch.count, states.shape[-1]), states, batch) / lengths[:, None]


@dataclass(frozen=True)
class Targets:
    """Labels of the slots of a batch; -1 (or no allowed star) means not labelled.

    `moment`, `stance`, `complaint`: int64 [n]; `stars`: bool [n, 5], the star values that the label
    allows (a three-way "negative" allows 1 and 2); `weight`: float32 [n]; `teacher`: another model's logits of all
    tasks side by side in the order of `TASKS`, float32 [n, 21]; `heard`: bool [n], the slots where it counts, once for
    every span.
    """

    moment: Tensor
    stance: Tensor
    complaint: Tensor
    stars: Tensor
    weight: Tensor
    teacher: Tensor | None = None
    heard: Tensor | None = None

    def to(self, device: torch.device) -> "Targets":
        """Return the targets on another device."""
        moved: dict[str, Any] = {
            name: value if value is None else value.to(device) for name, value in vars(self).items()
        }
        return Targets(**moved)


def loss(logits: Mapping[str, Tensor], targets: Targets, balance: Mapping[str, Tensor]) -> Tensor:
    """Sum the tasks' weighted mean losses; `balance` holds the class weights per task."""
    parts = [
        _class_loss(logits[task], getattr(targets, task), targets.weight, balance[task])
        for task in ("moment", "stance", "complaint")
    ]
    labelled = torch.stack([*parts, _stars_loss(logits["stars"], targets, balance["stars"])]).sum()
    if targets.teacher is None or targets.heard is None:
        return labelled
    heard = {task: found[targets.heard] for task, found in logits.items()}
    taught = _teacher_loss(heard, targets.teacher[targets.heard])
    return (1 - _TEACHER_SHARE) * labelled + _TEACHER_SHARE * taught


def _teacher_loss(logits: Mapping[str, Tensor], teacher: Tensor) -> Tensor:
    """Sum the tasks' mean divergences from the teacher, at the temperature of both."""
    words = torch.split(teacher, list(TASKS.values()), dim=1)
    divergences = [
        F.kl_div(
            (logits[task] / _TEACHER_TEMPERATURE).log_softmax(dim=1),
            (word / _TEACHER_TEMPERATURE).log_softmax(dim=1),
            reduction="batchmean",
            log_target=True,
        )
        for task, word in zip(TASKS, words, strict=True)
    ]
    return _TEACHER_TEMPERATURE**2 * torch.stack(divergences).sum()


def _class_loss(logits: Tensor, labels: Tensor, weight: Tensor, balance: Tensor) -> Tensor:
    known = labels >= 0
    if not known.any():
        return logits.new_zeros(())
    each = F.cross_entropy(logits[known], labels[known], reduction="none", label_smoothing=_SMOOTHING)
    return _weighted_mean(each, weight[known] * balance[labels[known]])


def _stars_loss(logits: Tensor, targets: Targets, balance: Tensor) -> Tensor:
    allowed = targets.stars
    known = allowed.any(dim=1)
    if not known.any():
        return logits.new_zeros(())
    allowed = allowed[known]
    each = partial_nll(logits[known], allowed) + ranked_probability_score(logits[known], allowed)
    shares = allowed / allowed.sum(dim=1, keepdim=True)
    return _weighted_mean(each, targets.weight[known] * (shares * balance).sum(dim=1))


def _weighted_mean(each: Tensor, weight: Tensor) -> Tensor:
    return (each * weight).sum() / weight.sum().clamp(min=_LEAST_WEIGHT)


def partial_nll(logits: Tensor, allowed: Tensor) -> Tensor:
    """Return -log of the probability of the allowed classes together, [n]."""
    inside = logits.masked_fill(~allowed, float("-inf"))
    return logits.logsumexp(dim=1) - inside.logsumexp(dim=1)


def ranked_probability_score(logits: Tensor, allowed: Tensor) -> Tensor:
    """Return the ordinal loss of Epstein 1969: squared distance of cumulative distributions, [n].

    Thresholds that the label leaves open (between two allowed values) count for nothing.
    """
    cumulative = logits.softmax(dim=1).cumsum(dim=1)[:, :-1]
    below = allowed.flip(1).cumsum(dim=1).flip(1)[:, 1:] == 0
    above = allowed.cumsum(dim=1)[:, :-1] == 0
    settled = below | above
    return ((cumulative - below.float()).square() * settled).sum(dim=1)
