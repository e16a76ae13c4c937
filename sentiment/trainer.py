"""The training loop: upper layers and heads over cached activations, resumable after a kill."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from sentiment.activations import ActivationCache
from sentiment.dataset import Item, batch_of, class_balance, epoch_batches
from sentiment.errors import ModelUnavailableError
from sentiment.model import TASKS, Batch, MomentModel, loss, slot_means
from sentiment.precision import in_bfloat16

_PROGRESS_SECONDS: Final = 10
_WARM_UP: Final = 0.06
_CLIP: Final = 1.0

Report = Callable[[str], None]
Score = Callable[[], float]


@dataclass(frozen=True)
class Settings:
    """What decides the outcome of a run: `data` names the examples, `teacher` the model that they carry the word of.

    `layers` are the encoder's, counted from below; `tasks` those whose labels are seen; `share` is that of the
    training examples; `bfloat16`: products in that precision, weights and sums in float32.
    """

    seed: int = 1
    layers: int = 12
    trainable_layers: int = 6
    epochs: int = 8
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    budget: int = 1024
    bfloat16: bool = False
    tasks: tuple[str, ...] = tuple(TASKS)
    share: float = 1.0
    teacher: str | None = None
    data: str = ""

    @property
    def digest(self) -> str:
        """Ten hexadecimal digits that tell runs apart."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:10]


@dataclass
class Position:
    """How far a run is, and the best epoch so far."""

    epoch: int = 0
    batch: int = 0
    best: float = float("-inf")


