"""In what precision a device multiplies."""

import torch


def is_fast_in_bfloat16(device: torch.device) -> bool:
    """Tell whether a device computes in bfloat16 by itself; elsewhere it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())  # no public name yet


def in_bfloat16(device: torch.device, *, wanted: bool) -> torch.autocast:
    """Return a context in which products are in bfloat16 where wanted; weights and sums stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted)
