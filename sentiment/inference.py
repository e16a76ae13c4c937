"""Run a model over token sequences: windows, batches of a token budget, pooled slots."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding

from sentiment.batching import CONTENT, PREFIX, Pool, TokenSequence, budget_batches, collate
from sentiment.int8 import quantize
from sentiment.model import MomentModel, add_slots
from sentiment.precision import in_bfloat16, is_fast_in_bfloat16
from sentiment.weights import Context

# Tokens of a batch. On a CPU small batches stay in its cache, and texts of one length need no padding, so that scores
# do not depend on neighbours (see `sentiment.int8`), at the same speed; a GPU wants to be filled.
CPU_BUDGET: Final = 1024
GPU_BUDGET: Final = 16_384
# A longer post is read at its head and its tail: 16 windows hold about 6,000 words.
MAX_WINDOWS: Final = 16

Span = tuple[int, int]


def windows(length: int, cuts: Sequence[int]) -> list[Span]:
    """Cut content tokens [PREFIX, length - 1) at `cuts` (mention starts) into windows.

    A window holds as many whole mentions as fit; one that is longer than a window is cut hard.
    """
    end = length - 1
    found: list[Span] = []
    start = PREFIX
    while start < end:
        limit = start + CONTENT
        stop = max((c for c in (*cuts, end) if start < c <= limit), default=min(limit, end))
        found.append((start, stop))
        start = stop
    return found


def plan(encoding: Encoding, mentions: Sequence[Span], slot: int, context: Context) -> Iterator[TokenSequence]:
    """Yield the sequences of one text: `slot` pools the whole, `slot + 1 + i` mention i.

    Mentions in the unread middle of an overlong text get no tokens.
    """
    ids = encoding.ids
    cut = windows(len(ids), [first for first, _ in mentions])
    if len(cut) > MAX_WINDOWS:
        cut = cut[: MAX_WINDOWS // 2] + cut[-MAX_WINDOWS // 2 :]
    if not cut:
        yield TokenSequence(ids, (Pool(slot, 0, len(ids)),))
    for window in cut:
        inside = [
            (slot + 1 + i, max(first, window[0]), min(last, window[1]))
            for i, (first, last) in enumerate(mentions)
            if first < window[1] and last > window[0]
        ]
        is_window = [x[1:] for x in inside] == [window]
        pooled = inside if is_window or context != "alone" else []
        yield _sequence(ids, window, [(slot, *window), *pooled])
        if context != "post" and not is_window:
            yield from (_sequence(ids, (a, b), [(n, a, b)]) for n, a, b in inside)


def _sequence(ids: Sequence[int], window: Span, pools: Sequence[tuple[int, int, int]]) -> TokenSequence:
    shift = PREFIX - window[0]
    moved = tuple(Pool(slot, first + shift, last + shift) for slot, first, last in pools)
    return TokenSequence([*ids[:PREFIX], *ids[window[0] : window[1]], ids[-1]], moved)


def for_inference(model: MomentModel) -> MomentModel:
    """Return the same model on the GPU, or on the CPU with integer products; it cannot be trained afterwards."""
    if torch.cuda.is_available():
        return model.to("cuda")
    quantize(model.encoder)
    return model


@torch.inference_mode()
def pool(model: MomentModel, sequences: Sequence[TokenSequence], count: int) -> tuple[torch.Tensor, NDArray[np.int64]]:
    """Return the mean vector of every slot [count, hidden] and its number of tokens [count]."""
    device = model.encoder.embeddings.LayerNorm.weight.device
    on_cpu = device.type == "cpu"
    budget = CPU_BUDGET if on_cpu else GPU_BUDGET
    # A CPU has integer products instead, where it has fast ones.
    bfloat16 = not on_cpu and is_fast_in_bfloat16(device)
    sums = torch.zeros(count, model.encoder.config.hidden_size, device=device)
    tokens = np.zeros(count, np.int64)
    for indices in budget_batches([len(sequence.ids) for sequence in sequences], budget, padded=not on_cpu):
        batch = collate([sequences[i] for i in indices], count).to(device)
        with in_bfloat16(device, wanted=bfloat16):
            states = model.encoder(batch.ids, batch.mask)
        add_slots(sums, states.float(), batch)
        tokens += np.bincount(batch.slots.cpu().numpy(), minlength=count)
    lengths = torch.from_numpy(tokens).to(device).clamp(min=1)
    return sums / lengths[:, None], tokens


@torch.inference_mode()
def probabilities(
    model: MomentModel, vectors: torch.Tensor, temperatures: Mapping[str, float]
) -> dict[str, NDArray[np.float64]]:
    """Return calibrated probabilities per task, [vectors, outputs]."""
    return {
        task: (logits.double() / temperatures[task]).softmax(dim=1).cpu().numpy()
        for task, logits in model.logits(vectors).items()
    }
