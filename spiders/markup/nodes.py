"""The schema.org nodes of a page: JSON-LD first, microdata and RDFa where that has less.

Parsing all three syntaxes of every page costs a quarter of a second for 400 KB; most pages hold
no review at all. So the bytes are looked at first, and the slow readers run only where needed.
"""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)
Node = dict[str, Any]

WANTED = frozenset(
    {
        "Review", "UserReview", "EmployerReview", "CriticReview", "Question", "Answer",
        "DiscussionForumPosting", "SocialMediaPosting", "Comment", "UserComments",
    }
)  # fmt: skip
_WORDS = re.compile(rb"[Rr]eview|Question|DiscussionForumPosting|SocialMediaPosting|Comment")
_SCRIPT = re.compile(
    rb"<script\b[^>]*\btype\s*=\s*[\"']?application/ld\+json\b[^>]*>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL
)
_MICRODATA = re.compile(
    rb"itemtype\s*=\s*[\"']?https?://(?:www\.)?schema\.org/(" + "|".join(WANTED).encode() + rb")\b", re.IGNORECASE
)
_RDFA = re.compile(rb"\btypeof\s*=\s*[\"'][^\"']*\b(?:" + "|".join(WANTED).encode() + rb")\b")
_WRAPPING = re.compile(r"^\s*(?:<!--[^\n]*(?:-->)?|<!\[CDATA\[|//\s*<!\[CDATA\[)|(?:\]\]>|-->)\s*$")
_SCHEMA = re.compile(r"^https?://(?:www\.)?schema\.org/|^schema:")


@dataclass(slots=True)
class Markup:
    """What a page holds: nodes by syntax, and the scripts that no reader understands."""

    jsonld: list[Node] = field(default_factory=list)
    other: list[Node] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    # Reviews that stand in microdata beside at least as many in JSON-LD: not read twice.
    repeated: int = 0


def read_markup(page: bytes, url: str, encoding: str = "utf-8") -> Markup | None:
    """Return the markup of a page, None when its bytes cannot hold any of interest."""
    if b"schema.org" not in page or not _WORDS.search(page):
        return None
    found = Markup()
    for script in _SCRIPT.findall(page):
        text = script.decode(encoding, "replace")
        nodes = load_json(text)
        if nodes is None:
            found.broken.append(text)
        else:
            found.jsonld.extend(nodes)
    in_jsonld = sum(1 for _ in wanted(found.jsonld))
    in_markup = len(_MICRODATA.findall(page))
    if in_markup > in_jsonld:
        found.other += _extract(page, url, encoding, "microdata")
    else:
        found.repeated = in_markup
    if not in_jsonld and not found.other and _RDFA.search(page):
        found.other += join_graph([_plain_names(n) for n in _extract(page, url, encoding, "rdfa")])
    return found


def load_json(script: str) -> list[Node] | None:
    """Return the nodes of one JSON-LD script, references resolved, None when it is beyond repair.

    Control characters in texts, comments around or between lines and trailing commas are common
    and harmless.
    """
    data = _loads(script)
    if data is None:
        import jstyleson  # type: ignore[import-untyped]

        data = _loads(jstyleson.dispose(_WRAPPING.sub("", script)))
    if data is None:
        return None
    return join_graph([n for n in _flatten(data) if isinstance(n, dict)])


def _loads(text: str) -> Any:
    text = text.strip().rstrip(";")
    if not text:
        return []
    try:
        return json.loads(text, strict=False) or []
    except (ValueError, RecursionError):
        return None


def _flatten(data: Any) -> Iterator[Any]:
    if isinstance(data, list):
        for part in data:
            yield from _flatten(part)
    elif isinstance(data, dict) and isinstance(data.get("@graph"), list):
        yield from _flatten(data["@graph"])
    else:
        yield data


def join_graph(nodes: list[Node]) -> list[Node]:
    """Put nodes of a graph in the places that refer to them by `@id`; the rest stay roots."""
    by_id = {n["@id"]: n for n in nodes if isinstance(n.get("@id"), str) and len(n) > 1}
    used: set[str] = set()
    joined = [_resolve(n, by_id, used, (n.get("@id"),)) for n in nodes]
    return [n for n in joined if not (isinstance(n.get("@id"), str) and n["@id"] in used)]


def _resolve(value: Any, by_id: dict[str, Node], used: set[str], path: tuple[Any, ...]) -> Any:
    if isinstance(value, list):
        return [_resolve(v, by_id, used, path) for v in value]
    if not isinstance(value, dict):
        return value
    name = value.get("@id")
    if len(value) == 1 and isinstance(name, str) and name in by_id and name not in path:
        # A review that names its product does not make the product part of the review.
        if WANTED.intersection(types(by_id[name])):
            used.add(name)
        value, path = by_id[name], (*path, name)
    if len(path) > 12:
        return {}
    return {k: _resolve(v, by_id, used, path) for k, v in value.items()}


def _extract(page: bytes, url: str, encoding: str, syntax: str) -> list[Node]:
    import extruct

    # `errors="log"`: one broken item must not cost the page.
    data = extruct.extract(
        page.decode(encoding, "replace").replace("\x00", ""),
        base_url=url,
        syntaxes=[syntax],
        uniform=True,
        errors="log",
    )
    return [n for n in data.get(syntax, []) if isinstance(n, dict)]


def _plain_names(value: Any) -> Any:
    """Return RDFa's expanded form with the short names of JSON-LD."""
    if isinstance(value, list):
        short = [_plain_names(v) for v in value]
        return short[0] if len(short) == 1 else short
    if not isinstance(value, dict):
        return _SCHEMA.sub("", value) if isinstance(value, str) else value
    if "@value" in value:
        return value["@value"]
    return {_SCHEMA.sub("", k): _plain_names(v) for k, v in value.items()}


def types(node: Node) -> list[str]:
    """Return the schema.org types of a node, short."""
    value = node.get("@type")
    named = value if isinstance(value, list) else [value]
    return [_SCHEMA.sub("", v).strip() for v in named if isinstance(v, str)]


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the nodes that a node holds, with the property they stand under."""
    for name, value in node.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                yield name, part


def wanted(nodes: list[Node]) -> Iterator[Node]:
    """Yield the nodes of interest at any depth."""
    for node in nodes:
        if WANTED.intersection(types(node)):
            yield node
        yield from wanted([child for _, child in children(node)])
