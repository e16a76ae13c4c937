"""One connection to a cluster: every request is repeated while the trouble passes, within a bounded time."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from elastic_transport import ObjectApiResponse, TransportError
from elasticsearch import ApiError, Elasticsearch, OrjsonSerializer

from umot.errors import StoreError
from umot.store.elastic.address import Address
from umot.store.elastic.failures import MIN_SERVER, in_plain_words, is_passing

logger = logging.getLogger(__name__)

T = TypeVar("T")
_TIMEOUT: Final = 60.0
_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 8.0


class Cluster:
    """The official client with names, patience and plain errors; the client's own silent repeats are off."""

    def __init__(self, address: Address, patience: float) -> None:
        """Make the client; nothing is sent yet.

        Args:
            patience: seconds for which a request is repeated while the cluster is away or busy.
        """
        self.address = address
        self.patience = patience
        self.client = Elasticsearch(
            list(address.nodes),
            api_key=address.access.api_key,
            basic_auth=address.access.basic,
            request_timeout=_TIMEOUT,
            max_retries=0,
            retry_on_timeout=False,
            serializer=OrjsonSerializer(),
            **_tls(address),
        )

    def alias(self, name: str) -> str:
        """Return the alias of a collection, of the state, or of one year of a collection."""
        return f"{self.address.prefix}-{name}"

    def ask(
        self, request: Callable[[Elasticsearch], ObjectApiResponse[Any]], waits: Iterator[float] | None = None
    ) -> Any:
        """Send a request and return its answer.

        Args:
            waits: the back-off that a larger piece of work shares among its requests.

        Raises:
            StoreError: it failed for good, or for longer than the patience.
        """
        return self._again(lambda: request(self.client).body, waits or self.back_off())

    def ask_whether(self, request: Callable[[Elasticsearch], Any]) -> bool:
        """Send a request that is answered by yes or no.

        Raises:
            StoreError: as `ask`.
        """
        return bool(self._again(lambda: request(self.client), self.back_off()))

    def back_off(self) -> Iterator[float]:
        """Yield pauses in seconds, twice as long each time and jittered, until the patience is at an end."""
        end, wait = time.monotonic() + self.patience, _FIRST_WAIT
        while time.monotonic() < end:
            yield random.uniform(wait / 2, wait)  # noqa: S311 - spreads retries, protects nothing
            wait = min(2 * wait, _LONGEST_WAIT)

    def wait(self, waits: Iterator[float], trouble: object, level: int = logging.WARNING) -> None:
        """Log what stands in the way and pause before the next attempt.

        Raises:
            StoreError: the patience is at an end.
        """
        wait = next(waits, None)
        if wait is None:
            raise StoreError(f"{trouble} (tried for {self.patience:g} s)")
        logger.log(level, "%s; trying again in %.1f s", trouble, wait)
        time.sleep(wait)

    def _again(self, attempt: Callable[[], T], waits: Iterator[float]) -> T:
        while True:
            try:
                return attempt()
            except (ApiError, TransportError) as error:
                trouble = in_plain_words(error, self.address)
                if not is_passing(error):
                    raise trouble from error
                self.wait(waits, trouble)


def check_server(cluster: Cluster) -> str:
    """Return the server's version.

    Raises:
        StoreError: it is not an Elasticsearch that this client can serve.
    """
    info = cluster.ask(lambda client: client.info())
    version = str(info["version"]["number"])
    if int(version.partition(".")[0]) < MIN_SERVER:
        raise StoreError(
            f"{cluster.address}: found Elasticsearch {version}, expected {MIN_SERVER} or later: update the server"
        )
    return version


def _tls(address: Address) -> dict[str, Any]:
    return {"ca_certs": str(address.access.ca)} if address.access.ca and address.nodes[0].startswith("https:") else {}
