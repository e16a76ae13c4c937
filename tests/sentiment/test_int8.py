"""Integer products: as good as float32, and the same whatever else is in a batch."""

import copy
import random
from pathlib import Path

import pytest
import torch
from torch import nn

from sentiment import weights
from sentiment.inference import for_inference, plan, pool, probabilities
from sentiment.int8 import Int8Linear, has_exact_products, quantize
from sentiment.names import SHIPPED
from tests.sentiment.conftest import SAMPLES

exact = pytest.mark.skipif(not has_exact_products(), reason="this CPU has no exact int8 products: float32 is used")


@exact
def test_a_product_is_close_and_its_rows_are_independent() -> None:
    torch.manual_seed(1)
    linear, states = nn.Linear(384, 96), torch.randn(2, 9, 384) * torch.logspace(-3, 3, 9)[:, None]
    quantized = Int8Linear(linear)
    found, expected = quantized(states), linear(states)
    assert torch.cosine_similarity(found - linear.bias, expected - linear.bias, dim=-1).min() > 0.9998
    assert torch.equal(quantized(states[1, 4:5]), found[1, 4:5])
    assert torch.isfinite(quantized(torch.zeros(1, 384))).all()


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="no shipped weights yet: run `python -m sentiment.train`")
def test_scores_of_the_shipped_weights_do_not_depend_on_neighbours() -> None:
    shipment = weights.load()
    model = for_inference(shipment.model)
    words = " ".join(SAMPLES).split()
    pick = random.Random(1)
    texts = [" ".join(pick.choices(words, k=pick.randint(1, 90))) for _ in range(60)]
    encodings = shipment.tokenizer.encode_batch(texts)
    together, _ = pool(model, [x for i, e in enumerate(encodings) for x in plan(e, (), i, "post")], len(texts))
    found = probabilities(model, together, shipment.config.temperatures)
    for row, encoding in enumerate(encodings):
        alone, _ = pool(model, list(plan(encoding, (), 0, "post")), 1)
        for task, values in probabilities(model, alone, shipment.config.temperatures).items():
            assert values[0] == pytest.approx(found[task][row], abs=1e-5)


def test_a_cpu_without_exact_products_keeps_float32(untrained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentiment.int8.has_exact_products", lambda: False)
    model = weights.load(untrained).model
    before = copy.deepcopy(model.state_dict())
    quantize(model.encoder)
    assert model.state_dict().keys() == before.keys()
