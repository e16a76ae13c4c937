import torch

from sentiment import weights
from sentiment.export import export
from tests.sentiment.conftest import SAMPLES


def test_hugging_face_loads_the_same_encoder(untrained, tmp_path) -> None:
    from transformers import AutoModel, AutoTokenizer

    export(tmp_path, untrained)
    model, tokenizer = AutoModel.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    ours = weights.load(untrained)
    batch = tokenizer(list(SAMPLES), padding=True, return_tensors="pt")
    with torch.inference_mode():
        theirs = model(**batch).last_hidden_state
        for row, text in enumerate(SAMPLES):
            ids = ours.tokenizer.encode(text).ids
            assert batch["input_ids"][row, : len(ids)].tolist() == ids
            states = ours.model.encoder(torch.tensor([ids]))[0]
            assert torch.allclose(theirs[row, : len(ids)], states, atol=1e-4)
