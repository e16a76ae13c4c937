"""Products in bfloat16, as on a GPU; a CPU that has them stands in for one here."""

import pytest
import torch

from sentiment import weights
from sentiment.batching import collate
from sentiment.inference import plan
from sentiment.model import slot_means
from sentiment.precision import in_bfloat16, is_fast_in_bfloat16
from tests.sentiment.conftest import SAMPLES

CPU = torch.device("cpu")


@pytest.mark.skipif(not is_fast_in_bfloat16(CPU), reason="this CPU does not compute in bfloat16")
@torch.inference_mode()
def test_probabilities_are_nearly_those_of_float32() -> None:
    shipment = weights.load()
    encodings = shipment.tokenizer.encode_batch(list(SAMPLES))
    batch = collate([x for i, e in enumerate(encodings) for x in plan(e, (), i, "post")], len(SAMPLES))
    found = []
    for wanted in (True, False):
        with in_bfloat16(CPU, wanted=wanted):
            states = shipment.model.encoder(batch.ids, batch.mask)
        found.append(shipment.model.logits(slot_means(states.float(), batch))["moment"].softmax(dim=1))
    assert not torch.equal(*found)
    assert (found[0] - found[1]).abs().max() < 0.05
