"""The texts that stand for an event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.alerts.explain.mentions import EVENT_DAY, chatter, failure, mention
from umot.alerts.explain import explain
from umot.alerts.explain.examples import shortened


def test_typical_texts_stand_not_the_odd_ones() -> None:
    found = explain(failure("nl", 20) + chatter("nl", 20, seed=5, days=(EVENT_DAY,)), chatter("nl", 400))
    assert len(found.examples) == 3
    assert all(example_id.startswith("lost") for example_id in found.example_ids)
    assert all("pakket" in text or "bezorger" in text for text in found.examples)


def test_examples_are_of_different_authors_and_posts_and_no_copies() -> None:
    same_author = [document | {"author": "one"} for document in failure("nl", 10)]
    same_post = [document | {"post_id": "p"} for document in failure("nl", 10, seed=2)]
    copied = [mention(f"c{n}", "Mijn pakket is niet geleverd, bezorger nooit gezien") for n in range(10)]
    documents = same_author + same_post + copied
    found = explain(documents, chatter("nl", 400), most_examples=9)
    chosen = [
        document
        for document in documents
        if document["post_id"] in found.example_ids and document["text"] in found.examples
    ]
    assert len(set(found.example_ids)) == len(found.example_ids) == len(found.examples) > 1
    assert len({document["author"] for document in chosen}) == len(found.examples)
    assert len(set(found.examples)) == len(found.examples)
    assert [text for text in found.examples if text.startswith("Mijn pakket is niet geleverd, bezorger nooit")]


def test_a_short_text_of_one_word_is_not_the_most_typical() -> None:
    found = explain([*failure("nl", 30), mention("short", "Pakket.")], chatter("nl", 400))
    assert found.examples[0] != "Pakket."


def test_where_no_word_tells_the_strongest_feeling_stands_first() -> None:
    calm = chatter("nl", 9, seed=7, days=(EVENT_DAY,))
    calm[4] |= {"is_peak": True, "score": -0.9}
    found = explain(calm, chatter("nl", 400))
    assert found.example_ids[0] == calm[4]["post_id"]


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_examples_than_asked_for(most: int) -> None:
    assert len(explain(failure("nl", 20), [], most_examples=most).examples) == most


@given(st.text(alphabet=st.sampled_from("ab \n"), max_size=400), st.integers(20, 300))
def test_cut_at_a_word(text: str, longest: int) -> None:
    cut = shortened(text, longest)
    whole = " ".join(text.split())
    assert len(cut) <= longest
    assert cut == whole or (cut.endswith("…") and whole.startswith(cut[:-1]))
    if cut != whole and " " in whole[longest // 2 + 1 : longest]:
        assert whole[len(cut) - 1] == " "
