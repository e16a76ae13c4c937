"""Real sentences: those about delivery against the rest, and the rest against itself."""

import gzip
import json
import random
from pathlib import Path

import pytest

from tests.alerts.explain.mentions import mention
from umot.alerts.explain import explain
from umot.store.contract import Document

DATA = Path(__file__).parents[4] / "shared/data"
LANGUAGES = {
    "nl": ("levering", "ontvangen"),
    "en": ("delivery", "received"),
    "de": ("Lieferung", "erhalten"),
    "fr": ("livraison", "reçu"),
    "es": ("entrega", "recibido"),
}


def sentences(language: str) -> tuple[list[Document], list[Document]]:
    path = DATA / f"moments_{language}.train.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no labelled sentences at {path.parent.name}/{path.name}")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["source"] == "m-absa"]
    random.Random(4).shuffle(rows)
    made = [(row, mention(str(n), row["text"], language=language)) for n, row in enumerate(rows)]
    return (
        [document for row, document in made if "Logistics#" in row["sub"]],
        [document for row, document in made if "Logistics#" not in row["sub"]],
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_delivery_against_the_rest(language: str) -> None:
    delivery, rest = sentences(language)
    found = explain(delivery[:60] + rest[:30], rest[30:])
    assert set(LANGUAGES[language]) <= set(found.terms)
    assert found.phrases
    assert found.voice == "many"
    ids = {document["post_id"] for document in delivery[:60]}
    assert set(found.example_ids) <= ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rest_against_itself_is_mostly_silent(language: str) -> None:
    """Fixed draws, so that the answer is always the same: at most one of six says something."""
    _, rest = sentences(language)
    said = 0
    for seed in range(6):
        drawn = random.Random(seed).sample(rest, 600)
        said += bool(explain(drawn[:30], drawn[30:]).terms)
    assert said <= 1
