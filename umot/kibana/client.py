"""Kibana over HTTP: one request at a time, and answers of every kind turned into plain words.

Only the standard library: redirects are not followed and no proxy is used, so that credentials
go to the named host and nowhere else.
"""

import json
import re
import ssl
from base64 import b64encode
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from umot.errors import ConfigError, UmotError
from umot.kibana.address import VARIABLES, KibanaAddress
from umot.kibana.objects import DEFAULT_SPACE
from umot.text import one_line

JSON: Final = "application/json"
OLDEST: Final = (9, 5)
_TIMEOUT: Final = 60.0
_LARGEST: Final = 16 * 2**20
_API_VERSION: Final = "2023-10-31"
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.")
_BUSY: Final = (429, 502, 503, 504)


class KibanaError(UmotError):
    """Kibana cannot be reached or used: what was put stays, run the command again when it can."""


class RefusalError(KibanaError):
    """Kibana refused one object: the others go on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the JSON that came with it."""

    status: int
    data: Any


class Kibana:
    """One space of one Kibana."""

    def __init__(self, address: KibanaAddress, space: str = DEFAULT_SPACE) -> None:
        self.address = address
        self.space = space
        self._parts = urlsplit(address.url)
        self._tls = _tls(address) if self._parts.scheme == "https" else None

    def check(self) -> str:
        """Return Kibana's version when it can take what is put, in a space that exists.

        Raises:
            KibanaError: it is not there, older than 9.5, not a Kibana, or has no such space.
        """
        try:
            version, known = self._version(), self._is_known_space()
        except RefusalError as error:
            raise KibanaError(f"{self.address}: {error}") from None
        if not known:
            raise KibanaError(
                f"{self.address}: no space {self.space!r} here, or none that these credentials may see: "
                "make it in Kibana under Stack Management, Spaces"
            )
        return version

    def exists(self, path: str) -> bool:
        """Tell whether something is there, in the space."""
        return self._ask("GET", self._in_space(path)).status != 404

    def send(self, method: str, path: str, body: bytes, content_type: str = JSON) -> Answer:
        """Send a body to a path of the space.

        Raises:
            RefusalError: this body is refused.
            KibanaError: nothing can be sent.
        """
        answer = self._ask(method, self._in_space(path), body, content_type)
        if answer.status == 404:
            raise RefusalError(
                f"Kibana knows no {path} (404): is it 9.5 or newer, and is the feature on in this space?"
            )
        return answer

    def _version(self) -> str:
        answer = self._ask("GET", "/api/status")
        try:
            number = str(answer.data["version"]["number"])
        except (KeyError, TypeError):
            raise KibanaError(
                f"{self.address}: does not say its version as Kibana does: is --url its address, are credentials set?"
            ) from None
        found = _VERSION.match(number)
        if not found or (int(found[1]), int(found[2])) < OLDEST:
            raise KibanaError(
                f"{self.address}: is Kibana {one_line(number, 40)}; dashboards as code need 9.5 or newer: upgrade it"
            )
        return number

    def _is_known_space(self) -> bool:
        return self.space == DEFAULT_SPACE or self._ask("GET", f"/api/spaces/space/{self.space}").status != 404

    def _in_space(self, path: str) -> str:
        return path if self.space == DEFAULT_SPACE else f"/s/{self.space}{path}"

    def _ask(self, method: str, path: str, body: bytes | None = None, content_type: str = JSON) -> Answer:
        """Send a request and return its answer: a success or a 404."""
        try:
            status, payload = self._exchange(method, f"{self._parts.path}{path}", body, content_type)
        except ssl.SSLError as error:
            raise KibanaError(self._untrusted(error)) from None
        except (OSError, HTTPException, UnicodeError) as error:
            raise KibanaError(
                f"{self.address}: cannot be reached ({_cause(error)}): is Kibana up, and --url right?"
            ) from None
        if status >= 300 and status != 404:
            raise self._failure(status, payload)
        return Answer(status, self._parsed(payload))

    def _exchange(self, method: str, path: str, body: bytes | None, content_type: str) -> tuple[int, bytes]:
        connection = self._connection()
        try:
            connection.request(method, path, body, self._headers(content_type if body is not None else None))
            response = connection.getresponse()
            return response.status, response.read(_LARGEST)
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._tls is None:
            return HTTPConnection(host, port, timeout=_TIMEOUT)
        return HTTPSConnection(host, port, timeout=_TIMEOUT, context=self._tls)

    def _headers(self, content_type: str | None) -> dict[str, str]:
        headers = {"Accept": JSON, "kbn-xsrf": "true", "Elastic-Api-Version": _API_VERSION}
        if content_type:
            headers["Content-Type"] = content_type
        access = self.address.access
        if access.api_key:
            headers["Authorization"] = f"ApiKey {access.api_key}"
        elif access.basic:
            headers["Authorization"] = "Basic " + b64encode(":".join(access.basic).encode()).decode("ascii")
        return headers

    def _parsed(self, payload: bytes) -> Any:
        try:
            return json.loads(payload) if payload else None
        except ValueError:
            found = one_line(payload[:200].decode("utf-8", "replace"), 80)
            raise KibanaError(
                f"{self.address}: found {found!r} where Kibana answers with JSON: is --url its address?"
            ) from None

    def _failure(self, status: int, payload: bytes) -> KibanaError:
        """Return the error that a status calls for."""
        if status < 400:
            return KibanaError(f"{self.address}: sends elsewhere ({status}): is the base path missing from --url?")
        if status == 401:
            return KibanaError(self._unknown_credentials())
        if status in _BUSY:
            return KibanaError(
                f"{self.address}: is busy or still starting ({status}): run the same command again later"
            )
        return RefusalError(_refusal(status, _message(payload), self.space))

    def _unknown_credentials(self) -> str:
        if self.address.access.api_key:
            return f"{self.address}: does not know this API key (401): set {VARIABLES.api_key} to a valid one"
        if self.address.access.basic:
            pair = f"{VARIABLES.user} and {VARIABLES.password}"
            return f"{self.address}: does not know this user or password (401): check {pair}"
        return f"{self.address}: asks for credentials (401): set {VARIABLES}, in the environment"

    def _untrusted(self, error: ssl.SSLError) -> str:
        return (
            f"{self.address}: TLS failed ({_cause(error)}): for a certificate of one's own authority set "
            f"{VARIABLES.ca} to the authority's PEM file"
        )


def _refusal(status: int, message: str, space: str) -> str:
    """Say why one object was refused, and what to do."""
    told = f": {message}" if message else ""
    if status == 403:
        return f"these credentials lack the rights for this in space {space!r} (403){told}"
    if status == 409:
        return f"its id or name is taken, perhaps by another space (409){told}"
    return f"refused ({status}){told}"


def _message(payload: bytes) -> str:
    """Return what Kibana says about a failure; empty when that is not JSON."""
    try:
        data = json.loads(payload)
    except ValueError:
        return ""
    return one_line(str(data.get("message") or ""), 300) if isinstance(data, dict) else ""


def _cause(error: Exception) -> str:
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return one_line(said or type(error).__name__, 120)


def _tls(address: KibanaAddress) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(address.access.ca) if address.access.ca else None)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"{VARIABLES.ca}: {address.access.ca} is no PEM file of certificates ({_cause(error)})"
        ) from None
