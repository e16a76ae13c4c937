"""The shipped form of a model: one directory, compact on disk, float32 in memory.

`model.safetensors`: 4-bit blocks for the word embeddings and the layers that training left alone
(bit for bit those of the base file), int8 per output channel for trained layers, float16 for the
heads, float32 for vectors. `tokenizer.json.zst`. `config.json`: sizes, temperatures, thresholds.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from sentiment.encoder import Encoder, EncoderConfig
from sentiment.errors import ModelUnavailableError
from sentiment.model import TASKS, MomentModel
from sentiment.names import CONFIG, MODEL, SHIPPED, TOKENIZER, require
from sentiment.quantization import Int8Rows, Q4Blocks
from sentiment.tokenizer import load_tokenizer, save_tokenizer

_LAYERS: Final = "encoder.encoder.layer."

Context = Literal["alone", "post", "both"]
CONTEXTS: Final[tuple[Context, ...]] = get_args(Context)


@dataclass(frozen=True)
class ModelConfig:
    """What a model needs beside its tensors.

    `temperatures` divide the logits of each task; below `thresholds` a prediction is uncertain;
    `context`: whether a mention is encoded alone, pooled out of its whole post, or both, averaged;
    `training`: settings and data of the run, for the record.
    """

    encoder: EncoderConfig
    temperatures: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(TASKS, 1.0))
    thresholds: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(TASKS, 0.0))
    context: Context = "alone"
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Shipment:
    """A loaded model: ready to run."""

    model: MomentModel
    tokenizer: Tokenizer
    config: ModelConfig


def save(
    folder: Path,
    model: MomentModel,
    tokenizer: Tokenizer,
    config: ModelConfig,
    frozen: Mapping[str, Q4Blocks],
) -> None:
    """Write the three files; `frozen` holds the untouched matrices by their encoder name."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, NDArray[Any]] = {}
    for name, tensor in model.state_dict().items():
        blocks = frozen.get(name.removeprefix("encoder."))
        tensors |= _packed(name, tensor.detach().cpu().float().numpy(), blocks)
    save_file(tensors, folder / MODEL)
    save_tokenizer(tokenizer, folder / TOKENIZER)
    document = json.dumps(asdict(config), indent=1, sort_keys=True)
    (folder / CONFIG).write_text(document + "\n", encoding="utf-8")


def _packed(name: str, values: NDArray[np.float32], blocks: Q4Blocks | None) -> dict[str, NDArray[Any]]:
    if blocks is not None:
        return {f"{name}:scales": blocks.scales, f"{name}:nibbles": blocks.nibbles}
    if values.ndim == 1:
        return {name: values}
    if name.startswith(_LAYERS):
        rows = Int8Rows.from_float(values)
        return {f"{name}:scales": rows.scales, f"{name}:int8": rows.values}
    return {name: values.astype(np.float16)}


def _restored(tensors: Mapping[str, NDArray[Any]]) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = {}
    for key, values in tensors.items():
        name, _, form = key.partition(":")
        if form == "nibbles":
            array = Q4Blocks(tensors[f"{name}:scales"], values).restore()
        elif form == "int8":
            array = Int8Rows(tensors[f"{name}:scales"], values).restore()
        elif not form:
            array = values.astype(np.float32)
        else:
            continue
        state[name] = torch.from_numpy(array)
    return state


def load(folder: Path = SHIPPED) -> Shipment:
    """Read a directory that `save` wrote; raise ModelUnavailableError naming what is wrong."""
    require(folder)
    try:
        config = read_config(folder)
        state = _restored(load_file(folder / MODEL))
        model = MomentModel(Encoder(config.encoder))
        model.load_state_dict(state, assign=True)
        tokenizer = load_tokenizer(folder / TOKENIZER)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailableError(
            f"{folder}: the weights do not fit this version of the package ({error}); "
            "restore the directory or train again with `python -m sentiment.train`"
        ) from error
    return Shipment(model.eval(), tokenizer, config)


def read_config(folder: Path) -> ModelConfig:
    """Read `config.json`."""
    document = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return ModelConfig(**{**document, "encoder": EncoderConfig(**document["encoder"])})
