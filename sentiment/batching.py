"""Turn tokenised texts into padded batches of a token budget, sorted by length."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from tokenizers import Encoding

from sentiment.model import Batch
from sentiment.tokenizer import MARKER, OVERHEAD, PAD_ID

MAX_TOKENS: Final = 512
CONTENT: Final = MAX_TOKENS - OVERHEAD
# Tokens of the marker and <s> before the content.
PREFIX: Final = len(MARKER) + 1


@dataclass(frozen=True)
class Pool:
    """The tokens [first, last) of a sequence, pooled into a slot."""

    slot: int
    first: int
    last: int


@dataclass(frozen=True)
class TokenSequence:
    """Token ids with specials, and what is pooled out of them."""

    ids: Sequence[int]
    pools: tuple[Pool, ...]


def token_span(encoding: Encoding, start: int, end: int) -> tuple[int, int]:
    """Return the tokens of `encoding` that overlap the code points [start, end), as [first, last).

    A span without tokens (only an unprintable character) yields all tokens, never nothing.
    """
    offsets = encoding.offsets[PREFIX:-1]
    first = bisect_right(offsets, start, key=lambda offset: offset[1])
    last = bisect_left(offsets, end, key=lambda offset: offset[0])
    return (first + PREFIX, last + PREFIX) if first < last else (0, len(encoding.ids))


def budget_batches(lengths: Sequence[int], budget: int, *, padded: bool = True) -> Iterator[list[int]]:
    """Yield index lists, shortest first, whose size (rows x longest) fits the budget.

    A sequence longer than the budget is a batch of its own. Without `padded`, all of a batch are of one length.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        alike = padded or not batch or lengths[batch[0]] == lengths[index]
        if batch and not (alike and (len(batch) + 1) * lengths[index] <= budget):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def collate(sequences: Sequence[TokenSequence], count: int) -> Batch:
    """Pad the sequences into one batch with `count` slots."""
    width = max(len(sequence.ids) for sequence in sequences)
    ids = torch.full((len(sequences), width), PAD_ID)
    tokens: list[int] = []
    slots: list[int] = []
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence.ids)] = torch.tensor(sequence.ids)
        for pool in sequence.pools:
            tokens += range(row * width + pool.first, row * width + pool.last)
            slots += [pool.slot] * (pool.last - pool.first)
    lengths = torch.tensor([len(sequence.ids) for sequence in sequences])
    mask = torch.arange(width) < lengths[:, None]
    return Batch(ids, mask, torch.tensor(tokens), torch.tensor(slots), count)
