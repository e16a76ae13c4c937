import json

import numpy as np
import pytest
import torch
import zstandard

from sentiment import weights
from sentiment.base import base_parameters, build_encoder, lowest_layers
from sentiment.errors import ModelUnavailableError
from sentiment.names import SHIPPED, TOKENIZER, model_name
from sentiment.quantization import Int8Rows, Q4Blocks
from tests.sentiment.conftest import SAMPLES, checkpoint


def test_q4_blocks_restore_by_the_definition() -> None:
    generator = np.random.default_rng(0)
    raw = bytearray(generator.integers(0, 256, 4 * 18, dtype=np.uint8).tobytes())
    for block in range(4):
        raw[block * 18 : block * 18 + 2] = np.float16(0.5 + block).tobytes()
    restored = Q4Blocks.from_ggml(bytes(raw), 2, 64).restore()
    for block in range(4):
        for j in range(16):
            byte = raw[block * 18 + 2 + j]
            row, column = block // 2, 32 * (block % 2) + j
            assert restored[row, column] == ((byte & 15) - 8) * (0.5 + block)
            assert restored[row, column + 16] == ((byte >> 4) - 8) * (0.5 + block)


def test_int8_is_within_half_a_step() -> None:
    matrix = np.random.default_rng(0).normal(size=(8, 64)).astype(np.float32)
    rows = Int8Rows.from_float(matrix)
    assert np.abs(rows.restore() - matrix).max() <= rows.scales.max() / 2 * 1.001


def test_untouched_matrices_come_back_bit_for_bit(untrained, kept) -> None:
    state = weights.load(untrained).model.encoder.state_dict()
    encoder = build_encoder(lowest_layers(base_parameters(checkpoint(), kept), 3)).state_dict()
    for name, tensor in encoder.items():
        trained = name.startswith(("encoder.layer.1.", "encoder.layer.2."))
        if tensor.ndim == 1 or (not trained and "position" not in name and "type" not in name):
            assert torch.equal(state[name], tensor), name
        else:
            assert torch.allclose(state[name], tensor, atol=tensor.abs().max().item() / 200), name


def test_untrained_encoder_ranks_like_e5(kept, tokenizer) -> None:
    encoder = build_encoder(base_parameters(checkpoint(), kept))
    texts = [SAMPLES[2], "who has experience with glasvezel in Assen?", SAMPLES[5]]
    with torch.inference_mode():
        means = [encoder(torch.tensor([tokenizer.encode(t).ids])).mean(dim=1) for t in texts]
    near, far = (torch.cosine_similarity(means[0], other).item() for other in means[1:])
    assert near > far + 0.02


def test_name_follows_the_content(untrained, tmp_path) -> None:
    for path in untrained.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert model_name(str(tmp_path)) == model_name(str(untrained))
    config = json.loads((tmp_path / "config.json").read_text())
    config["temperatures"]["moment"] = 2.0
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert model_name(str(tmp_path)) != model_name(str(untrained))


def test_damaged_weights_are_named(untrained, tmp_path) -> None:
    for path in untrained.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelUnavailableError, match="do not fit"):
        weights.load(tmp_path)


@pytest.mark.parametrize("content", [b"no zstandard", zstandard.compress(b"{}"), zstandard.compress(b"\xff")])
def test_a_damaged_tokenizer_is_named(untrained, tmp_path, content) -> None:
    for path in untrained.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / TOKENIZER).write_bytes(content)
    with pytest.raises(ModelUnavailableError, match=r"tokenizer\.json\.zst.*restore the directory"):
        weights.load(tmp_path)


def test_weights_that_cannot_be_read_are_named(untrained, tmp_path, monkeypatch) -> None:
    def broken(*_: object) -> None:  # stands in for a disk that fails, which nobody can order
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(weights, "load_file", broken)
    with pytest.raises(ModelUnavailableError, match="Input/output error"):
        weights.load(untrained)


def test_shipped_weights_are_small() -> None:
    if not SHIPPED.is_dir():
        pytest.skip("no shipped weights yet: run `python -m sentiment.train`")
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 50 * 1024 * 1024
