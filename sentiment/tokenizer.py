"""The SentencePiece unigram tokenizer of XLM-R with fewer pieces, as a `tokenizers.Tokenizer`.

Kudo 2018 (unigram model). Traps of the original are closed in the normaliser: the emoji joiner U+200D would become
<unk>, as would common emoji that it never met, and a literal "<s>" in a text would become a control token.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import zstandard
from tokenizers import Encoding, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

BOS: Final = "<s>"
EOS: Final = "</s>"
PAD: Final = "<pad>"
UNK: Final = "<unk>"
PAD_ID: Final = 1
UNK_ID: Final = 3
# The pieces of "query:", the task marker that E5 was trained with, put before every text.
MARKER: Final = ("▁que", "ry", ":")
OVERHEAD: Final = len(MARKER) + 2

_SPACE: Final = "▁"
_JOINER: Final = "\u200d"
_CONTROL: Final = Regex(r"<(?=/?(?:s|pad|unk|mask)>)")
_RULE: Final = "nmt_nfkc"
# Emoji that the base vocabulary lacks although people use them, and the nearest that it has.
_KNOWN_EMOJI: Final = {
    "🤬": "😡", "🤮": "👎", "🤢": "👎", "💩": "👎", "🥳": "🎉", "🥺": "😢", "🥹": "😢",
    "🥲": "😢", "🤯": "😱", "🥵": "😓", "🥶": "😨", "🥱": "😴", "🤐": "😶", "🤫": "😶",
    "🥴": "😵", "🤧": "😷", "🤒": "😷", "🤕": "😷", "🧐": "🤔", "😧": "😦",
}  # fmt: skip


def normalization_rule() -> bytes:
    """Return SentencePiece's compiled character map nmt_nfkc, taken from a toy model."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    with tempfile.TemporaryDirectory() as folder:
        prefix = str(Path(folder) / "toy")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d", "b c d e"]),
            model_prefix=prefix,
            vocab_size=16,
            hard_vocab_limit=False,
            normalization_rule_name=_RULE,
            minloglevel=2,
        )
        model = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
        model.ParseFromString(Path(prefix + ".model").read_bytes())
    rule: bytes = model.normalizer_spec.precompiled_charsmap
    return rule


def build_tokenizer(pieces: Sequence[tuple[str, float]], rule: bytes) -> Tokenizer:
    """Return the tokenizer of these pieces (`<s> <pad> </s> <unk>` first) and character map."""
    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=UNK_ID, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(_JOINER, " "),
            normalizers.Replace(_CONTROL, "< "),
            normalizers.Precompiled(rule),
            # Again: full-width brackets and control characters become control words only now.
            normalizers.Replace(_CONTROL, "< "),
            normalizers.Replace(Regex(" {2,}"), " "),
            *(normalizers.Replace(rare, known) for rare, known in _KNOWN_EMOJI.items()),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    ids = {piece: identifier for identifier, (piece, _) in enumerate(pieces)}
    prefix = [BOS, *MARKER]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"<start> $A {EOS}",
        special_tokens=[
            {"id": "<start>", "ids": [ids[token] for token in prefix], "tokens": prefix},
            (EOS, ids[EOS]),
        ],
    )
    return tokenizer


def says_something(encoding: Encoding) -> bool:
    """Tell whether a text, the marker left out, has a piece that the vocabulary holds."""
    content = zip(encoding.ids[OVERHEAD - 1 : -1], encoding.tokens[OVERHEAD - 1 : -1], strict=True)
    return any(identifier != UNK_ID and token != _SPACE for identifier, token in content)


def trim(pieces: Sequence[tuple[str, float]], kept: Sequence[int]) -> list[tuple[str, float]]:
    """Return the kept pieces in order; ids become their places."""
    return [pieces[identifier] for identifier in kept]


def save_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write the tokenizer's JSON, compressed with zstandard."""
    path.write_bytes(zstandard.compress(tokenizer.to_str().encode(), level=19))


def load_tokenizer(path: Path) -> Tokenizer:
    """Read what `save_tokenizer` wrote; raise ValueError when it is something else."""
    content = path.read_bytes()
    try:
        return Tokenizer.from_str(zstandard.decompress(content).decode())
    except Exception as error:  # tokenizers raises nothing narrower
        raise ValueError(f"{path.name}: {error}") from error
