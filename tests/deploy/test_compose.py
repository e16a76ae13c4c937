"""The compose file: valid, closed to the outside, bounded, without a secret, and of the versions that are tested."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
import typer

import tests.dags.home  # noqa: F401 - before Airflow, which is imported inside a test
from tests.deploy.composition import (
    CELERY,
    COMPOSE,
    FIRST,
    OTHERS,
    ROOT,
    VARIABLE,
    celery_services,
    composition,
    environment_of,
    fill_in,
    filled,
    laid_over,
    services,
)
from umot import __version__
from umot.cli.app import app
from umot.kibana.address import parse_address as parse_kibana
from umot.store.elastic.address import parse_address

FILES = (COMPOSE, CELERY, FIRST, OTHERS)
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|(ENCRYPTION|API|FERNET)_?KEY")
VALUES = dict.fromkeys(
    (
        "ELASTIC_PASSWORD",
        "KIBANA_SYSTEM_PASSWORD",
        "UMOT_ELASTICSEARCH_PASSWORD",
        "KIBANA_ENCRYPTION_KEY",
        "AIRFLOW_DATABASE_PASSWORD",
        "AIRFLOW_ADMIN_PASSWORD",
        "AIRFLOW_JWT_SECRET",
        "AIRFLOW_SECRET_KEY",
        "AIRFLOW_FERNET_KEY",
        "REDIS_PASSWORD",
    ),
    "x" * 48,
)


def variables() -> set[tuple[str, str, str]]:
    """Return name, kind (`:?` required, `:-` with a default) and text of the variables that Compose fills in."""
    return {found for file in FILES for found in VARIABLE.findall(file.read_text("utf-8").replace("$$", ""))}


def example() -> dict[str, str]:
    """Return the names in `.env.example` that are not commented out."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def check_against_the_specification(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_fits_the_compose_specification(file: Path) -> None:
    done = check_against_the_specification(file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text("utf-8").replace("mem_limit: 256m", "mem_limt: 256m", 1), "utf-8")
    assert "mem_limt" in check_against_the_specification(broken).stdout


@pytest.mark.parametrize("name", services(), ids="{}_service".format)
def test_a_service_listens_on_loopback_only(name: str) -> None:
    service = services()[name]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service.get("network_mode", "none") == "none"
    assert "privileged" not in service


@pytest.mark.parametrize("name", services(), ids="{}_service".format)
def test_a_service_has_a_memory_limit_and_tells_whether_it_is_well(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"(\$\{\w+:-)?\d+[mg]\}?", service["mem_limit"])
    assert ("healthcheck" in service) != (service["restart"] == "no"), "a health check, or a one-shot container"
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", services(), ids="{}_service".format)
def test_what_a_service_waits_for_comes(name: str) -> None:
    for other, wanted in services()[name].get("depends_on", {}).items():
        if wanted["condition"] == "service_healthy":
            assert "healthcheck" in services()[other]
        else:
            assert wanted["condition"] == "service_completed_successfully"
            assert services()[other]["restart"] == "no"


def test_volumes_are_declared_and_used() -> None:
    mounts = [mount for service in services().values() for mount in service.get("volumes", [])]
    named = {fill_in(mount, {}).split(":")[0] for mount in mounts if isinstance(mount, str)}
    assert named == set(composition()["volumes"])


def test_a_key_is_seen_only_by_who_needs_it() -> None:
    def mounting(volume: str) -> set[str]:
        return {n for n, s in services().items() if any(str(m).startswith(f"{volume}:") for m in s.get("volumes", []))}

    assert mounting("authority") == {"prepare"}
    assert mounting("elasticsearch-certificates") == {"prepare", "elasticsearch"}
    assert mounting("kibana-certificates") == {"prepare", "kibana"}


def test_every_variable_is_required_or_has_a_default() -> None:
    assert {kind for _, kind, _ in variables()} == {":?", ":-"}
    assert not [file for file in FILES if re.search(r"\$(?!\{)", file.read_text("utf-8").replace("$$", ""))]


def test_every_secret_is_required_with_a_word_on_what_to_do() -> None:
    secrets = {(name, kind, text) for name, kind, text in variables() if SECRET.search(name)}
    assert {name for name, _, _ in secrets} == set(VALUES)
    assert {(kind, text) for _, kind, text in secrets} == {
        (":?", f"set {name} in .env, see .env.example") for name in VALUES
    }


def test_the_example_lists_every_variable_and_fills_in_no_secret() -> None:
    assert example() == dict.fromkeys(VALUES, "")
    listed = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert listed == {name for name, _, _ in variables()}


@pytest.mark.parametrize("name", services(), ids="{}_service".format)
def test_no_secret_stands_in_the_file(name: str) -> None:
    for variable, value in services()[name].get("environment", {}).items():
        if SECRET.search(variable):
            assert VARIABLE.fullmatch(value), f"{variable} is not taken from .env"


def test_images_are_of_the_tested_versions() -> None:
    pom = ET.parse(ROOT / "tests/elasticsearch_node/pom.xml")
    (tested,) = {found.text for found in pom.iter() if found.tag.endswith("}elasticsearch.version")}
    images = {name: service["image"].rpartition(":") for name, service in services().items()}
    assert {tag for image, _, tag in images.values() if image.startswith("docker.elastic.co/")} == {tested}
    assert {tag for image, _, tag in images.values() if image.startswith("umot-")} == {__version__}
    assert len({image for image, _, _ in images.values()}) == 5
    assert "latest" not in {tag for _, _, tag in images.values()}


