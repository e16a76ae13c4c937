"""The files of `mappings/kibana/`: the schema they follow, the fields they use, ids, references, grid and languages."""

import json
from collections import Counter
from copy import deepcopy
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from sentiment.labels import MOMENTS, SENTIMENTS, STANCES
from tests.kibana.charts import BUCKETS, Json, Layer, layers_of, panels_of
from tests.kibana.kql import fields_of
from umot.alert import About, Status, Voice, What
from umot.kibana.objects import ID_KEYS, TEXT_KEYS, kibana_objects, names, read
from umot.ledger import UNHEALTHY, Verdict
from umot.store.mapping import COLLECTIONS, Field, template_of

SCHEMA = Path(__file__).parents[3] / "shared" / "kibana" / "dashboards.schema.json"
COLUMNS = 48
DASHBOARDS = {name: read(f"dashboard-{name}.json") for name in names("dashboard")}
SEARCHES = {name: read(f"search-{name}.json") for name in names("search")}
VIEWS = {f"umot-{name}": read(f"data-view-{name}.json") for name in names("data-view")}
PANELS = [
    pytest.param(panel, id=f"{name}/{panel['id']}")
    for name, dashboard in DASHBOARDS.items()
    for _, panel in panels_of(dashboard)
]
TABS = [
    *(pytest.param(search["tabs"][0], id=name) for name, search in SEARCHES.items()),
    *(
        pytest.param(panel["config"]["tabs"][0], id=f"{name}/{panel['id']}")
        for name, dashboard in DASHBOARDS.items()
        for _, panel in panels_of(dashboard)
        if panel["type"] == "discover_session"
    ),
]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    if not SCHEMA.exists():
        pytest.skip("the schema of the Dashboards API is not at ../shared/kibana: it is not ours to ship")
    return Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


def mapped(view: str) -> dict[str, Field]:
    """Return the fields of a data view's index, by its template."""
    properties = template_of(view.removeprefix("umot-"))["template"]["mappings"]["properties"]
    return {name: Field(name, spec["type"]) for name, spec in properties.items() if spec.get("index", True)}


def problems(schema: Draft202012Validator, body: Json) -> list[str]:
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in schema.iter_errors(body)]


def as_panel(search: Json) -> Json:
    return {"title": "t", "panels": [{"type": "discover_session", "grid": {"x": 0, "y": 0}, "config": search}]}


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_body_follows_the_schema_of_the_dashboards_api(schema: Draft202012Validator, language: Any) -> None:
    for found in kibana_objects(language, prefix="acme", space="team-1"):
        if found.kind == "data-view":
            continue
        body = found.body if found.kind == "dashboard" else as_panel(found.body)
        assert not problems(schema, body), found.id


def test_the_schema_finds_what_is_wrong(schema: Draft202012Validator) -> None:
    broken = deepcopy(DASHBOARDS["journey"])
    broken["panels"][1]["panels"][2]["config"]["layers"][0]["y"][0]["operation"] = "mean"
    assert problems(schema, broken)


def test_there_is_a_data_view_for_every_index_and_the_five_dashboards() -> None:
    assert set(names("data-view")) == {*COLLECTIONS, "state"}
    assert {"review-search", "journey", "competitors", "sources", "alerts"} <= set(names("dashboard"))
    for view, body in VIEWS.items():
        assert body["id"] == body["title"] == view


@pytest.mark.parametrize("view", VIEWS)
def test_data_views_use_fields_that_exist(view: str) -> None:
    fields = mapped(view)
    if "timeFieldName" in VIEWS[view]:
        assert fields[VIEWS[view]["timeFieldName"]].type == "date"
    for name, form in VIEWS[view].get("fieldFormats", {}).items():
        expected = {"static_lookup": ("keyword",), "number": ("float",), "url": ("keyword",)}[form["id"]]
        assert fields[name].type in expected, name


def test_lookups_know_every_code() -> None:
    codes = {
        "sentiment": SENTIMENTS,
        "stance": STANCES,
        "verdict": get_args(Verdict),
        "about": get_args(About),
        "what": [code for events in get_args(What) for code in get_args(events)],
        "status": get_args(Status),
        "voice": get_args(Voice),
        **dict.fromkeys(("moment", "moments", "peak_moment", "end_moment"), MOMENTS),
    }
    for body in VIEWS.values():
        for name, form in body.get("fieldFormats", {}).items():
            if form["id"] == "static_lookup":
                assert {entry["key"] for entry in form["params"]["lookupEntries"]} == set(codes[name]), name


FITS = {
    "terms": ("keyword", "boolean"),
    "date_histogram": ("date",),
    "unique_count": ("keyword",),
    "last_value": ("keyword", "date", "float", "integer", "boolean"),
    **dict.fromkeys(("average", "sum", "median", "percentile", "min", "max"), ("float", "integer", "long")),
}


@pytest.mark.parametrize("panel", PANELS)
def test_charts_use_fields_that_exist_and_fit(panel: Json) -> None:
    for layer in layers_of(panel):
        fields = mapped(layer.view)
        for operation, name in layer.operations:
            assert fields[name].type in FITS[operation], f"{operation} of {name}"
        assert layer.filtered_by <= fields.keys()
        assert all(bucket["operation"] in BUCKETS for bucket in layer.buckets)


