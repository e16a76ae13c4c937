"""How well the trimmed vocabulary spells real text, beside the whole one of the base model."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from tokenizers import Tokenizer

from sentiment.corpus import Example
from sentiment.tokenizer import OVERHEAD, UNK_ID

HEAD: Final = ("language", "texts", "tokens a word", "with the whole vocabulary", "unknown tokens")

_WORD: Final = re.compile(r"\w+")


def spelling_rows(ours: Tokenizer, whole: Tokenizer, examples: Sequence[Example]) -> Iterator[tuple[str, ...]]:
    """Yield (language, texts, tokens a word of ours and of the whole vocabulary, share of unknown tokens of ours)."""
    texts = defaultdict[str, list[str]](list)
    for example in examples:
        texts[example.language].append(example.text)
    for language, some in sorted(texts.items()):
        words = sum(len(_WORD.findall(text)) for text in some)
        count, unknown = _tokens(ours, some)
        spelled, _ = _tokens(whole, some)
        yield language, str(len(some)), f"{count / words:.3f}", f"{spelled / words:.3f}", f"{unknown / count:.2%}"


def _tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[int, int]:
    encodings = tokenizer.encode_batch(list(texts))
    count = sum(len(encoding.ids) - OVERHEAD for encoding in encodings)
    return count, sum(encoding.ids.count(UNK_ID) for encoding in encodings)