def test_init_runs_commands_that_exist() -> None:
    (script,) = services()["init"]["command"]
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    first, second = (line.split()[1:] for line in script.split("&&"))
    assert first[0] in known
    assert second[1] in known[second[0]].commands


@pytest.mark.parametrize("service", ["init", "umot"])
def test_the_store_takes_the_environment_that_it_gets(service: str, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").touch()
    given = environment_of(service, VALUES) | {"UMOT_ELASTICSEARCH_CA": str(tmp_path / "ca.crt")}
    address = parse_address("elasticsearch://elasticsearch:9200", given)
    assert address.nodes == ("https://elasticsearch:9200",)
    assert address.access.ca
    assert address.access.basic == ("elastic" if service == "init" else "umot", VALUES["ELASTIC_PASSWORD"])


def test_kibana_is_found_by_the_environment_that_init_gets(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").touch()
    given = environment_of("init", VALUES) | {"UMOT_KIBANA_CA": str(tmp_path / "ca.crt")}
    (script,) = services()["init"]["command"]
    address = parse_kibana(script.partition("--url ")[2], given)
    assert address.url == "https://kibana:5601"
    assert address.access.basic


AIRFLOW = ("airflow-init", "api-server", "scheduler", "dag-processor", "triggerer")


def test_the_parts_of_airflow_share_their_secrets_and_come_after_the_api_server() -> None:
    environments = [services()[name]["environment"] for name in AIRFLOW[1:]]
    assert all(environment == environments[0] for environment in environments)
    assert environments[0].items() <= services()["airflow-init"]["environment"].items()
    for name in AIRFLOW[2:]:
        assert services()[name]["depends_on"]["api-server"] == {"condition": "service_healthy"}


def test_the_name_that_parts_call_is_that_of_the_api_server() -> None:
    address = services()["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert address == "http://api-server:8080/execution/"
    assert "@postgres/airflow" in services()["scheduler"]["environment"]["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]


@pytest.mark.parametrize("service", AIRFLOW[2:])
def test_a_part_of_airflow_is_a_command_that_exists(service: str) -> None:
    from airflow.cli.cli_parser import ALL_COMMANDS_DICT

    program, *words = services()[service]["entrypoint"]
    assert program == "airflow"
    assert words[0] in ALL_COMMANDS_DICT


def test_tasks_on_all_machines_together_are_not_bounded_by_those_on_one() -> None:
    one = {"AIRFLOW_PARALLELISM": "4"}
    for name in AIRFLOW:
        over = filled(celery_services()[name]["environment"], VALUES | one)
        assert over["AIRFLOW__CORE__PARALLELISM"] == "32"


def test_the_first_machine_opens_what_workers_elsewhere_call_at_its_private_address_only() -> None:
    address = {"UMOT_FIRST_MACHINE": "10.0.0.1"}
    opened = {name: service["ports"] for name, service in laid_over(FIRST).items()}
    ports = {name: [fill_in(port, address) for port in found] for name, found in opened.items()}
    assert ports == {name: [f"10.0.0.1:{port}"] for name, port in called_by_workers().items()}


@pytest.mark.parametrize("name", ["worker", "worker-model"])
def test_a_worker_elsewhere_finds_what_it_calls_on_the_first_machine(name: str) -> None:
    worker = laid_over(OTHERS)[name]
    address = {"UMOT_FIRST_MACHINE": "10.0.0.1"}
    known = dict(fill_in(host, address).split(":") for host in worker["extra_hosts"])
    assert known == dict.fromkeys(called_by_workers(), "10.0.0.1")
    assert worker["environment"]["UMOT_ELASTICSEARCH_CA"].startswith("/workspace/"), "the volume `trust` is empty there"


def called_by_workers() -> dict[str, str]:
    """Return the ports of the first machine that a worker calls, inside and outside alike."""
    environment = filled(celery_services()["worker"]["environment"], VALUES)
    api = urlsplit(environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    broker = urlsplit(environment["AIRFLOW__CELERY__BROKER_URL"])
    store = urlsplit(parse_address("elasticsearch://elasticsearch:9200", {}).nodes[0])
    return {str(address.hostname): f"{address.port}:{address.port}" for address in (api, broker, store)}


def test_what_is_laid_over_for_several_machines_exists_below_or_is_new_and_bounded() -> None:
    over = celery_services()
    assert set(over) - set(services()) == {"redis", "worker", "worker-model"}
    assert {over[name]["extends"]["service"] for name in ("worker", "worker-model")} == {"scheduler"}
    assert all(name in over for name in AIRFLOW)
    assert over["redis"]["mem_limit"]
    assert over["redis"]["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in over["redis"]


def test_every_queue_of_the_dags_has_a_worker_and_the_model_one_process() -> None:
    words = {name: celery_services()[name]["entrypoint"] for name in ("worker", "worker-model")}
    queues = {name: entry[entry.index("--queues") + 1] for name, entry in words.items()}
    assert queues == {"worker": "default", "worker-model": "model"}
    assert words["worker-model"][-2:] == ["--concurrency", "1"]
    assert celery_services()["worker"]["environment"]["AIRFLOW__CELERY__WORKER_CONCURRENCY"] == "2"
