"""Integer matrix products for the CPU: several times as fast as float32, and blind to batch neighbours.

Weights have one scale per output channel, activations a scale and a zero point per token (Dettmers et al. 2022,
"vector-wise quantization", without outlier decomposition). Sums of int8 products are exact in int32, so that a token's
result is a function of that token alone; a scale per tensor, the usual "dynamic" quantisation, lets a
text's scores move with what else is in its batch. Rounding still turns the last digits of what comes in
into steps: batches must not be padded, as attention sums in another order then.
"""

from functools import cache
from typing import Final

import torch
from torch import Tensor, nn

from sentiment.encoder import Encoder, SelfAttention
from sentiment.quantization import Int8Rows

_LARGEST: Final = 127.0
# Tokens up to which plain products are faster (34 tokens: 0.7 ms against 1.6; 100: the same).
_SHORT: Final = 100


class Int8Linear(nn.Module):
    """A linear layer with int8 weights [outputs, inputs]; float32 [..., inputs] in, [..., outputs] out."""

    weights: Tensor
    scales: Tensor
    bias: Tensor
    totals: Tensor

    def __init__(self, *linears: nn.Linear) -> None:
        super().__init__()
        rows = Int8Rows.from_float(torch.cat([x.weight.detach() for x in linears]).numpy())
        self.register_buffer("weights", torch.from_numpy(rows.values).t())
        self.register_buffer("scales", torch.from_numpy(rows.scales))
        self.register_buffer("bias", torch.cat([x.bias.detach() for x in linears]))
        self.register_buffer("totals", self.weights.sum(dim=0, dtype=torch.float32))

    def forward(self, states: Tensor) -> Tensor:
        """Return states x weights + bias."""
        flat = states.flatten(0, -2)
        low, high = flat.amin(dim=1, keepdim=True), flat.amax(dim=1, keepdim=True)
        middle = (low + high) / 2
        scales = ((high - low) / (2 * _LARGEST)).clamp_(min=torch.finfo(torch.float32).tiny)
        # In place: a fresh tensor of this size costs more than the arithmetic.
        values = torch.sub(flat, middle).div_(scales).round_().to(torch.int8)
        sums = _integer_product(values, self.weights).float().mul_(scales).addcmul_(middle, self.totals)
        return torch.addcmul(self.bias, sums, self.scales, out=sums).view(*states.shape[:-1], -1)


class Int8SelfAttention(SelfAttention):
    """Self-attention whose three projections are one product."""

    def __init__(self, attention: SelfAttention) -> None:
        nn.Module.__init__(self)
        self.heads = attention.heads
        self.joint = Int8Linear(attention.query, attention.key, attention.value)

    def project(self, states: Tensor) -> tuple[Tensor, ...]:
        """Return query, key and value, [batch, tokens, hidden] each."""
        projected: Tensor = self.joint(states)
        return projected.chunk(3, dim=-1)

    def mix(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Attend by plain products where texts are short: PyTorch's blocks are for long ones."""
        batch, heads, tokens, size = query.shape
        if mask is not None or tokens > _SHORT:
            return super().mix(query, key, value, mask)
        query, key, value = (x.reshape(-1, tokens, size) for x in (query, key, value))
        shares = torch.bmm(query, key.transpose(1, 2)).mul_(size**-0.5).softmax(dim=-1)
        return torch.bmm(shares, value).view(batch, heads, tokens, size)


def quantize(encoder: Encoder) -> None:
    """Put integer products in the place of the layers' float32 ones where this CPU has exact ones."""
    if has_exact_products():
        for layer in encoder.layers:
            _quantize_layer(layer)


def _quantize_layer(layer: nn.Module) -> None:
    attention = layer.get_submodule("attention.self")
    assert isinstance(attention, SelfAttention)
    layer.set_submodule("attention.self", Int8SelfAttention(attention))
    for name in ("attention.output.dense", "intermediate.dense", "output.dense"):
        linear = layer.get_submodule(name)
        assert isinstance(linear, nn.Linear)
        layer.set_submodule(name, Int8Linear(linear))


@cache
def has_exact_products() -> bool:
    """Tell whether int8 products are there and exact: CPUs without VNNI may saturate at 16 bits."""
    values = torch.full((16, 64), 127, dtype=torch.int8)
    values[::2, ::2] = -127
    try:
        found = _integer_product(values, values.t())
    except (AttributeError, RuntimeError):
        return False
    return bool((found == (values.int() @ values.t().int())).all())


def _integer_product(left: Tensor, right: Tensor) -> Tensor:
    # No public name yet; torchao's integer kernels stand on the same one.
    product: Tensor = torch._int_mm(left, right)  # noqa: SLF001
    return product
