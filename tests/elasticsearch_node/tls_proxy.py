"""TLS and credentials in front of a node that has neither: a test authority's certificate, basic auth, an API key."""

import base64
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from aiohttp import web

from tests.elasticsearch_node.proxy import Forward, json_error, proxied

USER = "umot"


@dataclass(frozen=True)
class TlsProxy:
    """Where it listens, the certificate authority to trust, and the credentials that it takes."""

    port: int
    ca: Path
    user: str
    password: str
    api_key: str

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@contextmanager
def tls_proxy(upstream: str, directory: Path, *, host: str = "localhost") -> Iterator[TlsProxy]:
    """Serve TLS for a node; the certificate is for `host`, its authority in `directory / "ca.pem"`.

    A request without the right credentials gets 401 as from Elasticsearch.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    password, key = secrets.token_hex(8), _base64(f"id:{secrets.token_hex(8)}")
    accepted = {f"Basic {_base64(f'{USER}:{password}')}", f"ApiKey {key}"}

    async def guard(request: web.Request, forward: Forward) -> web.StreamResponse:
        if request.headers.get("Authorization") not in accepted:
            return _refusal(request)
        return (await forward()).response()

    with proxied(upstream, guard, context) as port:
        yield TlsProxy(port, directory / "ca.pem", USER, password, key)


def _refusal(request: web.Request) -> web.Response:
    what = "unable to authenticate" if "Authorization" in request.headers else "missing authentication credentials"
    challenge = {"WWW-Authenticate": 'Basic realm="security", charset="UTF-8"'}
    return json_error(401, "security_exception", f"{what} for REST request [{request.path}]", challenge)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
