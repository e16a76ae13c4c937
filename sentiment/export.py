"""Write the encoder as Hugging Face files: `python -m sentiment.export DIR`.

`AutoModel` and `AutoTokenizer` load the directory; `heads.safetensors` holds the task heads. Mean-pool
the content tokens (all but the specials and the marker "query:") to get what the heads read.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save_file

from sentiment import weights
from sentiment.command import command
from sentiment.names import SHIPPED
from sentiment.tokenizer import BOS, EOS, PAD, UNK


def export(folder: Path, model: Path = SHIPPED) -> None:
    """Write `config.json`, `model.safetensors`, `tokenizer.json` and the heads into `folder`."""
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    shipment = weights.load(model)
    sizes = shipment.config.encoder
    config = BertConfig(
        vocab_size=sizes.vocab_size,
        hidden_size=sizes.hidden_size,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.intermediate_size,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.token_types,
        layer_norm_eps=sizes.epsilon,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.load_state_dict(shipment.model.encoder.state_dict())
    encoder.save_pretrained(folder)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=shipment.tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        cls_token=BOS,
        sep_token=EOS,
        pad_token=PAD,
        unk_token=UNK,
        model_max_length=sizes.positions,
        split_special_tokens=True,
    ).save_pretrained(folder)
    save_file(shipment.model.heads.state_dict(), folder / "heads.safetensors")


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """Export; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sentiment.export", description=__doc__)
    parser.add_argument("folder", type=Path, help="directory to write")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="model directory")
    options = parser.parse_args(arguments)
    export(options.folder, options.model)
    print(f"wrote {options.folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
