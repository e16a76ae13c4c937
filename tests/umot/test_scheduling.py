"""What a scheduler reads of a configuration, which secrets it looks for, and what it makes of a run."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pipeline.workspaces import make_workspace
from umot.cli.app import app
from umot.errors import ArchiveError, ConfigError, SourceAwayError, SourceError
from umot.ledger import Run
from umot.pipeline.backfill import dates_of
from umot.scheduling.needs import Need, needs
from umot.scheduling.outcome import checked
from umot.scheduling.plan import read_plan
from umot.workspace import Workspace

CONFIG = """
timezone: ${ZONE:-Europe/Brussels}
brands: [{name: Zonnehoek}]
store: elasticsearch://search.example:9200/umot
alerts: {channels: {post: {url: "${MAIL_URL}"}}}
sources:
  shop: {spider: schema_org, params: {urls: ["https://${SHOP_HOST}/"]}, schedule: "0 6 * * *"}
  club: {spider: import, params: {path: "${CLUB_USER}-${CLUB_KEY}-${CLUB_USER}.csv"}}
  old: {spider: import, params: {path: x.csv}, enabled: false}
"""
AS_OF = datetime(2026, 3, 10, 7, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "umot.yaml"
    path.write_text(CONFIG, "utf-8")
    return path


def test_a_plan_needs_no_secrets(config: Path) -> None:
    plan = read_plan(config, {})
    assert (plan.timezone, list(plan.sources), plan.scheduled) == ("Europe/Brussels", ["shop", "club"], True)
    assert plan.sources["shop"].schedule == "0 6 * * *"
    assert set(plan.pools) == {"umot_collect_shop", "umot_collect_club", "umot_model", "umot_store"}


def test_a_plan_takes_the_variables_that_are_set(config: Path) -> None:
    everything = {"ZONE": "Europe/Lisbon", "MAIL_URL": "json://localhost", "SHOP_HOST": "shop.example"}
    assert read_plan(config, everything).timezone == "Europe/Lisbon"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("0 6 * * *", "${WHEN}", "the scheduler needs this before secrets are filled in"),
        ("{name: Zonnehoek}", "{name: Zonnehoek}, {name: Zonnehoek}", "two brands have the same name"),
        ("enabled: false", "enabled: perhaps", "sources.old.enabled"),
    ],
)
def test_a_plan_names_what_is_wrong_for_all_that_is_not_set(config: Path, right: str, wrong: str, said: str) -> None:
    config.write_text(CONFIG.replace(right, wrong), "utf-8")
    with pytest.raises(ConfigError, match=said):
        read_plan(config, {"MAIL_URL": "json://localhost"})


def test_every_part_has_its_connection_and_every_variable_its_place(config: Path) -> None:
    assert [(n.connection, n.source, n.variables, n.optional) for n in needs(config, {})] == [
        ("umot_shop", "shop", ("SHOP_HOST",), False),
        ("umot_club", "club", ("CLUB_USER", "CLUB_KEY"), False),
        ("umot_alerts", None, ("MAIL_URL",), False),
        (
            "umot_elasticsearch",
            None,
            ("UMOT_ELASTICSEARCH_API_KEY", "UMOT_ELASTICSEARCH_USER", "UMOT_ELASTICSEARCH_PASSWORD"),
            True,
        ),
    ]


def test_a_connection_gives_by_name_and_its_password_to_the_one_that_is_left(config: Path) -> None:
    shop, club, _, elastic = needs(config, {})
    assert shop.values(None, "geheim", {}, {}) == {"SHOP_HOST": "geheim"}
    assert club.values("x", "geheim", {"CLUB_USER": "u", "OTHER": 1}, {}) == {"CLUB_USER": "u", "CLUB_KEY": "geheim"}
    assert elastic.values("u", "p", {}, {}) == {"UMOT_ELASTICSEARCH_USER": "u", "UMOT_ELASTICSEARCH_PASSWORD": "p"}
    assert elastic.values("u", None, {"UMOT_ELASTICSEARCH_API_KEY": "k"}, {}) == {"UMOT_ELASTICSEARCH_API_KEY": "k"}
    assert elastic.values(None, None, {}, {}) == {}
    with pytest.raises(ConfigError, match="umot_club: no value for CLUB_USER, CLUB_KEY"):
        club.values(None, "geheim", {}, {})


def test_a_connection_gives_only_what_the_environment_lacks(config: Path) -> None:
    _, club, _, elastic = needs(config, {})
    both = {"CLUB_USER": "theirs", "CLUB_KEY": "theirs"}
    assert club.values(None, "geheim", {}, {"CLUB_USER": "ours"}) == {"CLUB_KEY": "geheim"}
    assert club.values(None, None, both, {"CLUB_USER": "ours"}) == {"CLUB_KEY": "theirs"}
    for user in ("theirs", None):
        half = elastic.values(user, "p", {"UMOT_ELASTICSEARCH_API_KEY": "k"}, {"UMOT_ELASTICSEARCH_USER": "ours"})
        assert half == {"UMOT_ELASTICSEARCH_PASSWORD": "p"}


def test_what_nobody_may_read_is_every_value_but_the_user_of_the_store(config: Path) -> None:
    _, club, _, elastic = needs(config, {})
    assert club.secrets({"CLUB_USER": "u", "CLUB_KEY": "k", "OTHER": "o"}) == ["u", "k"]
    assert elastic.secrets({"UMOT_ELASTICSEARCH_USER": "elastic", "UMOT_ELASTICSEARCH_PASSWORD": "p"}) == ["p"]


def test_what_the_environment_has_is_not_looked_for() -> None:
    both = Need("umot_club", "sources.club", ("A", "B"))
    assert (both.met({"A": "1"}), both.missing({"A": "1"})) == (False, ["B"])
    assert both.met({"A": "1", "B": ""})


@pytest.mark.parametrize(
    ("names", "met"),
    [
        ((), False),
        (("API_KEY",), True),
        (("USER",), False),
        (("PASSWORD",), False),
        (("USER", "PASSWORD"), True),
    ],
)
def test_half_a_login_is_none(config: Path, names: tuple[str, ...], met: bool) -> None:
    *_, elastic = needs(config, {})
    assert elastic.met({f"UMOT_ELASTICSEARCH_{name}": "x" for name in names}) is met


COUNTS = {"pages": 0, "http_2xx": 0, "http_4xx": 0, "http_5xx": 0, "parsed": 0, "rejected": 0}


@pytest.mark.parametrize(
    ("source", "finish", "counts", "error"),
    [
        ("shop", "finished", {}, None),
        ("shop", "limited", {"http_5xx": 3}, None),
        ("shop", "refused", {"http_4xx": 1}, SourceError),
        ("shop", "failed", {}, SourceAwayError),
        ("shop", "failed", {"http_2xx": 1, "pages": 1, "http_5xx": 3}, SourceAwayError),
        ("shop", "failed", {"http_2xx": 1, "pages": 1}, SourceError),
        ("shop", "failed", {"http_4xx": 1}, SourceError),
        ("shop", "failed", {"http_2xx": 1, "pages": 1, "parsed": 4, "rejected": 4}, SourceError),
        ("shop", "failed", {"http_2xx": 1, "pages": 1, "parsed": 4, "rejected": 1}, ArchiveError),
        ("club", "failed", {}, SourceError),
    ],
)
def test_a_run_passes_comes_back_later_or_needs_a_person(
    config: Path, source: str, finish: str, counts: dict[str, int], error: type[Exception] | None
) -> None:
    run = Run("collect", source, "1", AS_OF, finish=finish, reason="zo gaat het", counts=COUNTS | counts)
    assert outcome(config, run) is error


def test_a_spider_that_was_killed_is_tried_again(config: Path) -> None:
    run = Run("collect", "club", "1", AS_OF, finish="failed", reason="spider ended with code -9", counts={"parsed": 0})
    assert outcome(config, run) is SourceAwayError


def outcome(config: Path, run: Run) -> type[Exception] | None:
    config.write_text(CONFIG.replace("${MAIL_URL}", "json://localhost"), "utf-8")
    with Workspace.load(config, sources=()) as ws:
        try:
            assert checked(ws, run) is run
        except (SourceError, ArchiveError) as error:
            return type(error)
    return None


def test_dates_are_the_ends_of_days_and_never_later_than_the_run(config: Path) -> None:
    config.write_text(CONFIG.replace("${MAIL_URL}", "json://localhost"), "utf-8")
    with Workspace.load(config, sources=()) as ws:
        found = dates_of(ws, date(2026, 3, 6), date(2026, 3, 12), 2, AS_OF)
        assert [d.isoformat() for d in found] == [
            "2026-03-06T22:59:59+00:00",
            "2026-03-08T22:59:59+00:00",
            "2026-03-10T07:00:00+00:00",
        ]
        with pytest.raises(ConfigError, match="is before"):
            dates_of(ws, date(2026, 3, 6), date(2026, 3, 5), 1, AS_OF)
        with pytest.raises(ConfigError, match="yet to come"):
            dates_of(ws, date(2026, 3, 11), date(2026, 3, 12), 1, AS_OF)


def test_parameters_of_other_sources_stay_as_they_are_written(config: Path) -> None:
    config.write_text(CONFIG.replace("${MAIL_URL}", "json://localhost"), "utf-8")
    with Workspace.load(config, sources=()) as ws:
        assert ws.settings.sources["shop"].params == {"urls": ["https://${SHOP_HOST}/"]}
    with pytest.raises(ConfigError, match=r"\$\{SHOP_HOST\} is not set"):
        Workspace.load(config, sources=("shop",))


def command(*words: str, **environment: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, words, env=environment)
    return done.exit_code, done.output


def test_the_command_line_says_which_connections_and_pools_are_needed(config: Path) -> None:
    code, said = command("airflow", "connections", "--config", str(config), CLUB_USER="u")
    assert code == 0
    lines = {line.split()[0]: line for line in said.splitlines() if line.startswith("umot_")}
    assert "not set: CLUB_KEY" in lines["umot_club"]
    assert "optional" in lines["umot_elasticsearch"]
    code, said = command("airflow", "connections", "--json", "--config", str(config))
    assert [need["missing"] for need in json.loads(said) if need["connection"] == "umot_shop"] == [["SHOP_HOST"]]
    code, said = command("airflow", "pools", "--config", str(config))
    assert json.loads(said)["umot_collect_shop"] == {
        "slots": 1,
        "description": "Collecting shop",
        "include_deferred": False,
    }


def test_no_secret_is_printed(config: Path) -> None:
    _, said = command("airflow", "connections", "--config", str(config), CLUB_KEY="zeer-geheim", MAIL_URL="zeer-geheim")
    assert "zeer-geheim" not in said


def test_a_workspace_without_variables_needs_no_connection(tmp_path: Path) -> None:
    config = make_workspace(tmp_path)
    assert "no connection is needed" in command("airflow", "connections", "--config", str(config))[1]


def test_backfill_collects_as_of_every_date(tmp_path: Path) -> None:
    config = make_workspace(tmp_path)
    words = ("backfill", "--config", str(config), "--as-of", "2026-03-10", "--json")
    _, said = command(*words, "--since", "2026-03-05", "--until", "2026-03-07", "--every", "2")
    assert [(run["as_of"], run["new"]) for run in json.loads(said)] == [
        ("2026-03-05T22:59:59.000Z", 4),
        ("2026-03-07T22:59:59.000Z", 0),
    ]
    with pytest.raises(ConfigError, match="--since 'yesterday' is not a day"):
        CliRunner().invoke(app, [*words, "--since", "yesterday", "--until", "2026-03-07"], catch_exceptions=False)
