import numpy as np

from sentiment import weights
from sentiment.corpus import Example, Target, read_written
from sentiment.splitting import (
    Label,
    Sentence,
    context_rows,
    counts,
    cut_and_merged,
    divided,
    exact_share,
    left_whole,
    pair_f1,
    splitting_rows,
)

TEXT = "Mooie site, maar het pakket kwam te laat. Nooit meer!"
FIRST, SECOND, LAST = (0, 11), (12, 41), (42, 53)


def post() -> Example:
    mentions = (("fmot", 4, FIRST), ("smot", 2, SECOND), ("umot", 1, LAST))
    targets = [Target(*span, moment, frozenset({stars})) for moment, stars, span in mentions]
    return Example(TEXT, (Target(0, len(TEXT)), *targets), "nl", "webshop", "written", "test", "review")


def test_divided_sentences_are_those_of_two_mentions() -> None:
    (sentence,) = divided([post()])
    assert [(label.start, label.end) for label in sentence.gold] == [FIRST, SECOND]


def test_ways_of_cutting() -> None:
    assert [(p.start, p.end) for p in cut_and_merged(post())] == [FIRST, SECOND, LAST]
    assert [(p.start, p.end) for p in left_whole(post())] == [(0, 41), LAST]


def test_scores_by_hand() -> None:
    gold = (Label(*FIRST, 2, 2), Label(*SECOND, 4, 0))
    sentence = Sentence(0, gold)
    found = [[*gold, Label(*LAST, 5, 0)], [Label(0, 41, 4, 0)], [Label(*FIRST, 2, 0), gold[1]]]
    rows = np.concatenate([counts([sentence], [mentions]) for mentions in found])
    assert rows.tolist() == [[1, 2, 2, 2], [0, 1, 1, 2], [1, 1, 2, 2]]
    assert exact_share(rows) == 2 / 3
    assert pair_f1(rows) == 8 / 11


def test_held_out_posts_hold_two_hundred_such_sentences() -> None:
    posts = [x for x in read_written() if x.kind and x.split in ("test", "transfer-sector")]
    assert len(divided(posts)) >= 200


def test_rows_of_a_model_name_every_language_and_score(untrained) -> None:
    shipment = weights.load(untrained)
    assert [row[:3] for row in splitting_rows(shipment, [post()])] == [
        (name, language, "1")
        for name in ("moments in order", "F1 of (moment, sentiment)")
        for language in ("all", "nl")
    ]
    assert [row[:2] for row in context_rows(shipment, [post()])] == [
        ("moment macro-F1", "3"),
        ("sentiment accuracy", "3"),
    ]
