"""The encoder: BERT with 12 layers of 384, as multilingual-e5-small, in plain PyTorch.

Devlin et al. 2019 (BERT), Wang et al. 2024 (multilingual E5). Parameter names are those of Hugging
Face's `BertModel`, so that an export is a plain state dict.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of the encoder; the defaults are multilingual-e5-small's."""

    vocab_size: int
    hidden_size: int = 384
    layers: int = 12
    heads: int = 12
    intermediate_size: int = 1536
    positions: int = 512
    token_types: int = 2
    epsilon: float = 1e-12


class Linear(nn.Linear):
    """A linear layer whose storage is left as it is: its weights always come from a file."""

    def reset_parameters(self) -> None:
        """Initialise nothing."""


class Embedding(nn.Embedding):
    """An embedding whose storage is left as it is: its weights always come from a file."""

    def reset_parameters(self) -> None:
        """Initialise nothing."""


class SelfAttention(nn.Module):
    """Scaled dot-product attention over all heads; [batch, tokens, hidden] in and out."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.query = Linear(config.hidden_size, config.hidden_size)
        self.key = Linear(config.hidden_size, config.hidden_size)
        self.value = Linear(config.hidden_size, config.hidden_size)

    def _split(self, states: Tensor) -> Tensor:
        batch, tokens, hidden = states.shape
        return states.view(batch, tokens, self.heads, hidden // self.heads).transpose(1, 2)

    def project(self, states: Tensor) -> tuple[Tensor, ...]:
        """Return query, key and value, [batch, tokens, hidden] each."""
        return self.query(states), self.key(states), self.value(states)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        """Attend where `mask` (bool [batch, 1, 1, tokens]) is true; everywhere when it is None."""
        query, key, value = (self._split(projected) for projected in self.project(states))
        return self.mix(query, key, value, mask).transpose(1, 2).flatten(2)

    def mix(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Return the attended values; all [batch, heads, tokens, head size]."""
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)


class Residual(nn.Module):
    """Project, add what came in, normalise."""

    def __init__(self, inputs: int, config: EncoderConfig) -> None:
        super().__init__()
        self.dense = Linear(inputs, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, config.epsilon)

    def forward(self, states: Tensor, incoming: Tensor) -> Tensor:
        """Return LayerNorm(dense(states) + incoming)."""
        normalised: Tensor = self.LayerNorm(self.dense(states) + incoming)
        return normalised


class Layer(nn.Module):
    """One post-norm transformer layer with an exact (erf) GELU."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({"self": SelfAttention(config), "output": Residual(config.hidden_size, config)})
        self.intermediate = nn.ModuleDict({"dense": Linear(config.hidden_size, config.intermediate_size)})
        self.output = Residual(config.intermediate_size, config)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        """Return the layer's states, [batch, tokens, hidden]."""
        mixed = self.attention["self"](states, mask)
        states = self.attention["output"](mixed, states)
        wide = F.gelu(self.intermediate["dense"](states))
        output: Tensor = self.output(wide, states)
        return output


class Embeddings(nn.Module):
    """Word, position (from 0) and type embeddings, summed and normalised."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.word_embeddings = Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = Embedding(config.positions, config.hidden_size)
        self.token_type_embeddings = Embedding(config.token_types, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, config.epsilon)

    def forward(self, ids: Tensor) -> Tensor:
        """Return states [batch, tokens, hidden] of `ids` [batch, tokens]."""
        places = self.position_embeddings.weight[: ids.shape[1]]
        summed = self.word_embeddings(ids) + places + self.token_type_embeddings.weight[0]
        normalised: Tensor = self.LayerNorm(summed)
        return normalised


class Encoder(nn.Module):
    """Token ids to token states; the lower layers can be run apart, to be cached."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer(config) for _ in range(config.layers))})

    @property
    def layers(self) -> nn.ModuleList:
        """The transformer layers, lowest first."""
        stack = self.encoder["layer"]
        assert isinstance(stack, nn.ModuleList)
        return stack

    def lower(self, ids: Tensor, mask: Tensor | None, count: int) -> Tensor:
        """Return the states after the embeddings and the first `count` layers."""
        return self._run(self.embeddings(ids), mask, 0, count)

    def upper(self, states: Tensor, mask: Tensor | None, start: int) -> Tensor:
        """Return the last states, given those after the first `start` layers."""
        return self._run(states, mask, start, len(self.layers))

    def _run(self, states: Tensor, mask: Tensor | None, start: int, stop: int) -> Tensor:
        attended = None if mask is None or bool(mask.all()) else mask[:, None, None, :]
        for layer in self.layers[start:stop]:
            states = layer(states, attended)
        return states

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the last states [batch, tokens, hidden]; `mask` bool [batch, tokens]."""
        return self.lower(ids, mask, len(self.layers))
