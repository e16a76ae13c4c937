"""Nodes and clusters of the test harness: start, kill, restart, stop."""

import json
import select
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.elasticsearch_node.install import Installation, available, installation

__all__ = ["Cluster", "Node", "available", "start_cluster", "start_node"]

HEAP = "512m"
PATIENCE = 120.0
_JVM = (
    f"-Xms{HEAP}",
    f"-Xmx{HEAP}",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "--enable-native-access=ALL-UNNAMED",
)
_SETTINGS = {
    "network.host": "127.0.0.1",
    "discovery.initial_state_timeout": "0s",
    "indices.breaker.total.use_real_memory": "false",
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    "node.processors": "2",
}


@dataclass
class Node:
    """One node in a directory of its own; its ports stay the same over restarts."""

    directory: Path
    settings: dict[str, str]
    http_port: int = 0
    transport_port: int = 0
    process: subprocess.Popen[bytes] = field(init=False, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def log(self) -> Path:
        """The file that the node logs to."""
        return self.directory / "node.log"

    def launch(self) -> None:
        """Start the process and return at once."""
        (self.directory / "config").mkdir(parents=True, exist_ok=True)
        (self.directory / "native").mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command(installation()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )

    def await_ports(self) -> None:
        """Wait until the node listens. Raises RuntimeError with the end of its log when it does not."""
        output = _piped(self.process.stdout)
        readable, _, _ = select.select([output], [], [], PATIENCE)
        words = output.readline().split() if readable else []
        if words[:1] != [b"ready"]:
            self.kill()
            raise RuntimeError(f"the Elasticsearch node did not start; {self.log} ends with:\n{self.log_tail()}")
        self.http_port, self.transport_port = map(int, words[1:])

    def await_state(self, status: str = "yellow", nodes: int = 1) -> None:
        """Wait until the node sees a cluster of this status and size with nothing pending."""
        wanted = f"wait_for_status={status}&wait_for_nodes=ge({nodes})&wait_for_events=languid&timeout=5s"
        deadline = time.monotonic() + PATIENCE
        while self._health(wanted).get("timed_out", True):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no {status} cluster of {nodes}; {self.log} ends with:\n{self.log_tail()}")
            time.sleep(0.1)

    def get(self, path: str) -> Any:
        """Return the JSON that the node answers to a GET."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """End the process as `kill -9` does: nothing is flushed, nobody is told."""
        self.process.kill()
        self._reap()

    def restart(self) -> None:
        """Start a node that was killed or stopped on its data and its ports; return when it serves again."""
        self.launch()
        try:
            self.await_ports()
            self.await_state()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Close the node and wait for its end."""
        _piped(self.process.stdin).close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._reap()

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _reap(self) -> None:
        self.process.wait()
        _piped(self.process.stdin).close()
        _piped(self.process.stdout).close()

    def _health(self, query: str) -> dict[str, Any]:
        try:
            health: dict[str, Any] = self.get(f"/_cluster/health?{query}")
        except OSError:  # not listening yet, or 408: not in that state yet
            return {}
        return health

    def _command(self, parts: Installation) -> list[str]:
        places = {"path.home": self.directory, "path.data": self.directory / "data"}
        ports = {"http.port": self.http_port, "transport.port": self.transport_port}
        settings = {**_SETTINGS, **self.settings, **places, **ports}
        jvm = [*_JVM, f"-Des.nativelibs.path={self.directory / 'native'}"]
        main = ["-cp", parts.class_path, "org.elasticsearch.node.TestNode"]
        return [str(parts.java), *jvm, *main, *(f"{key}={value}" for key, value in settings.items())]


@dataclass
class Cluster:
    """Several nodes that form one cluster."""

    nodes: list[Node]

    @property
    def urls(self) -> list[str]:
        return [node.url for node in self.nodes]

    def restart(self, *lost: Node) -> None:
        """Start lost nodes again, side by side, and wait until the cluster is whole."""
        for node in lost:
            node.launch()
        for node in lost:
            node.await_ports()
        self.await_green()

    def await_green(self) -> None:
        """Wait until every node is back and every shard has its copies."""
        for node in self.nodes:
            node.await_state("green", len(self.nodes))

    def stop(self) -> None:
        for node in self.nodes:
            if node.process.poll() is None:
                node.stop()


def start_node(directory: Path, *, http_port: int = 0, cluster: str = "umot-test") -> Node:
    """Start one node that keeps its data in a directory; port 0 takes a free one. Returns when it serves.

    Raises `MissingError` when nodes cannot be started here, RuntimeError with the log when this one does not start.
    """
    settings = {"cluster.name": cluster, "node.name": "n1", "discovery.type": "single-node"}
    node = Node(directory, settings, http_port)
    node.restart()
    return node


def start_cluster(directory: Path, size: int = 3, *, cluster: str = "umot-test-cluster") -> Cluster:
    """Start nodes `n1`, `n2` … as one cluster; return when it is green. Raises as `start_node` does."""
    names = [f"n{number}" for number in range(1, size + 1)]
    settings = {
        "cluster.name": cluster,
        "cluster.initial_master_nodes": ",".join(names),
        "discovery.seed_providers": "file",
    }
    made = Cluster([Node(directory / name, {**settings, "node.name": name}) for name in names])
    for node in made.nodes:
        node.launch()
    try:
        _form(made)
    except BaseException:
        made.stop()
        raise
    return made


def _form(cluster: Cluster) -> None:
    """Tell each node where the others listen, and wait until they found one another."""
    for node in cluster.nodes:
        node.await_ports()
    seeds = "".join(f"127.0.0.1:{node.transport_port}\n" for node in cluster.nodes)
    for node in cluster.nodes:
        (node.directory / "config" / "unicast_hosts.txt").write_text(seeds)
    cluster.await_green()


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "the process was started without this pipe"
    return stream
