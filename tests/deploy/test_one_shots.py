"""The scripts of the one-shot containers, run for real: certificates that clients accept, accounts asked for."""

import base64
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.composition import environment_of, run_one_shot, services

PASSWORDS = {
    "ELASTIC_PASSWORD": "elastic0123456789",
    "KIBANA_SYSTEM_PASSWORD": "kibana0123456789",
    "UMOT_ELASTICSEARCH_PASSWORD": "umot0123456789abc",
}
SERVERS = ("elasticsearch", "kibana")
VOLUMES = ("authority", "trust", "snapshots", *SERVERS)


def prepare(directory: Path) -> None:
    done = run_one_shot("prepare", directory, {})
    assert done.returncode == 0, done.stderr


def contents(directory: Path) -> dict[str, bytes]:
    return {str(f.relative_to(directory)): f.read_bytes() for name in VOLUMES for f in (directory / name).iterdir()}


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("volumes")
    for name in VOLUMES:
        (directory / name).mkdir()
    prepare(directory)
    return directory


def serving(volumes: Path, server: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(volumes / server / f"{server}.crt", volumes / server / f"{server}.key")
    return context


@pytest.mark.parametrize("server", SERVERS, ids="{}_service".format)
@pytest.mark.parametrize("alias", ["localhost", "127.0.0.1", None])
def test_a_strict_client_accepts_a_certificate(volumes: Path, server: str, alias: str | None) -> None:
    trust = ssl.create_default_context(cafile=volumes / "trust" / "ca.crt")
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()
    with ours, theirs:
        context = serving(volumes, server)
        answering = threading.Thread(target=lambda: context.wrap_socket(theirs, server_side=True).close())
        answering.start()
        with trust.wrap_socket(ours, server_hostname=alias or server) as tls:
            assert tls.version() == "TLSv1.3"
        answering.join()


def test_a_certificate_is_not_taken_for_another_server(volumes: Path) -> None:
    checked = subprocess.run(
        ["openssl", "x509", "-noout", "-checkhost", "kibana", "-in", volumes / "elasticsearch" / "elasticsearch.crt"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "does NOT match" in checked.stdout


def test_keys_are_closed_and_the_authority_keeps_its_own(volumes: Path) -> None:
    assert sorted(contents(volumes)) == [
        "authority/ca.crt",
        "authority/ca.key",
        "elasticsearch/ca.crt",
        "elasticsearch/elasticsearch.crt",
        "elasticsearch/elasticsearch.key",
        "kibana/ca.crt",
        "kibana/kibana.crt",
        "kibana/kibana.key",
        "trust/ca.crt",
    ]
    modes = {file.name: file.stat().st_mode & 0o777 for name in VOLUMES for file in (volumes / name).glob("*.key")}
    assert modes == {"ca.key": 0o600, "elasticsearch.key": 0o440, "kibana.key": 0o440}
    assert (volumes / "trust" / "ca.crt").stat().st_mode & 0o777 == 0o444


def test_again_changes_nothing_and_a_missing_certificate_is_made_again(volumes: Path) -> None:
    before = contents(volumes)
    prepare(volumes)
    assert contents(volumes) == before
    (volumes / "kibana" / "kibana.crt").unlink()
    prepare(volumes)
    after = contents(volumes)
    assert {name for name in before if after[name] != before[name]} == {"kibana/kibana.crt", "kibana/kibana.key"}


def test_a_certificate_that_ends_soon_is_made_again(volumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (script,) = services()["prepare"]["command"]
    monkeypatch.setitem(services()["prepare"], "command", [script.replace("-days 825", "-days 29")])
    (volumes / "kibana" / "kibana.crt").unlink()
    prepare(volumes)
    short = contents(volumes)
    monkeypatch.undo()
    prepare(volumes)
    assert contents(volumes)["kibana/kibana.crt"] != short["kibana/kibana.crt"]


class Elasticsearch(HTTPServer):
    """Records what it is asked for, and answers with one status."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.asked: list[tuple[str, str, Any]] = []
        self.status = 200


class _Handler(BaseHTTPRequestHandler):
    server: Elasticsearch

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        self.server.asked.append((user, self.path, body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def elasticsearch(volumes: Path) -> Iterator[Elasticsearch]:
    with Elasticsearch(serving(volumes, "elasticsearch")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def set_accounts(
    server: Elasticsearch, volumes: Path, passwords: dict[str, str] = PASSWORDS
) -> "subprocess.CompletedProcess[str]":
    place = {"ELASTICSEARCH_URL": f"https://localhost:{server.server_port}", "CA": str(volumes / "trust" / "ca.crt")}
    return run_one_shot("accounts", volumes, environment_of("accounts", passwords) | place)


def test_accounts_are_set_over_tls_and_no_password_is_printed(elasticsearch: Elasticsearch, volumes: Path) -> None:
    done = set_accounts(elasticsearch, volumes)
    assert done.returncode == 0, done.stderr
    assert {user for user, _, _ in elasticsearch.asked} == {f"elastic:{PASSWORDS['ELASTIC_PASSWORD']}"}
    bodies = {path: body for _, path, body in elasticsearch.asked}
    assert list(bodies) == ["/_security/user/kibana_system/_password", "/_security/role/umot", "/_security/user/umot"]
    assert bodies["/_security/user/kibana_system/_password"] == {"password": PASSWORDS["KIBANA_SYSTEM_PASSWORD"]}
    assert bodies["/_security/user/umot"] == {
        "password": PASSWORDS["UMOT_ELASTICSEARCH_PASSWORD"],
        "roles": ["umot"],
    }
    assert [entry["names"] for entry in bodies["/_security/role/umot"]["indices"]] == [["umot-*"]]
    assert not any(password in done.stdout + done.stderr for password in PASSWORDS.values())


@pytest.mark.parametrize("password", ["short", 'with"quote0123456789', "with space0123456789", "new\nline0123456789"])
def test_a_password_that_could_be_read_as_something_else_is_refused(
    elasticsearch: Elasticsearch, volumes: Path, password: str
) -> None:
    done = set_accounts(elasticsearch, volumes, PASSWORDS | {"KIBANA_SYSTEM_PASSWORD": password})
    assert done.returncode == 1
    assert "KIBANA_SYSTEM_PASSWORD (.env): expected at least 16 letters and digits" in done.stderr
    assert password not in done.stderr
    assert elasticsearch.asked == []


def test_a_refusal_ends_the_start(elasticsearch: Elasticsearch, volumes: Path) -> None:
    elasticsearch.status = 401
    done = set_accounts(elasticsearch, volumes)
    assert done.returncode != 0
    assert "401" in done.stderr
    assert len(elasticsearch.asked) == 1
