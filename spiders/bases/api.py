"""JSON interfaces: decoding, Link paging, and a forward-only walk that resumes."""

import re
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from spiders.source import Source

_LINK = re.compile(r"<([^<>]*)>\s*((?:;\s*[^,;<]+)*)")
_REL = re.compile(r'\brel\s*=\s*"?([^";,]+)"?', re.IGNORECASE)


class ApiSource(Source):
    """Base of sources that answer in JSON. Quotas named in headers are respected by every source."""

    accept: ClassVar[dict[str, str]] = {"Accept": "application/json"}

    def json(self, response: Any, expected: type) -> Any:
        """Return the decoded body.

        Raises:
            ValueError: no JSON, or another shape than `expected`.
        """
        try:
            data = response.json()
        except ValueError as error:
            kind = (response.headers.get("Content-Type") or b"nothing").decode("latin-1")
            raise ValueError(f"expected JSON, found {kind}") from error
        if not isinstance(data, expected):
            raise ValueError(f"expected a JSON {expected.__name__}, found {type(data).__name__}")
        return data

    def page_link(self, response: Any, rel: str) -> str | None:
        """Return the address of a neighbouring page from the Link header, on the same host only."""
        header = (response.headers.get("Link") or b"").decode("latin-1")
        for address, attributes in _LINK.findall(header):
            found = _REL.search(attributes)
            if found and rel in found[1].lower().split():
                return same_host(urljoin(response.url, address), response.url)
        return None


def same_host(url: str | None, base: str) -> str | None:
    """Return `url` when scheme and host are those of `base`: a cursor leads nowhere else."""
    if not url:
        return None
    one, other = urlsplit(url), urlsplit(base)
    return url if (one.scheme, one.netloc) == (other.scheme, other.netloc) else None
