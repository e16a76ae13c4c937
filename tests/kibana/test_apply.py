"""`umot kibana apply` against a stand-in for Kibana (`stand_in.py`): no Kibana was at hand."""

import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import trustme
from typer.testing import CliRunner, Result

from tests.kibana.stand_in import StandIn, serving
from umot.cli.app import app
from umot.errors import ConfigError, UmotError
from umot.kibana import kibana_objects, parse_address
from umot.kibana.address import URL, VARIABLES

API_KEY, USER, PASSWORD, CA = VARIABLES.api_key, VARIABLES.user, VARIABLES.password, VARIABLES.ca

OBJECTS = kibana_objects()


@pytest.fixture
def kibana() -> Iterator[StandIn]:
    with serving() as stand_in:
        yield stand_in


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder whose umot.yaml names a store on Elasticsearch, without credentials around."""
    monkeypatch.chdir(tmp_path)
    for name in (URL, API_KEY, USER, PASSWORD, CA, "UMOT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    configure("elasticsearch://localhost:9200")


def configure(store: str) -> None:
    text = f"brands: [{{name: Molen, own: true}}]\nstore: {store}\nreport: {{language: en}}\n"
    Path("umot.yaml").write_text(text, "utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["kibana", "apply", *arguments])


def failure(*arguments: str) -> str:
    """Return the error that a run ends with."""
    found = run(*arguments)
    assert isinstance(found.exception, UmotError), found
    return str(found.exception)


def results(found: Result) -> dict[str, str]:
    return {one["id"]: one["result"] for one in json.loads(found.output)}


def test_everything_is_put_by_fixed_id_data_views_first(kibana: StandIn) -> None:
    found = run("--url", kibana.url, "--json")
    assert found.exit_code == 0, found.output
    assert results(found) == {wanted.id: "created" for wanted in OBJECTS}
    assert kibana.saved.keys() == {(wanted.kind, wanted.id) for wanted in OBJECTS}
    stages = [[part in request.path for part in ("data_views", "dashboards", "_import")] for request in kibana.writes()]
    assert stages == sorted(stages, reverse=True)
    puts = {request.path: request.json for request in kibana.writes() if request.method == "PUT"}
    assert puts == {f"/api/dashboards/{o.id}": o.body for o in OBJECTS if o.kind == "dashboard"}


def test_requests_carry_what_kibana_asks_for(kibana: StandIn) -> None:
    run("--url", kibana.url)
    for request in kibana.requests:
        assert request.headers["kbn-xsrf"] == "true"
        assert request.headers["elastic-api-version"] == "2023-10-31"
        assert "authorization" not in request.headers
    assert {r.headers["content-type"].partition(";")[0] for r in kibana.writes()} == {
        "application/json",
        "multipart/form-data",
    }


def test_putting_it_twice_replaces_the_same(kibana: StandIn) -> None:
    run("--url", kibana.url)
    before = {name: found["body"] for name, found in kibana.saved.items()}
    found = run("--url", kibana.url, "--json")
    assert set(results(found).values()) == {"replaced"}
    # The id of a data view stands in the path when it is updated, not in the body.
    after = {name: before[name] | found["body"] for name, found in kibana.saved.items()}
    assert after == before


def test_no_request_can_delete_a_data_view_of_somebody_else(kibana: StandIn) -> None:
    kibana.saved["data-view", "theirs"] = {"space": "default", "body": {"id": "theirs", "name": "UMOT posts"}}
    found = run("--url", kibana.url)
    assert found.exit_code == 1
    assert "umot-posts: its id or name is taken" in found.output
    assert ("data-view", "theirs") in kibana.saved
    assert not any(r.json.get("override") for r in kibana.writes() if r.path == "/api/data_views/data_view")


def test_a_space_is_part_of_path_and_id(kibana: StandIn) -> None:
    assert run("--url", kibana.url).exit_code == 0
    found = run("--url", kibana.url, "--space", "team-1", "--json")
    assert found.exit_code == 0
    assert "umot-journey-team-1" in results(found)
    assert set(results(found).values()) == {"created"}
    body = kibana.saved["dashboard", "umot-sources-team-1"]["body"]
    assert {panel["config"]["data_view_id"] for panel in body["pinned_panels"]} == {"umot-runs-team-1"}
    view = kibana.saved["data-view", "umot-posts-team-1"]["body"]
    assert (view["title"], view["name"]) == ("umot-posts", "UMOT posts")


def test_a_space_that_is_not_there_is_named_before_anything_is_put(kibana: StandIn) -> None:
    assert "no space 'nowhere' here" in failure("--url", kibana.url, "--space", "nowhere")
    assert not kibana.writes()


def test_titles_are_dutch_when_the_report_is_or_when_asked(kibana: StandIn) -> None:
    run("--url", kibana.url, "--language", "nl")
    assert kibana.saved["dashboard", "umot-journey"]["body"]["title"] == "UMOT: Klantreis"
    Path("umot.yaml").write_text("brands: [{name: Molen}]\nstore: elasticsearch://localhost\n", "utf-8")
    planned = json.loads(run("--dry-run", "--json").output)
    assert "UMOT-berichten" in {one["title"] for one in planned}


def test_the_prefix_of_the_store_names_everything(kibana: StandIn) -> None:
    configure("elasticsearch://localhost:9200/acme")
    assert run("--url", kibana.url).exit_code == 0
    view = kibana.saved["data-view", "acme-mentions"]["body"]
    assert (view["title"], view["name"]) == ("acme-mentions", "UMOT mentions (acme)")
    assert b"umot-posts" not in b"".join(request.body for request in kibana.requests)


def test_a_dry_run_needs_no_kibana_and_sends_nothing(kibana: StandIn) -> None:
    found = run("--dry-run", "--url", kibana.url)
    assert found.exit_code == 0
    assert "PUT /api/dashboards/umot-journey" in found.output
    assert not kibana.requests
    assert run("--dry-run").exit_code == 0


def test_an_embedded_store_has_nothing_for_kibana() -> None:
    configure("data/store")
    assert "embedded store" in failure("--dry-run")


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({API_KEY: "abc=="}, "ApiKey abc=="),
        ({USER: "umot", PASSWORD: "géheim"}, "Basic " + b64encode("umot:géheim".encode()).decode()),
    ],
)
def test_credentials_come_from_the_environment(
    kibana: StandIn, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sent: str
) -> None:
    kibana.authorization = sent
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = run("--url", kibana.url)
    assert found.exit_code == 0
    assert not any(value in found.output for value in environment.values() if value != "umot")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, f"asks for credentials (401): set {API_KEY}"),
        ({API_KEY: "old"}, "does not know this API key (401)"),
        ({USER: "umot", PASSWORD: "wrong"}, "does not know this user or password (401)"),
    ],
)
def test_wrong_credentials_are_told_apart(
    kibana: StandIn, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    kibana.authorization = "ApiKey right"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    told = failure("--url", kibana.url)
    assert expected in told
    assert not any(value in told for value in ("old", "wrong"))
    assert not kibana.writes()


@pytest.mark.parametrize("version", ["9.4.2", "8.19.0", "rubbish"])
def test_an_older_kibana_is_refused(kibana: StandIn, version: str) -> None:
    kibana.version = version
    assert f"is Kibana {version}; dashboards as code need 9.5 or newer" in failure("--url", kibana.url)
    assert not kibana.writes()


@pytest.mark.parametrize("version", ["9.6.0-SNAPSHOT", "9.10.1", "10.0.0"])
def test_a_newer_kibana_is_served(kibana: StandIn, version: str) -> None:
    kibana.version = version
    assert run("--url", kibana.url).exit_code == 0


def test_what_is_refused_stops_nothing_else(kibana: StandIn) -> None:
    kibana.instead["PUT", "/api/dashboards/umot-journey"] = 400, '{"message": "[panels.0]: \\u001b[31mno"}'
    kibana.instead["PUT", "/api/dashboards/umot-sources"] = 403, '{"message": "Forbidden"}'
    kibana.saved["dashboard", "umot-competitors"] = {"space": "team-1", "body": {}}
    found = run("--url", kibana.url)
    assert found.exit_code == 1
    assert "umot-journey: refused (400): [panels.0]: [31mno" in found.output
    assert (
        "umot-sources: these credentials lack the rights for this in space 'default' (403): Forbidden" in found.output
    )
    assert "umot-competitors: its id or name is taken, perhaps by another space (409)" in found.output
    assert len(kibana.saved) == len(OBJECTS) - 2


def test_a_search_whose_data_view_is_missing_is_told(kibana: StandIn) -> None:
    kibana.instead["POST", "/api/data_views"] = 400, "{}"
    found = run("--url", kibana.url)
    assert found.exit_code == 1
    assert "umot-runs: refused (400)" in found.output
    assert "not imported: missing_references" in found.output


def test_a_path_that_kibana_does_not_know_is_told(kibana: StandIn) -> None:
    kibana.instead["PUT", "/api/dashboards"] = 404, '{"message": "Not Found"}'
    assert "Kibana knows no /api/dashboards/umot-journey (404)" in run("--url", kibana.url).output


def test_an_unreachable_host_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "cannot be reached (Connection refused)" in failure("--url", f"http://127.0.0.1:{port}")


def test_a_server_that_hangs_up_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with hanging_up(server):
            assert "cannot be reached" in failure("--url", url)


@contextmanager
def hanging_up(server: socket.socket) -> Iterator[None]:
    """Close the next connection without a word."""
    thread = Thread(target=lambda: server.accept()[0].close())
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, "<html>hello</html>", "found '<html>hello</html>' where Kibana answers with JSON"),
        (200, b"\xff\xfe\x00", "where Kibana answers with JSON"),
        (200, "", "does not say its version as Kibana does"),
        (200, "[1]", "does not say its version as Kibana does"),
        (200, '{"version": {"number": null}}', "is Kibana None"),
        (302, "", "sends elsewhere (302): is the base path missing"),
        (503, "Kibana server is not ready yet", "is busy or still starting (503)"),
        (404, "<h1>nginx</h1>", "where Kibana answers with JSON"),
        (500, "<h1>oops</h1>", ": refused (500)"),
        (403, '{"message": "no"}', "lack the rights for this in space 'default' (403): no"),
    ],
)
def test_rubbish_is_told_apart(kibana: StandIn, status: int, body: str | bytes, expected: str) -> None:
    kibana.instead["GET", "/api/status"] = status, body
    told = failure("--url", kibana.url)
    assert told.startswith(f"{kibana.url}: ")
    assert expected in told
    assert len(kibana.requests) == 1


@pytest.mark.parametrize("body", ["", "[]", '{"success": false}', '{"success": false, "errors": [3, {"error": "x"}]}'])
def test_an_import_answered_with_rubbish_did_not_succeed(kibana: StandIn, body: str) -> None:
    kibana.instead["POST", "/api/saved_objects"] = 200, body
    found = run("--url", kibana.url, "--json")
    assert found.exit_code == 1
    assert {one["result"] for one in json.loads(found.output) if one["kind"] == "search"} == {"refused"}


def test_a_certificate_is_verified_by_the_named_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with serving(tls) as kibana:
        assert f"set {CA} to the authority's PEM file" in failure("--url", kibana.url)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv(CA, str(tmp_path / "ca.pem"))
        assert run("--url", kibana.url).exit_code == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, f"Name it with --url or {URL}"),
        ("", "which Kibana?"),
        ("kibana.example:5601", "expected https://host:5601"),
        ("ftp://kibana.example", "expected https://host:5601"),
        ("https://", "expected https://host:5601"),
        ("https://kibana.example:port", "expected https://host:5601"),
        ("https://kibana.example?x=1", "expected https://host:5601"),
        ("http://kibana.example:5601", "would be spoken to without TLS"),
        ("http://10.0.0.7:5601", "would be spoken to without TLS"),
        ("https://umot:secret@kibana.example", "--url holds credentials"),
        ("https://kibana.example/app/dashboards", "found a page of Kibana"),
        ("https://kibana.example/s/team-1", "a space goes into --space"),
    ],
)
def test_addresses_that_will_not_do(url: str | None, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_address(url, {})
    assert expected in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["http://localhost:5601/", "http://[::1]:5601", "https://kibana.example/base/"])
def test_addresses_that_will(url: str) -> None:
    address = parse_address(url, {API_KEY: "secret"})
    assert address.url == url.rstrip("/")
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({USER: "umot"}, f"{PASSWORD} is not"),
        ({PASSWORD: "x"}, f"{USER} is not"),
        ({USER: "umot", PASSWORD: "x", API_KEY: "y"}, "keep one of them"),
        ({API_KEY: "a\nb"}, f"{API_KEY}: expected the encoded key"),
        ({CA: "/nowhere.pem"}, f"{CA}: no file"),
    ],
)
def test_credentials_that_will_not_do(environment: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected.replace("(", r"\(")):
        parse_address("https://kibana.example", environment)


@pytest.mark.parametrize("space", ["", "Team", "a/b", "../x", "team 1"])
def test_spaces_that_will_not_do(space: str) -> None:
    assert "expected the id of a space" in failure("--dry-run", "--space", space)


def test_a_file_of_authorities_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    monkeypatch.setenv(CA, str(tmp_path / "ca.pem"))
    assert "is no PEM file" in failure("--url", "https://127.0.0.1:1")