@pytest.mark.parametrize("tab", TABS)
def test_tables_of_texts_use_fields_that_documents_hold(tab: Json) -> None:
    fields = mapped(tab["data_source"]["ref_id"])
    assert set(tab["column_order"]) <= fields.keys()
    assert not [name for name in tab["column_order"] if name.startswith("text_")], "filled by the store, not in _source"
    assert tab["column_settings"].keys() <= set(tab["column_order"])
    assert fields_of(tab["query"]["expression"]) <= fields.keys()
    assert all(fields[by["name"]].type in ("date", "float", "keyword") for by in tab["sort"])
    assert tab["sort"][0]["name"] in tab["column_order"]


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_a_control_filters_only_panels_whose_index_has_its_field(dashboard: str) -> None:
    """A filter on a field that an index lacks finds nothing there: the panel would be empty without a word."""
    body = DASHBOARDS[dashboard]
    views: dict[str | None, set[str]] = {}
    for section, panel in panels_of(body):
        for layer in layers_of(panel):
            views.setdefault(section["id"] if section else None, set()).add(layer.view)
    for control in body["pinned_panels"]:
        check_control(control["config"], set().union(*views.values()))
    for section, panel in panels_of(body):
        if panel["type"] == "options_list_control":
            assert section, "beside sections a control would filter them too, or not: nobody could tell"
            check_control(panel["config"], views[section["id"]])


def check_control(config: Json, views: set[str]) -> None:
    for view in views | {config["data_view_id"]}:
        assert mapped(view)[config["field_name"]].type == "keyword", f"{view} has no {config['field_name']}"


@pytest.mark.parametrize(
    ("code", "view", "field"), [(MOMENTS, "umot-mentions", "moment"), (STANCES, "umot-posts", "stance")]
)
def test_queries_name_codes_that_exist(code: tuple[str, ...], view: str, field: str) -> None:
    told = set(texts_in(list(DASHBOARDS.values()) + list(SEARCHES.values()), {"expression", "formula"}))
    words = {word for text in told for word in text.replace("'", " ").split(f"{field}: ")[1:]}
    assert words
    assert {word.split()[0].strip("()") for word in words} <= {*code, "*"}


def test_runs_that_need_a_look_are_those_of_the_ledger() -> None:
    (told,) = {text for text in texts_in(list(SEARCHES.values()), {"expression"}) if text.startswith("verdict: ")}
    assert set(told.removeprefix("verdict: (").removesuffix(")").split(" or ")) == set(UNHEALTHY)


def test_ids_are_unique_and_references_resolve() -> None:
    ids = Counter((found.kind, found.id) for found in kibana_objects())
    assert ids.most_common(1)[0][1] == 1
    for found in kibana_objects(prefix="acme", space="team-1"):
        references = set(texts_in(found.body, ID_KEYS - {"id"}))
        assert references <= {f"acme-{name}-team-1" for name in names("data-view")}, found.id
    for name, dashboard in DASHBOARDS.items():
        panels = [panel["id"] for _, panel in panels_of(dashboard)]
        sections = [panel["id"] for panel in dashboard["panels"] if "type" not in panel]
        pinned = [panel["id"] for panel in dashboard["pinned_panels"]]
        assert max(Counter(panels + sections + pinned).values()) == 1, name


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_panels_fit_the_grid_without_overlap(dashboard: str) -> None:
    body = DASHBOARDS[dashboard]
    top = [panel for panel in body["panels"] if "type" in panel]
    sections = [panel for panel in body["panels"] if "type" not in panel]
    for panels in (top, *(section["panels"] for section in sections)):
        for panel in panels:
            grid = panel["grid"]
            assert 0 <= grid["x"] < grid["x"] + grid["w"] <= COLUMNS, panel["id"]
            assert grid["y"] >= 0, panel["id"]
            assert grid["h"] >= 3, panel["id"]
        for one, other in combinations(panels, 2):
            assert not overlap(one["grid"], other["grid"]), f"{one['id']} and {other['id']}"
    starts = [section["grid"]["y"] for section in sections]
    assert starts == sorted(set(starts))
    assert not starts or starts[0] >= max(panel["grid"]["y"] + panel["grid"]["h"] for panel in top)


def overlap(a: Json, b: Json) -> bool:
    across = a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
    down = a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]
    return bool(across and down)


def test_every_text_is_there_in_both_languages() -> None:
    told = set()
    for found in kibana_objects():
        body = found.body if found.kind != "data-view" else {k: v for k, v in found.body.items() if k != "title"}
        told |= set(texts_in(body, TEXT_KEYS))
    sorted_by = {by["name"] for param in TABS for by in param.values[0]["sort"]}  # type: ignore[index]
    told = {text for text in told if not text.startswith("#") and text not in sorted_by}
    dutch = read("nl.json")
    assert dutch.keys() == told
    assert all(text.strip() for text in dutch.values())


@pytest.mark.parametrize("language", ["en", "nl"])
def test_titles_differ_within_a_kind(language: Any) -> None:
    titles = Counter((found.kind, found.title) for found in kibana_objects(language))
    assert max(titles.values()) == 1
    assert all(found.title.startswith("UMOT") for found in kibana_objects(language))


def texts_in(value: Any, keys: set[str] | frozenset[str], key: str = "") -> list[str]:
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in texts_in(item, keys, name)]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item, keys, key)]
    return [value] if isinstance(value, str) and key in keys else []


def test_the_page_names_every_dashboard_and_saved_search() -> None:
    page = (Path(__file__).parents[2] / "docs" / "kibana.md").read_text("utf-8")
    titles = [found.title.removeprefix("UMOT: ") for found in kibana_objects() if found.kind != "data-view"]
    assert [title for title in titles if title not in page] == []


def test_every_chart_asks_a_data_view() -> None:
    asked = [layer for param in PANELS for layer in layers_of(param.values[0])]  # type: ignore[arg-type]
    assert len(asked) > 30
    assert all(isinstance(layer, Layer) and layer.view in VIEWS for layer in asked)
