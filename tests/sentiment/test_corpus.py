import gzip
import json
from itertools import combinations

import pytest

from sentiment.augment import augmented
from sentiment.corpus import (
    TRANSFER_SECTOR,
    Example,
    Target,
    read_posts,
    read_real,
    read_written,
    text_key,
)
from sentiment.errors import CorpusError
from sentiment.labels import LANGUAGES
from sentiment.silver import read_silver
from sentiment.similarity import jaccard, near_copies, ngrams
from sentiment.training_data import read_data

POST = {
    "kind": "review",
    "stance": "umot",
    "complaint": True,
    "stars": 2,
    "mentions": [["fmot", 4, "Mooie site,"], ["smot", 2, "maar het pakket kwam te laat."]],
}


# Shorter texts are said again by chance: "Nooit meer."
SAID_AGAIN = 25


@pytest.fixture(scope="module")
def written():
    return read_written()


@pytest.fixture
def shared(tmp_path):
    """A directory like the one of real rows, with one row a source."""
    for language, part in (("nl", "train"), ("nl", "test"), ("es", "train")):
        row = {
            "text": f"zin {language} {part}",
            "label": "neg",
            "source": "m-absa",
            "quality": "gold",
            "mt": True,
        }
        path = tmp_path / f"sentiment_{language}.{part}.jsonl.gz"
        path.write_bytes(gzip.compress(json.dumps(row).encode()))
    return tmp_path


def test_mentions_of_a_post_are_spans_of_its_text(tmp_path) -> None:
    path = tmp_path / "nl" / "webshop.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(POST))
    whole, *alone = read_posts(path, "train")
    assert whole.text == "Mooie site, maar het pakket kwam te laat."
    spans = [whole.text[t.start : t.end] for t in whole.targets[1:]]
    assert spans == [example.text for example in alone] == [text for *_, text in POST["mentions"]]


def test_bad_line_is_named(tmp_path) -> None:
    path = tmp_path / "mentions" / "nl" / "bank.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("smot\t2\tplain\tgoed\nsmott\t2\tplain\tfout\n")
    with pytest.raises(CorpusError, match=r"bank\.tsv:2: moment must be one of .*'smott'"):
        read_written(tmp_path)


def test_no_text_is_in_two_splits(written) -> None:
    sets: dict[str, set[str]] = {}
    for example in written:
        if len(example.text) > SAID_AGAIN:
            sets.setdefault(example.split, set()).add(example.key)
    for left, right in combinations(sets, 2):
        assert not sets[left] & sets[right], (left, right)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_texts_are_near_copies(written, language: str) -> None:
    whole = {x.text for x in written if x.language == language and not x.piece and len(x.text) > SAID_AGAIN}
    texts = sorted(whole)
    assert [(texts[i], texts[j]) for i, j, _ in near_copies(texts)] == []


def test_nothing_held_out_is_like_what_is_trained_on(written) -> None:
    held = sorted({x.text for x in written if x.split == "test" and len(x.text) > SAID_AGAIN})
    fitted = sorted({x.text for x in written if x.split in ("train", "dev") and len(x.text) > SAID_AGAIN})
    copies = near_copies([*held, *fitted])
    assert [(held[i], fitted[j - len(held)]) for i, j, _ in copies if i < len(held) <= j] == []


def test_transfer_sector_is_never_trained_on() -> None:
    data = read_data(None)
    assert all(example.sector != TRANSFER_SECTOR for example in (*data.train, *data.dev))
    assert {example.split for example in data.train} == {"train"}
    assert {example.split for example in data.dev} == {"dev"}


def test_texts_that_calibrate_readers_are_not_learned_from(shared) -> None:
    (shared / "calibration.tsv").write_text("n\tlanguage\ttext\tmoment\n1\tnl\tzin nl train\tsmot\n")
    silver = [example for example in read_data(shared).train if example.origin == "silver"]
    assert silver == []


def test_mentions_of_posts_are_learned_from_but_not_scored_twice(written) -> None:
    pieces = {x.key for x in written if x.piece and x.split == "dev"}
    assert pieces
    assert not [x for x in read_data(None).dev if x.piece]
    assert [x for x in read_data(None).train if x.piece]


def test_silver_rows_leave_out_tests_and_the_transfer_source(shared) -> None:
    assert [example.text for example in read_silver(shared, frozenset())] == ["zin nl train"]
    assert read_silver(shared, frozenset({text_key("zin nl train")})) == []


def test_real_rows_are_found_by_their_hash(shared, tmp_path) -> None:
    labels = tmp_path / "corpus" / "real"
    labels.mkdir(parents=True)
    for language, part in (("nl", "test"), ("es", "train")):
        key = text_key(f"zin {language} {part}")
        (labels / f"{language}.tsv").write_text(f"sha256\tmoment\tstars\n{key}\tsmot\t2\n")
    found = {example.language: example for example in read_real(shared, labels.parent)}
    assert found["nl"].split == "test"
    assert found["es"].split == "transfer-source"
    assert found["nl"].targets == (Target(0, 11, "smot", frozenset({2})),)


def test_near_copies_match_the_definition() -> None:
    texts = ["het pakket kwam te laat", "het pakket kwam veel te laat", "heel iets anders", "ja"]
    sets = [ngrams(text) for text in texts]
    expected = {(i, j) for i, j in combinations(range(4), 2) if jaccard(sets[i], sets[j]) > 0.4}
    assert {(i, j) for i, j, _ in near_copies(texts, 0.4)} == expected


def test_augmented_spans_still_hold_their_words() -> None:
    text = "Mooie site, maar het PAKKET kwam te laat!!! 😍"
    target = Target(12, len(text), "smot")
    changed = 0
    for seed in range(60):
        example = Example(text, (target,), "nl", "webshop", "written", "train")
        found = augmented(example, seed)
        if found is None:
            continue
        changed += 1
        assert augmented(example, seed) == found
        span = found.targets[0]
        assert span.end == len(found.text)
        assert found.text[span.start - 1] == " "
    assert 5 < changed < 40
