"""The configuration says what is wrong with it, and never a secret."""

from pathlib import Path

import pytest

from umot.config import load_settings
from umot.config.schema import json_schema
from umot.errors import ConfigError

GOOD = """
name: demo
brands:
  - {name: Zonnehoek, own: true, spellings: [zonnehoekje]}
sources:
  export:
    spider: import
    params: {path: "exports/*.csv"}
    about: [Zonnehoek]
privacy: {author_key: "${KEY}"}
"""


def load(tmp_path: Path, text: str, **environment: str):  # type: ignore[no-untyped-def]
    path = tmp_path / "umot.yaml"
    path.write_text(text)
    return load_settings(path, {"KEY": "very-secret", **environment})


def test_a_good_file_is_typed_and_hides_its_secret(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD)
    assert settings.brands[0].spellings == ("zonnehoekje",)
    assert settings.sources["export"].delay == 1.0
    assert settings.privacy.author_key.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("own:", "onw:", r"brands\.0\.onw: unknown key; did you mean 'own'"),
        ("spider: import", "spider: imprt", "no spider 'imprt'; did you mean 'import'"),
        ("params: {path", "params: {pth", "sources.export.params: .*unknown key; did you mean 'path'"),
        ("about: [Zonnehoek]", "about: [Zonehoek]", "sources.export.about: no brand 'Zonehoek'"),
        ("name: demo", "timezone: Amsterdam", "timezone: not a time zone"),
        ("${KEY}", "${MISSING}", r"\$\{MISSING\} is not set in the environment"),
        ("brands:", "brands: []\nx:", "brands"),
        ("name: demo", "name: [", "not readable as YAML"),
        ("name: demo", "languages: [nl, xx]", "languages.1: not one of nl, en"),
        ("name: demo", "sentiment: {model: 'hf:m', labels: {A: good}}", r"sentiment\.labels: A: not one of lzmot, "),
        ("name: demo", "sentiment: {labels: {A: negative}}", r"sentiment: labels: only a model `hf:NAME`"),
    ],
)
def test_mistakes_are_named_with_a_way_out(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert "very-secret" not in str(caught.value)


def test_the_meaning_of_labels_may_be_a_number(tmp_path: Path) -> None:
    other = "sentiment: {model: 'hf:org/m', labels: {LABEL_0: 1, 1: Negative}}"
    found = load(tmp_path, GOOD.replace("name: demo", other)).sentiment
    assert found.labels == {"LABEL_0": "1", "1": "negative"}
    labels = json_schema()["$defs"]["SentimentSettings"]["properties"]["labels"]
    assert labels["additionalProperties"]["type"] == ["string", "integer"]


def test_a_missing_file_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="umot init"):
        load_settings(tmp_path / "none.yaml")


def test_defaults_fill_variables_that_are_not_set(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("name: demo", "name: ${NAME:-shop}")).name == "shop"


def test_the_schema_knows_every_spiders_parameters() -> None:
    source = json_schema()["$defs"]["SourceSettings"]
    assert {"import", "schema_org", "feed", "mastodon"} <= set(source["properties"]["spider"]["enum"])
    assert len(source["allOf"]) == len(source["properties"]["spider"]["enum"])
