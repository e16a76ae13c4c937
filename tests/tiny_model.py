"""A real, untrained sequence classifier of a few kilobytes, in the files that Hugging Face writes."""

from collections.abc import Sequence
from pathlib import Path


def write_tiny_model(folder: Path, labels: Sequence[str], positions: int = 130) -> Path:
    """Write a RoBERTa of one layer, whose first two positions no token takes, and its tokenizer; return the folder."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForSequenceClassification

    words = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "pakket": 4, "prima": 5}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>").save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=positions,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    RobertaForSequenceClassification(config).save_pretrained(folder)
    return folder
