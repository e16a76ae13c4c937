"""What trains one way against another: fewer labels, less text, a teacher's word; and the paired comparison."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from sentiment import compare, teacher, weights
from sentiment.compare import comparison
from sentiment.corpus import Example, Target
from sentiment.dataset import batch_of, class_balance, prepare
from sentiment.model import TASKS, loss
from sentiment.predict import predict
from sentiment.tables import Answers
from sentiment.teacher import cache_name, teacher_logits
from sentiment.training_data import read_data

POST = Example(
    "Mooie site. Pakket te laat.",
    (
        Target(0, 27, stance="umot", complaint=True, stars=frozenset({2})),
        Target(0, 11, "fmot", frozenset({4})),
        Target(12, 27, "smot", frozenset({2})),
    ),
    "nl",
    "webshop",
    "written",
    "train",
    kind="review",
)
SENTENCE = Example(
    "iemand ervaring hiermee?",
    (Target(0, 24, "zmot", frozenset({3})), Target(0, 24, stance="zmot", weight=0.3)),
    "nl",
    "webshop",
    "written",
    "train",
)


def test_a_run_may_see_the_labels_of_some_tasks_only() -> None:
    everything, found = read_data(None), read_data(None, ["complaint"])
    assert 0 < len(found.train) < len(everything.train)
    targets = [target for example in (*found.train, *found.dev) for target in example.targets]
    assert all(t.moment is None and t.stars is None and t.stance is None for t in targets)
    assert all(any(t.complaint is not None for t in example.targets) for example in found.train)
    assert found.digest != everything.digest


def test_a_share_of_the_training_examples_is_part_of_every_larger_one() -> None:
    parts = [{x.key for x in read_data(None, share=share).train} for share in (0.25, 0.5, 1.0)]
    assert parts[0] < parts[1] < parts[2]
    assert len(parts[1]) == pytest.approx(len(parts[2]) / 2, rel=0.05)
    assert {x.key for x in read_data(None, share=0.25).dev} == {x.key for x in read_data(None).dev}


LONG = replace(SENTENCE, text=f"{SENTENCE.text} {'heel lang verhaal ' * 200}", targets=(*SENTENCE.targets,))


def test_a_teacher_speaks_of_every_target_and_is_asked_once(
    untrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = [SENTENCE, POST, LONG, POST]
    cache = tmp_path / cache_name(untrained, "abc")
    found = teacher_logits(untrained, examples, cache)
    shipment = weights.load(untrained)
    for rows, example in zip(found, examples, strict=True):
        alone = predict(shipment.model, shipment.tokenizer, [example], shipment.config.context).logits
        expected = torch.from_numpy(np.concatenate([alone[task] for task in TASKS], axis=1)).float()
        # A sentence's targets are all the sentence.
        assert torch.allclose(rows, expected.expand(len(example.targets), -1), atol=0.05)
    monkeypatch.setattr(teacher, "_all_logits", lambda *_: pytest.fail("asked again"))
    again = teacher_logits(untrained, examples, cache)
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))


def test_a_teacher_is_heard_once_a_span_and_only_of_what_is_read(tokenizer: Tokenizer) -> None:
    late = Target(len(LONG.text) - 8, len(LONG.text), "smot")
    cut = replace(LONG, targets=(LONG.targets[0], late))
    words = [torch.arange(2.0)[:, None].expand(2, sum(TASKS.values())) for _ in range(2)]
    items = prepare(tokenizer, [SENTENCE, cut], words)
    _, targets = batch_of(items)
    assert targets.teacher is not None
    assert targets.heard is not None
    assert targets.teacher[:, 0].tolist() == [0.0, 1.0, 0.0]  # the end of the long text is not read
    assert targets.heard.tolist() == [True, False, True]


def test_whoever_says_what_the_teacher_says_is_only_moved_by_the_labels(tokenizer: Tokenizer) -> None:
    generator = torch.Generator().manual_seed(0)
    words = [torch.randn(len(x.targets), sum(TASKS.values()), generator=generator) for x in (SENTENCE, POST)]
    items = prepare(tokenizer, [SENTENCE, POST], words)
    _, targets = batch_of(items)
    assert targets.teacher is not None
    balance = class_balance(items)
    same = dict(zip(TASKS, targets.teacher.split(list(TASKS.values()), dim=1), strict=True))
    labelled = loss(same, replace(targets, teacher=None), balance)
    assert loss(same, targets, balance).item() == pytest.approx(labelled.item() / 2, rel=1e-5)
    other = {task: -logits for task, logits in same.items()}
    assert loss(other, targets, balance) > loss(other, replace(targets, teacher=None), balance) / 2


def answers(right: float, seed: int) -> dict[str, Answers]:
    generator = np.random.default_rng(seed)
    truth = np.arange(300) % 7
    predicted = np.where(generator.random(300) < right, truth, (truth + 1) % 7)
    return {"moment": Answers(truth, np.eye(7)[predicted], np.arange(300))}


def test_a_better_way_is_told_from_one_that_only_varies() -> None:
    ways = {
        "first": [answers(0.7, seed) for seed in range(3)],
        "alike": [answers(0.7, seed) for seed in range(3, 6)],
        "better": [answers(0.9, seed) for seed in range(6, 9)],
    }
    rows = {row[1]: row for row in comparison(ways, "moment macro-F1")}
    assert list(rows) == ["first", "alike", "better"]
    assert rows["first"][-1] == "–"
    assert rows["better"][2] == "3"
    assert "[+" in rows["better"][-1]
    assert "[-" in rows["alike"][-1]


def test_the_command_compares_model_directories(
    untrained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "read_written", lambda: [replace(x, split="dev") for x in (POST, SENTENCE)])
    assert compare.main([f"one={untrained}", f"two={untrained},{untrained}"]) == 0
    table = capsys.readouterr().out
    assert "| moment macro-F1 | two | 2 |" in table
    assert "+0.000 [+0.000 to +0.000]" in table
    assert weights.load(untrained).config.encoder.layers == 3