class Trainer:
    """Fit a model to items; call `run` again after a kill and it goes on where it was."""

    def __init__(
        self,
        model: MomentModel,
        cache: ActivationCache,
        settings: Settings,
        folder: Path,
        checkpoint_seconds: float,
    ) -> None:
        self.model, self.cache, self.settings = model, cache, settings
        self._checkpoint_seconds = checkpoint_seconds
        self._start = len(model.encoder.layers) - settings.trainable_layers
        self._checkpoint, self._best = folder / "checkpoint.pt", folder / "best.pt"
        self._parameters = dict(self._trainable())
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name in self._parameters)
        self._optimizer = self._make_optimizer()
        self._position = Position()

    def _trainable(self) -> list[tuple[str, nn.Parameter]]:
        prefixes = ("heads.", *(f"encoder.encoder.layer.{i}." for i in self._trained_layers()))
        named = self.model.named_parameters()
        return [(name, value) for name, value in named if name.startswith(prefixes)]

    def _trained_layers(self) -> range:
        return range(self._start, len(self.model.encoder.layers))

    def _make_optimizer(self) -> torch.optim.AdamW:
        heads = [v for n, v in self._parameters.items() if n.startswith("heads.")]
        layers = [v for n, v in self._parameters.items() if not n.startswith("heads.")]
        groups = [
            {"params": layers, "lr": self.settings.learning_rate},
            {"params": heads, "lr": self.settings.head_learning_rate},
        ]
        return torch.optim.AdamW(groups, weight_decay=self.settings.weight_decay, fused=True)

    def run(self, items: Sequence[Item], variants: Mapping[int, Item], score: Score, report: Report) -> None:
        """Train all epochs, keep the one with the best `score`, and load it into the model."""
        self._resume(report)
        balance = {k: v.to(self._device) for k, v in class_balance(items).items()}
        for epoch in range(self._position.epoch, self.settings.epochs):
            batches = self._batches(items, variants, epoch)
            self._epoch(batches, balance, epoch, report)
            self._finish_epoch(epoch, score, report)
        self._load(torch.load(self._best, map_location="cpu", weights_only=True))
        self.model.eval()

    def _batches(self, items: Sequence[Item], variants: Mapping[int, Item], epoch: int) -> list[list[Item]]:
        generator = random.Random(f"{self.settings.seed}:{epoch}")  # noqa: S311
        return epoch_batches(items, variants, self.settings.budget, generator, epoch)

    def _epoch(self, batches: list[list[Item]], balance: Mapping[str, Tensor], epoch: int, report: Report) -> None:
        self.model.train()
        if not self._position.batch:
            torch.manual_seed(self.settings.seed * 1000 + epoch)
        progress = _Progress(len(batches), self._position.batch, epoch, self.settings, report)
        saved = time.monotonic()
        for number in range(self._position.batch, len(batches)):
            self._set_rate((epoch + number / len(batches)) / self.settings.epochs)
            value = self._step(batches[number], balance)
            self._position.batch = number + 1
            progress.show(number + 1, value, len(batches[number]))
            if time.monotonic() - saved >= self._checkpoint_seconds:
                self._save()
                saved = time.monotonic()

    def _set_rate(self, done: float) -> None:
        factor = min(done / _WARM_UP, (1 - done) / (1 - _WARM_UP))
        rates = (self.settings.learning_rate, self.settings.head_learning_rate)
        for group, rate in zip(self._optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor

    def _step(self, items: list[Item], balance: Mapping[str, Tensor]) -> float:
        batch, targets = batch_of(items)
        logits = self.model.logits(self.pooled(items, batch.to(self._device)))
        value = loss(logits, targets.to(self._device), balance)
        self._optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters.values(), _CLIP)
        self._optimizer.step()
        return value.item()

    def pooled(self, items: Sequence[Item], batch: Batch) -> Tensor:
        """Return the mean states of the items' spans, from cached activations, [slots, hidden]."""
        states = self.cache.padded([item.ids for item in items], batch.mask.shape[1])
        with in_bfloat16(self._device, wanted=self.settings.bfloat16):
            upper = self.model.encoder.upper(states.to(self._device), batch.mask, self._start)
        return slot_means(upper.float(), batch)

    @property
    def _device(self) -> torch.device:
        return next(iter(self._parameters.values())).device

    def _finish_epoch(self, epoch: int, score: Score, report: Report) -> None:
        self.model.eval()
        value = score()
        report(f"epoch {epoch + 1}/{self.settings.epochs}: score on dev {value:.4f}")
        if value > self._position.best:
            self._position.best = value
            _write(self._best, self._state())
        self._position.epoch, self._position.batch = epoch + 1, 0
        self._save()

    def _state(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self._parameters.items()}

    def _load(self, state: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, value in self._parameters.items():
                value.copy_(state[name])

    def _save(self) -> None:
        document = {
            "settings": asdict(self.settings),
            "position": asdict(self._position),
            "parameters": self._state(),
            "optimizer": self._optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        _write(self._checkpoint, document)

    def _resume(self, report: Report) -> None:
        if not self._checkpoint.exists():
            return
        document = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        if document["settings"] != asdict(self.settings):
            raise ModelUnavailableError(
                f"{self._checkpoint}: belongs to a run with {document['settings']}; "
                "name another --work directory, or delete that file to start anew"
            )
        self._load(document["parameters"])
        self._optimizer.load_state_dict(document["optimizer"])
        self._position = Position(**document["position"])
        torch.set_rng_state(document["random"])
        report(f"resumed in epoch {self._position.epoch + 1}, batch {self._position.batch}")


@dataclass
class _Progress:
    total: int
    first: int
    epoch: int
    settings: Settings
    report: Report

    def __post_init__(self) -> None:
        self.began = self.shown = time.monotonic()
        self.rows = 0

    def show(self, done: int, value: float, rows: int) -> None:
        self.rows += rows
        now = time.monotonic()
        if now - self.shown < _PROGRESS_SECONDS and done < self.total:
            return
        self.shown = now
        each = (now - self.began) / max(done - self.first, 1)
        left = each * ((self.settings.epochs - self.epoch) * self.total - done)
        speed = self.rows / max(now - self.began, 1e-6)
        self.report(
            f"epoch {self.epoch + 1}/{self.settings.epochs} batch {done}/{self.total} "
            f"loss {value:.3f} {speed:.0f} texts/s, {left / 60:.1f} min left"
        )


def _write(path: Path, document: Any) -> None:
    partial = path.with_suffix(".partial")
    torch.save(document, partial)
    partial.replace(path)
