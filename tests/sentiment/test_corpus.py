import gzip
import json
from itertools import combinations

import pytest

from sentiment.augment import augmented
from sentiment.corpus import (
    ROOT,
    TRANSFER_SECTOR,
    Example,
    Target,
    read_posts,
    read_real,
    read_written,
    text_key,
)
from sentiment.errors import CorpusError
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


def test_no_text_is_in_two_splits() -> None:
    sets: dict[str, set[str]] = {}
    for example in read_written():
        sets.setdefault(example.split, set()).add(example.key)
    for left, right in combinations(sets, 2):
        long = {x.key for x in read_written() if len(x.text) > 25}
        assert not sets[left] & sets[right] & long, (left, right)


def test_transfer_sector_is_never_trained_on() -> None:
    data = read_data(None)
    assert all(example.sector != TRANSFER_SECTOR for example in (*data.train, *data.dev))
    assert {example.split for example in data.train} == {"train"}
    assert {example.split for example in data.dev} == {"dev"}


def test_test_files_lie_apart() -> None:
    held = {x.key for x in read_written() if x.split == "test"}
    if not (ROOT / "test").is_dir():
        pytest.skip("no test files are written yet")
    assert held
    assert not held & {x.key for x in read_data(None).train if len(x.text) > 25}


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
