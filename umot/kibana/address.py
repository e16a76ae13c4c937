"""Where Kibana is and with which credentials: a URL and the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

from umot.access import Access, Variables, is_loopback, read_access
from umot.errors import ConfigError

URL: Final = "UMOT_KIBANA_URL"
VARIABLES: Final = Variables("UMOT_KIBANA")
_FORM: Final = "https://host:5601, with its base path if it has one"
_PAGE: Final = re.compile(r"/(?:app|s)(?:/|$)")


@dataclass(frozen=True, slots=True)
class KibanaAddress:
    """A Kibana: its URL without a final slash, and what opens it."""

    url: str
    access: Access = field(default_factory=Access)

    def __str__(self) -> str:
        return self.url


def parse_address(url: str | None, environment: Mapping[str, str] = os.environ) -> KibanaAddress:
    """Check the URL of a Kibana and add the credentials of the environment.

    Raises:
        ConfigError: no URL, another form, credentials in it, plain HTTP to another machine, half a
            credential, or a CA file that is not there.
    """
    if not url:
        raise ConfigError(f"which Kibana? Name it with --url or {URL}: {_FORM}")
    parts = _split(url)
    _check(parts)
    url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return KibanaAddress(url, read_access(VARIABLES, environment))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.query or parts.fragment or not url.isascii() or not url.isprintable():
        # What was found is left out: it may hold a password.
        raise ConfigError(f"--url: expected {_FORM}")
    return parts


def _check(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise ConfigError(f"--url holds credentials: leave them out and set {VARIABLES}, in the environment")
    if _PAGE.search(parts.path):
        raise ConfigError(f"--url: found a page of Kibana ({parts.path}), expected {_FORM}; a space goes into --space")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigError(
            f"--url: {parts.netloc} would be spoken to without TLS, so that others can read the credentials: "
            "use https://"
        )
