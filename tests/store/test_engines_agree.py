"""One set of generated documents in both engines: what is asked of them is answered alike.

Without free text and with Dutch and English texts, hits, counts and orders are equal, sums and averages but for
rounding, estimates near the truth. German, French, Spanish and Italian have other stemmers and are left out here.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store import brute
from tests.store.conftest import clear, place
from tests.store.documents import random_write
from tests.store.test_brute import SORTS, random_aggs
from umot.store import open_store
from umot.store.contract import Store

POSTS = 1_500
PREFIX = "tagree"
FLOAT32 = 1e-6
ESTIMATE = 0.04  # most are within 3 %; the embedded engine's sketch of 888 values was 3.04 % off
TEXTS = {
    "text_nl": "batterijen levering geleverde laatste kinderen huizen bestellingen klantenservice gestuurd niet de",
    "text_en": "batteries delivered shipping technologies kindly children's services returned politely not the",
}

Both = tuple[Store, Store]


@pytest.fixture(scope="module")
def both(elasticsearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    clear(elasticsearch_url, PREFIX)
    directory: Path = tmp_path_factory.mktemp("agree")
    stores = open_store(directory / "store"), open_store(place(elasticsearch_url, PREFIX))
    pick = random.Random(5)
    writes = [random_write(pick, n) for n in range(POSTS)]
    for n, write in enumerate(writes):
        if "published_at" in write.post and n % 3 == 0:
            write.post["published_at"] = f"{2019 + n % 7}{write.post['published_at'][4:]}"
        if write.post["language"] in ("nl", "en"):
            write.post["text"] = " ".join(pick.choices(TEXTS[f"text_{write.post['language']}"].split(), k=9))
    for store in stores:
        store.replace(writes)
        store.refresh()
    yield stores
    for store in stores:
        store.close()
    clear(elasticsearch_url, PREFIX)


def without_text(pick: random.Random, depth: int = 2) -> dict[str, Any]:
    """Return a random query without free text."""
    while True:
        query = brute.random_query(pick, depth)
        if "match" not in str(query).replace("match_all", "").replace("minimum_should_match", ""):
            return query


@pytest.mark.parametrize("seed", range(300))
def test_hits_counts_and_orders_are_equal(both: Both, seed: int) -> None:
    pick = random.Random(seed)
    query, sort, size = without_text(pick), pick.choice(SORTS), pick.randint(1, 60)
    one, other = (store.search("posts", query, sort=sort, size=size) for store in both)
    assert one == other, (query, sort)
    if one.hits:
        after = one.hits[-1].sort
        one, other = (store.search("posts", query, sort=sort, size=size, after=after) for store in both)
        assert one == other, (query, sort, after)
    assert both[0].count("posts", query) == both[1].count("posts", query)
    one_scan, other_scan = (list(store.scan("posts", query)) for store in both)
    assert one_scan == other_scan


@pytest.mark.parametrize("seed", range(300))
def test_aggregations_have_one_answer(both: Both, seed: int) -> None:
    pick = random.Random(1_000 + seed)
    query, aggs = without_text(pick, 1), random_aggs(pick)
    one, other = (store.aggregate("posts", query, aggs) for store in both)
    assert near(one) == other, (query, aggs)


@pytest.mark.parametrize("field", ["author", "day", "likes", "views"])
@pytest.mark.parametrize("seed", range(4))
def test_estimates_are_near_the_truth(both: Both, field: str, seed: int) -> None:
    aggs = {
        "n": {"cardinality": {"field": field}},
        "p": {"percentiles": {"field": "score", "percents": [10, 50, 90]}},
    }
    query = without_text(random.Random(2_000 + seed), 1)
    documents = list(both[0].scan("posts", query))
    distinct = len({document[field] for document in documents if field in document})
    scores = [document["score"] for document in documents if "score" in document]
    for store in both:
        answer = store.aggregate("posts", query, aggs)
        assert answer["n"]["value"] == pytest.approx(distinct, rel=ESTIMATE)
        for percent, value in answer["p"]["values"].items():
            assert (value is None) == (not scores)
            assert not scores or near_rank(scores, value, float(percent))


def near_rank(values: list[float], value: float, percent: float) -> bool:
    """Tell whether so many percent of some values lie below one of them, 4 % or one value more or less."""
    slack = max(ESTIMATE * len(values), 1)
    low, high = (sum(v < value + side * FLOAT32 for v in values) for side in (-1, 1))
    return low - slack <= len(values) * percent / 100 <= high + slack


@pytest.mark.parametrize("field", list(TEXTS))
@pytest.mark.parametrize("seed", range(120))
def test_dutch_and_english_words_find_the_same_posts(both: Both, field: str, seed: int) -> None:
    pick = random.Random(seed)
    text = " ".join(pick.choices(TEXTS[field].split(), k=pick.randint(1, 3)))
    kind = pick.choice(["match", "match_phrase"])
    body: Any = {"query": text, "operator": pick.choice(["or", "and"])} if kind == "match" else {"query": text}
    query = {"bool": {"must": [{kind: {pick.choice([field, "text"]): body}}], "filter": [without_text(pick, 1)]}}
    one, other = ([d["id"] for d in store.scan("posts", query)] for store in both)
    assert one == other, query


@pytest.mark.parametrize("seed", range(40))
def test_the_same_places_are_highlighted(both: Both, seed: int) -> None:
    text = " ".join(random.Random(seed).sample(TEXTS["text_nl"].split(), 2))
    query = {"bool": {"should": [{"match": {"text_nl": text}}, {"match_phrase": {"text": text}}]}}
    one, other = (
        {hit.id: hit.highlights for hit in store.search("posts", query, size=POSTS, highlight=["text"]).hits}
        for store in both
    )
    assert one == other


def near(answer: Any) -> Any:
    """Return an answer whose numbers may differ by the rounding of 32 bits."""
    if isinstance(answer, list):
        return [near(item) for item in answer]
    if isinstance(answer, dict):
        return {name: near(value) for name, value in answer.items()}
    return pytest.approx(answer, rel=FLOAT32, abs=FLOAT32) if isinstance(answer, float) else answer
