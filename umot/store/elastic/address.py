"""Where the cluster is, what the indices are called and with which credentials: a URL and the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from umot.access import Access, Variables, is_loopback, read_access
from umot.errors import ConfigError

VARIABLES: Final = Variables("UMOT_ELASTICSEARCH")
ALLOW_HTTP: Final = "UMOT_ELASTICSEARCH_ALLOW_HTTP"
_FORM: Final = "elasticsearch://host:9200 or elasticsearch://host:9200/prefix"
# No hyphen: the names of one prefix must never match the patterns of another.
_PREFIX: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PORT: Final = 9200


@dataclass(frozen=True, slots=True)
class Address:
    """A cluster: the URLs of its nodes, the prefix of its index names, and secrets that are never shown."""

    nodes: tuple[str, ...]
    prefix: str = "umot"
    access: Access = field(default_factory=Access)

    def __str__(self) -> str:
        return f"{', '.join(self.nodes)} (indices {self.prefix}-*)"


def parse_address(url: str, environment: Mapping[str, str] = os.environ) -> Address:
    """Read `elasticsearch://host[:port][,host…][/prefix]`; `elasticsearch+http://` goes without TLS.

    Raises:
        ConfigError: another form, credentials in the URL, plain HTTP to another machine, or half a credential.
    """
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ConfigError(f"store: the URL holds credentials: leave them out and set {VARIABLES}, in the environment")
    if not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"store: found {url!r}, expected {_FORM}")
    hosts = tuple(map(_host, parts.netloc.split(",")))
    scheme = "http" if parts.scheme.endswith("http") else "https"
    if scheme == "http":
        _check_plain(hosts, environment)
    nodes = tuple(f"{scheme}://{host}" for host in hosts)
    return Address(nodes, _prefix(parts.path), read_access(VARIABLES, environment))


def _host(text: str) -> str:
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port or _PORT
    except ValueError:
        raise ConfigError(f"store: found host {text!r}, expected {_FORM}") from None
    if not parts.hostname:
        raise ConfigError(f"store: found host {text!r}, expected {_FORM}")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{name}:{port}"


def _check_plain(hosts: tuple[str, ...], environment: Mapping[str, str]) -> None:
    for host in hosts:
        name = urlsplit(f"//{host}").hostname or ""
        if not is_loopback(name) and environment.get(ALLOW_HTTP) != "yes":
            raise ConfigError(
                f"store: {host} would be spoken to without TLS, so that others can read texts and credentials: "
                f"use elasticsearch://, or set {ALLOW_HTTP}=yes where the network itself is private"
            )


def _prefix(path: str) -> str:
    prefix = path.strip("/") or "umot"
    if not _PREFIX.fullmatch(prefix):
        raise ConfigError(
            f"store: found prefix {prefix!r}, expected small letters, digits and underscores, a letter first"
        )
    return prefix
