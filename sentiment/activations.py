"""Cache what the frozen lower layers make of every text, so that an epoch costs the upper ones.

The cache is a directory: `states.f16` (rows of `hidden` float16, one per token) and `index.tsv`
(key, first row, tokens). It only grows; a line of the index is written after its states, so that a
killed run loses at most the batch at hand.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from sentiment.batching import TokenSequence, budget_batches, collate
from sentiment.encoder import Encoder

_BUDGET: Final = 4096

Progress = Callable[[int, int], None]


class ActivationCache:
    """States after the first `layers` layers of `encoder`, by token ids."""

    def __init__(self, folder: Path, encoder: Encoder, layers: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._encoder, self._layers = encoder, layers
        self._hidden = encoder.config.hidden_size
        self._states, self._index = folder / "states.f16", folder / "index.tsv"
        self._places = self._read_index()
        self._map: NDArray[np.float16] | None = None

    def _read_index(self) -> dict[str, tuple[int, int]]:
        if not self._index.exists():
            return {}
        complete = self._index.read_bytes().rpartition(b"\n")[0] + b"\n"
        self._index.write_bytes(complete.lstrip())  # a kill may have left half a line
        rows = (line.split("\t") for line in complete.decode().strip().splitlines())
        return {key: (int(first), int(count)) for key, first, count in rows}

    def fill(self, sequences: Sequence[Sequence[int]], progress: Progress) -> None:
        """Compute the states of the sequences that are not cached yet."""
        missing = list({_key(ids): ids for ids in sequences if _key(ids) not in self._places}.values())
        done = 0
        for batch in budget_batches([len(ids) for ids in missing], _BUDGET):
            self._append([missing[i] for i in batch])
            done += len(batch)
            progress(done, len(missing))
        self._map = None

    @torch.inference_mode()
    def _append(self, rows: list[Sequence[int]]) -> None:
        batch = collate([TokenSequence(ids, ()) for ids in rows], 0)
        device = self._encoder.embeddings.LayerNorm.weight.device
        mask = batch.mask.to(device)
        states = self._encoder.lower(batch.ids.to(device), mask, self._layers)
        self._write(rows, states[mask].half().cpu().numpy())

    def _write(self, rows: list[Sequence[int]], states: NDArray[np.float16]) -> None:
        row_bytes = 2 * self._hidden
        with self._states.open("ab") as file:
            # A kill may have left part of a batch: rows without index lines stay unused.
            file.write(b"\0" * (-file.tell() % row_bytes))
            first = file.tell() // row_bytes
            file.write(states.tobytes())
        lines = []
        for ids in rows:
            self._places[_key(ids)] = (first, len(ids))
            lines.append(f"{_key(ids)}\t{first}\t{len(ids)}\n")
            first += len(ids)
        with self._index.open("a") as index:
            index.writelines(lines)

    def padded(self, sequences: Sequence[Sequence[int]], width: int) -> torch.Tensor:
        """Return the cached states as float32 [sequences, width, hidden], zero where padded."""
        if self._map is None:
            shape = (self._states.stat().st_size // (2 * self._hidden), self._hidden)
            self._map = np.memmap(self._states, np.float16, "r", shape=shape)
        states = torch.zeros(len(sequences), width, self._hidden)
        for row, ids in enumerate(sequences):
            first, count = self._places[_key(ids)]
            states[row, :count] = torch.from_numpy(self._map[first : first + count].astype(np.float32))
        return states


def _key(ids: Sequence[int]) -> str:
    return hashlib.sha256(np.asarray(ids, np.uint32).tobytes()).hexdigest()[:32]
