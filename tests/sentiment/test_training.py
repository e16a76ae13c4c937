import random
from dataclasses import replace

import pytest
import torch

from sentiment.activations import ActivationCache
from sentiment.base import base_parameters, build_encoder, lowest_layers
from sentiment.corpus import Example, Target
from sentiment.dataset import class_balance, epoch_batches, prepare
from sentiment.errors import ModelUnavailableError
from sentiment.model import MomentModel, partial_nll, ranked_probability_score
from sentiment.trainer import Settings, Trainer
from tests.sentiment.conftest import SAMPLES, checkpoint

SETTINGS = Settings(trainable_layers=1, epochs=2, budget=96)


def examples() -> list[Example]:
    words = random.Random(0)
    rows = []
    for number in range(30):
        text = words.choice(SAMPLES)
        moment = ("smot", "fmot", "umot")[number % 3]
        target = Target(0, len(text), moment, frozenset({number % 5 + 1}))
        rows.append(Example(text, (target,), "nl", "bank", "written", "train"))
    return rows


class StopError(Exception):
    """Raised in place of a kill, after a checkpoint."""


@pytest.fixture
def trainer(tmp_path, kept, tokenizer):
    items = prepare(tokenizer, examples())
    base = lowest_layers(base_parameters(checkpoint(), kept), 2)

    def make(folder: str, settings: Settings = SETTINGS):
        torch.manual_seed(1)
        model = MomentModel(build_encoder(base))
        cache = ActivationCache(tmp_path / "cache", model.encoder, 1)
        cache.fill([item.ids for item in items], lambda *_: None)
        (tmp_path / folder).mkdir(exist_ok=True)
        return Trainer(model, cache, settings, tmp_path / folder, 0.0)

    return make, items


def head(trainer: Trainer) -> torch.Tensor:
    return trainer.model.heads["moment"].out.weight.detach().clone()


def test_stopped_run_ends_like_one_that_was_not(trainer, monkeypatch) -> None:
    make, items = trainer
    whole = make("whole")
    whole.run(items, {}, lambda: 1.0, lambda _: None)

    stopped, steps = make("parts"), 0
    step = stopped._step

    def failing(*arguments):
        nonlocal steps
        steps += 1
        if steps == 5:
            raise StopError
        return step(*arguments)

    monkeypatch.setattr(stopped, "_step", failing)
    with pytest.raises(StopError):
        stopped.run(items, {}, lambda: 1.0, lambda _: None)
    resumed, lines = make("parts"), []
    resumed.run(items, {}, lambda: 1.0, lines.append)
    assert any("resumed in epoch" in line for line in lines)
    assert torch.allclose(head(whole), head(resumed), atol=1e-6)


def test_checkpoint_of_other_settings_is_refused(trainer) -> None:
    make, items = trainer
    make("run").run(items, {}, lambda: 1.0, lambda _: None)
    other = make("run", replace(SETTINGS, epochs=3))
    with pytest.raises(ModelUnavailableError, match="name another --work"):
        other.run(items, {}, lambda: 1.0, lambda _: None)


def test_the_best_epoch_is_kept(trainer) -> None:
    make, items = trainer
    made, seen = make("run"), []
    scores = iter((2.0, 1.0))

    def score() -> float:
        seen.append(head(made))
        return next(scores)

    made.run(items, {}, score, lambda _: None)
    assert torch.equal(head(made), seen[0])
    assert not torch.equal(seen[0], seen[1])


def test_cache_survives_a_torn_index(tmp_path, kept) -> None:
    encoder = build_encoder(lowest_layers(base_parameters(checkpoint(), kept), 2))
    rows = [(0, 5, 6, 2), (0, 7, 2)]
    ActivationCache(tmp_path, encoder, 1).fill(rows[:1], lambda *_: None)
    with (tmp_path / "index.tsv").open("a") as index:
        index.write("half a li")
    with (tmp_path / "states.f16").open("ab") as states:
        states.write(b"\1\2\3")
    cache = ActivationCache(tmp_path, encoder, 1)
    cache.fill(rows, lambda *_: None)
    with torch.inference_mode():
        for row in rows:
            expected = encoder.lower(torch.tensor([row]), None, 1)
            assert torch.allclose(cache.padded([row], len(row)), expected, atol=5e-3)


def test_loss_of_a_three_way_label_is_open_between_its_stars() -> None:
    allowed = torch.tensor([[True, True, False, False, False]])
    surest = [torch.tensor([[9.0, -9, -9, -9, -9]]), torch.tensor([[-9.0, 9, -9, -9, -9]])]
    for logits in surest:
        assert partial_nll(logits, allowed).item() < 1e-3
        assert ranked_probability_score(logits, allowed).item() < 1e-3
    near, far = (torch.nn.functional.one_hot(torch.tensor([i]), 5) * 9.0 for i in (2, 4))
    one_star = torch.tensor([[True, False, False, False, False]])
    assert ranked_probability_score(near, one_star) < ranked_probability_score(far, one_star)


def test_rare_classes_weigh_more(tokenizer) -> None:
    rows = [x for x in examples() if x.targets[0].moment != "umot"] + examples()[2:3]
    balance = class_balance(prepare(tokenizer, rows))["moment"]
    assert balance[5] > balance[4]


def test_silver_rows_come_every_second_epoch(tokenizer) -> None:
    rows = examples()
    silver = [replace(row, targets=(replace(row.targets[0], weight=0.2),)) for row in rows[:10]]
    items = prepare(tokenizer, [*silver, *rows[10:]])
    taken = []
    for epoch in (0, 1):
        batches = epoch_batches(items, {}, 96, random.Random(epoch), epoch)
        taken.append([id(item) for batch in batches for item in batch])
    assert [len(ids) for ids in taken] == [25, 25]
    assert set(taken[0]) & set(taken[1]) == {id(item) for item in items[10:]}
