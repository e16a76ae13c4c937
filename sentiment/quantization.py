"""Number formats of the shipped weights: 4-bit blocks (GGML Q4_0) and int8 per output channel.

Both are restored to float32 on load; for inference on a CPU see `sentiment.int8`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 32
_BYTES: Final = BLOCK // 2
_HALF_RANGE: Final = 8
_INT8_MAX: Final = 127.0


@dataclass(frozen=True)
class Q4Blocks:
    """A matrix in blocks of 32 weights: w = (q - 8) * scale, low nibbles first (GGML Q4_0).

    `scales`: float16 [rows, columns / 32]; `nibbles`: uint8 [rows, columns / 2].
    """

    scales: NDArray[np.float16]
    nibbles: NDArray[np.uint8]

    @classmethod
    def from_ggml(cls, raw: bytes, rows: int, columns: int) -> "Q4Blocks":
        """Split the interleaved blocks of 18 bytes into scales and nibbles."""
        blocks = np.frombuffer(raw, np.uint8).reshape(rows, columns // BLOCK, 2 + _BYTES)
        scales = np.ascontiguousarray(blocks[..., :2]).view("<f2")[..., 0]
        nibbles = np.ascontiguousarray(blocks[..., 2:]).reshape(rows, columns // 2)
        return cls(scales, nibbles)

    def rows(self, indices: NDArray[np.intp]) -> "Q4Blocks":
        """Return the matrix of these rows, bit for bit."""
        return Q4Blocks(self.scales[indices], self.nibbles[indices])

    def restore(self) -> NDArray[np.float32]:
        """Return the float32 matrix [rows, columns]."""
        rows, blocks = self.scales.shape
        packed = self.nibbles.reshape(rows, blocks, _BYTES)
        weights = np.empty((rows, blocks, BLOCK), np.float32)
        weights[..., :_BYTES] = packed & 0x0F
        weights[..., _BYTES:] = packed >> 4
        weights -= _HALF_RANGE
        weights *= self.scales[..., None]
        return weights.reshape(rows, blocks * BLOCK)


@dataclass(frozen=True)
class Int8Rows:
    """A matrix as int8 with one float32 scale per output channel (row): w = q * scale."""

    scales: NDArray[np.float32]
    values: NDArray[np.int8]

    @classmethod
    def from_float(cls, weights: NDArray[np.float32]) -> "Int8Rows":
        """Round a float32 matrix [rows, columns] to the nearest of 255 levels per row."""
        largest = np.abs(weights).max(axis=1)
        scales = (np.maximum(largest, np.finfo(np.float32).tiny) / _INT8_MAX).astype(np.float32)
        return cls(scales, np.rint(weights / scales[:, None]).astype(np.int8))

    def restore(self) -> NDArray[np.float32]:
        """Return the float32 matrix [rows, columns]."""
        return self.values * self.scales[:, None]
