import math
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from elastic_transport import ConnectionError as ConnectionLost
from elastic_transport import TlsError
from elasticsearch import ApiError, AuthenticationException, Elasticsearch

from tests.elasticsearch_node.faults import Fault, FaultProxy, fault_proxy
from tests.elasticsearch_node.tls_proxy import TlsProxy, tls_proxy

INDEX = "proxy-test"


@pytest.fixture
def secured(elasticsearch_url: str, tmp_path: Path) -> Iterator[TlsProxy]:
    with tls_proxy(elasticsearch_url, tmp_path) as proxy:
        yield proxy


@pytest.fixture
def faulty(elasticsearch_url: str) -> Iterator[FaultProxy]:
    with fault_proxy(elasticsearch_url) as proxy:
        yield proxy
        proxy.heal()
        with Elasticsearch(proxy.url) as client:
            client.indices.delete(index=INDEX, ignore_unavailable=True)


def test_basic_auth_and_an_api_key_open_the_door(secured: TlsProxy) -> None:
    ca = str(secured.ca)
    with Elasticsearch(secured.url, ca_certs=ca, basic_auth=(secured.user, secured.password)) as client:
        assert client.info()["version"]["number"]
        assert not client.indices.exists(index="no-such-index")
    with Elasticsearch(secured.url, ca_certs=ca, api_key=secured.api_key) as client:
        assert client.cluster.health()["number_of_nodes"]


def test_without_credentials_or_with_wrong_ones_nothing_is_answered(secured: TlsProxy) -> None:
    ca = str(secured.ca)
    with (
        Elasticsearch(secured.url, ca_certs=ca) as client,
        pytest.raises(AuthenticationException, match="missing authentication"),
    ):
        client.info()
    with (
        Elasticsearch(secured.url, ca_certs=ca, api_key="d3Jvbmc6a2V5") as client,
        pytest.raises(AuthenticationException, match="unable to authenticate"),
    ):
        client.info()


def test_a_client_that_trusts_other_authorities_only_does_not_connect(secured: TlsProxy) -> None:
    with Elasticsearch(secured.url, api_key=secured.api_key) as client, pytest.raises(TlsError):
        client.info()


def test_a_certificate_for_another_host_is_seen(elasticsearch_url: str, tmp_path: Path) -> None:
    with tls_proxy(elasticsearch_url, tmp_path, host="search.example") as proxy:
        trusting = ssl.create_default_context(cafile=str(proxy.ca))
        with (
            Elasticsearch(proxy.url, ssl_context=trusting, api_key=proxy.api_key) as client,
            pytest.raises(TlsError, match="localhost"),
        ):
            client.info()


def test_a_sound_proxy_changes_nothing(faulty: FaultProxy, elasticsearch_url: str) -> None:
    with Elasticsearch(faulty.url) as through, Elasticsearch(elasticsearch_url) as direct:
        through.index(index=INDEX, id="a/b c", document={"text": "één " * 100_000}, refresh=True)
        assert through.get(index=INDEX, id="a/b c").body == direct.get(index=INDEX, id="a/b c").body
        assert through.info().body == direct.info().body
    assert faulty.asked[0] == f"PUT /{INDEX}/_doc/a%2Fb%20c?refresh=true"


@pytest.mark.parametrize("status", [429, 503])
def test_a_status_is_answered_as_often_as_told(faulty: FaultProxy, status: int) -> None:
    faulty.fail(status, times=2, requests="^GET /_cluster")
    with Elasticsearch(faulty.url, max_retries=0) as client:
        assert client.info()
        for _ in range(2):
            with pytest.raises(ApiError) as raised:
                client.cluster.health()
            assert raised.value.status_code == status
        assert client.cluster.health()


@pytest.mark.parametrize(("fault", "arrives"), [(Fault.DROPPED, False), (Fault.UNANSWERED, True), (Fault.CUT, True)])
def test_connections_break_before_or_after_the_node_did_its_work(
    faulty: FaultProxy, elasticsearch_url: str, fault: Fault, arrives: bool
) -> None:
    faulty.fail(fault)
    with Elasticsearch(faulty.url, max_retries=0) as client, pytest.raises(ConnectionLost):
        client.index(index=INDEX, id="1", document={"number": 1})
    with Elasticsearch(elasticsearch_url) as direct:
        assert bool(direct.exists(index=INDEX, id="1")) is arrives


def test_everything_fails_until_healed(faulty: FaultProxy) -> None:
    faulty.fail(Fault.DROPPED, math.inf)
    with Elasticsearch(faulty.url, max_retries=2) as client:
        for _ in range(3):
            with pytest.raises(ConnectionLost):
                client.info()
        faulty.heal()
        assert client.info()


def test_a_server_that_is_gone_breaks_the_connection() -> None:
    with (
        fault_proxy("http://127.0.0.1:9") as proxy,
        Elasticsearch(proxy.url, max_retries=0) as client,
        pytest.raises(ConnectionLost),
    ):
        client.info()
