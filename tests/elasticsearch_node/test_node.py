import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from tests.elasticsearch_node import install
from tests.elasticsearch_node.harness import Cluster, Node

ROOT = Path(__file__).parents[2]
INDEX = "node-test"


@pytest.fixture
def client(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_url) as opened:
        yield opened
        opened.indices.delete(index=INDEX, ignore_unavailable=True)


def documents(count: int) -> Iterator[dict[str, Any]]:
    return ({"_index": INDEX, "_id": str(number), "number": number} for number in range(count))


def test_the_official_client_takes_it_for_an_elasticsearch(client: Elasticsearch) -> None:
    info = client.info()
    assert info["version"]["number"].startswith("9.")
    assert {"name", "cluster_name", "cluster_uuid", "tagline"} <= set(info.body)
    assert client.ping()


@pytest.mark.parametrize(
    ("analyzer", "text", "tokens"),
    [
        ("standard", "De batterijen van Assen", "de batterijen van assen"),
        ("dutch", "De batterijen, levering en bestelling van huizen", "batterij lever bestell huiz"),
        ("dutch", "kind ei fiets bromfiets", "kinder eier fiets bromfiets"),
        ("dutch", "niet geen meer veel geleverd", "geleverd"),
        ("english", "The customer's technologies and possibly an apology", "custom technolog possibl apolog"),
        ("german", "Die Häuser kamen zu spät", "haus kam spat"),
        ("french", "Les livraisons rapides de l'entreprise", "livraison rapid entrepris"),
        ("spanish", "Los envíos llegaron rotos", "envi llegaron rot"),
        ("italian", "Le consegne dell'azienda sono lente", "consegn aziend lente"),
    ],
)
def test_language_analysers_stem_as_the_full_distribution_does(
    client: Elasticsearch, analyzer: str, text: str, tokens: str
) -> None:
    answer = client.indices.analyze(analyzer=analyzer, text=text)
    assert " ".join(token["token"] for token in answer["tokens"]) == tokens


def test_a_mapping_may_name_the_analysers(client: Elasticsearch) -> None:
    client.indices.create(index=INDEX, mappings={"properties": {"text_nl": {"type": "text", "analyzer": "dutch"}}})
    client.index(index=INDEX, document={"text_nl": "Twee batterijen"}, refresh=True)
    assert client.count(index=INDEX, query={"match": {"text_nl": "batterij"}})["count"] == 1


def test_a_node_that_cannot_start_shows_its_log(tmp_path: Path, startable_nodes: None) -> None:
    node = Node(tmp_path, {"no.such.setting": "1"})
    with pytest.raises(RuntimeError, match=r"did not start(.|\n)*no\.such\.setting"):
        node.restart()


@pytest.mark.parametrize("missing", ["JDK", "Maven"])
def test_what_is_missing_is_named_in_one_line(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, startable_nodes: None
) -> None:
    monkeypatch.setenv(install.CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setenv("PATH", "")
    if missing == "JDK":
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setattr(install, "_JVM_FOLDERS", ())
    install.installation.cache_clear()
    line = install.available()
    install.installation.cache_clear()
    assert line is not None
    assert missing in line
    assert "\n" not in line


@pytest.mark.slow
def test_kill_and_restart_keep_what_was_acknowledged(elasticsearch_node: Node) -> None:
    node = elasticsearch_node
    with Elasticsearch(node.url) as client:
        bulk(client, documents(5_000))
    url = node.url
    node.kill()
    node.restart()
    assert node.url == url
    with Elasticsearch(url) as client:
        client.indices.refresh(index=INDEX)
        assert client.count(index=INDEX)["count"] == 5_000


@pytest.mark.slow
def test_a_node_dies_with_the_process_that_started_it(tmp_path: Path, startable_nodes: None) -> None:
    script = (
        "import sys, time; from pathlib import Path; from tests.elasticsearch_node.harness import start_node\n"
        "print(start_node(Path(sys.argv[1])).process.pid, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", script, tmp_path], cwd=ROOT, stdout=subprocess.PIPE)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert alive(pid)
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    while alive(pid):  # the test's own time limit ends a wait in vain
        time.sleep(0.1)


@pytest.mark.slow
def test_three_nodes_are_one_green_cluster_and_survive_the_loss_of_one(elasticsearch_cluster: Cluster) -> None:
    first, second, third = elasticsearch_cluster.nodes
    assert first.get("/_cluster/health")["number_of_nodes"] == 3
    with Elasticsearch([first.url, second.url], retry_on_timeout=True, request_timeout=60) as client:
        client.indices.create(index=INDEX, settings={"number_of_replicas": 2}, wait_for_active_shards="all")
        bulk(client, documents(1_000))
        third.kill()
        bulk(client, documents(2_000))
        elasticsearch_cluster.restart(third)
        client.indices.refresh(index=INDEX)
        assert third.get(f"/{INDEX}/_count?preference=_local")["count"] == 2_000
        client.indices.delete(index=INDEX)


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and waits for its parent does not."""
    status = Path(f"/proc/{pid}/stat")
    if not status.parents[1].exists():
        pytest.skip("no /proc on this system")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z" and os.getpgid(pid) > 0
