"""Texts as people read them: HTML to text, unsafe code points out, links kept."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin, urlsplit

MAX_CHARACTERS = 1_000_000
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MARKUP = re.compile(r"<[a-zA-Z!/][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,31});")
_SPACES = re.compile(r"[ \t\r\n]+")
_PARAGRAPHS = frozenset({"p", "blockquote", "pre", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_BREAKS = frozenset({"br", "hr"})
_BLOCKS = frozenset({"div", "li", "tr", "section", "article", "dt", "dd"})
_HIDDEN = frozenset({"script", "style", "noscript", "template", "head", "iframe", "object"})
_ACCENTS = re.compile("[\u0300-\u036f]+")
_WORDS = re.compile(r"[^\W_]+")
_GAPS = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return `text` without NUL bytes, other control characters and lone surrogates."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub("", text).strip()


def plain(value: Any) -> str | None:
    """Return a scalar as one clean line, None when nothing is left."""
    if value is None or isinstance(value, (dict, list)):
        return None
    return " ".join(clean(html_to_text(str(value))).split()) or None


def html_to_text(text: str) -> str:
    """Return the text of an HTML fragment: paragraphs as blank lines, entities decoded.

    A text without tags or entities is returned as it is: `a < b` is no markup. Inline elements
    add no space, so that `#<span>tag</span>` stays one word.
    """
    if not _MARKUP.search(text):
        return text
    from parsel import Selector

    found = "".join(_pieces(Selector(text=f"<div>{clean(text)}</div>", huge_tree=False).root))
    lines = (line.strip() for line in found.replace("\xa0", " ").split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


def _pieces(element: Any) -> Iterator[str]:
    """Yield the text inside an element, with line breaks where blocks begin and end."""
    if element.tag in _HIDDEN or not isinstance(element.tag, str):
        return
    if element.tag in _BREAKS:
        yield "\n"
        return
    edge = "\n\n" if element.tag in _PARAGRAPHS else "\n" if element.tag in _BLOCKS else ""
    yield edge
    yield _SPACES.sub(" ", element.text or "")
    for child in element:
        yield from _pieces(child)
        yield _SPACES.sub(" ", child.tail or "")
    yield edge


def body(value: Any) -> str:
    """Return the text of a content value: HTML is read, lists are joined, None is empty."""
    if isinstance(value, list):
        return "\n\n".join(part for part in map(body, value) if part)
    if value is None or isinstance(value, dict):
        return ""
    return clean(html_to_text(clean(str(value))))


def links(text: Any, base: str = "", *, but: tuple[str, ...] = ()) -> list[str]:
    """Return the web addresses that an HTML fragment links to, in order, each once.

    Links whose class attribute holds one of `but` (mentions, hashtags) are left out.
    """
    if not isinstance(text, str) or "href" not in text:
        return []
    from parsel import Selector

    # One attribute at a time: what people mistype as a tag can have names that lxml does not list.
    anchors = (anchor.root for anchor in Selector(text=clean(text)).xpath("//a[@href]"))
    kept = (a for a in anchors if not set(but) & set(a.get("class", "").split()))
    found = (web_address(a.get("href"), base) for a in kept)
    return list(dict.fromkeys(url for url in found if url))


def web_address(value: Any, base: str = "") -> str | None:
    """Return an absolute http(s) address, None for anything else."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        url = urljoin(base, clean(value))
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def shown(url: str) -> str:
    """Return an address fit for messages: no credentials and no query, where tokens live."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else parts.path


def digest(key: str, digits: int = 16) -> str:
    """Return the first hex digits of the SHA-256 of a key."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()[:digits]


def fold(text: str) -> str:
    """Return lower case without accents or punctuation: for comparing names."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_WORDS.findall(_ACCENTS.sub("", bare)))
