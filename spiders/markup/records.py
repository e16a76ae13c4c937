"""Records of schema.org nodes: reviews, questions with answers, forum posts, comments.

Properties as defined on schema.org; what real pages make of them is noted where it matters.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from spiders.dates import DateError, DateReader
from spiders.items import Invitation, Item, Kind
from spiders.markup.nodes import Markup, Node, children, types
from spiders.ratings import RatingError, count, read_rating
from spiders.sink import Reject
from spiders.text import body, fold, links, plain, shown, web_address

_KINDS: dict[str, Kind] = {
    "Review": "review", "UserReview": "review", "EmployerReview": "review",
    "CriticReview": "review", "Question": "question", "Answer": "answer",
    "DiscussionForumPosting": "post", "SocialMediaPosting": "post", "Comment": "comment",
    "UserComments": "comment",
}  # fmt: skip
# An FAQ is written by the brand: nobody asked, nobody answered.
_NOT_CUSTOMERS = frozenset({"FAQPage"})
_ORGANISATIONS = frozenset({"Organization", "Corporation", "LocalBusiness", "OnlineStore", "Store"})
_PRODUCTS = frozenset(
    {"Product", "ProductGroup", "IndividualProduct", "ProductModel", "Service", "SoftwareApplication",
     "MobileApplication", "WebApplication", "Recipe", "Book", "Movie", "Game", "Course", "Hotel",
     "Restaurant", "LodgingBusiness", *_ORGANISATIONS}
)  # fmt: skip
# Any other id is a bare name: it belongs to its page only.
_ADDRESS = re.compile(r"[:/#?]")
ASSUMED_BEST = 5.0
# Two people do not write the same sentence of this many characters.
DISTINCTIVE = 40


@dataclass(frozen=True, slots=True)
class Page:
    """What the records of a page share.

    `url` is the address of the list that the page is a part of: without what pages through it. `asked` is the
    address that was fetched.
    """

    url: str
    platform: str
    dates: DateReader
    invitation: Invitation = "unknown"
    asked: str = ""

    def address(self, value: Any) -> str | None:
        """Return an address as it stands on the page; one on the page itself stays when the list slides."""
        url = web_address(value, self.url)
        whole, mark, place = (url or "").partition("#")
        return f"{self.url}{mark}{place}" if url and whole == self.asked else url


@dataclass(frozen=True, slots=True)
class Around:
    """What encloses a node: the product, and the post it belongs to."""

    product: str | None = None
    location: str | None = None
    thread: str | None = None
    parent: str | None = None
    post: Item | None = None


def read_records(markup: Markup, page: Page) -> tuple[list[Item | Reject], int]:
    """Return the records of a page, and how many stood in it in a second markup."""
    first = _distinct(_records(markup.jsonld, page))
    met = {_words(r) for r in first if isinstance(r, Item)}
    second = _distinct(_records(markup.other, page))
    more = [r for r in second if isinstance(r, Reject) or _words(r) not in met]
    return first + more, markup.repeated + len(second) - len(more)


def _records(nodes: list[Node], page: Page) -> Iterator[Item | Reject]:
    around = Around(product=_only_product(nodes))
    ids: set[str] = set()
    for node in nodes:
        # A list: a reply further down belongs to the review before it.
        for record in list(_walk(node, page, around)):
            if isinstance(record, Item):
                _unshare_id(record, ids)
            yield record


def _distinct(records: Iterable[Item | Reject]) -> list[Item | Reject]:
    """Return records without those that a page repeats word for word in one markup."""
    seen: dict[Any, Item | Reject] = {}
    for record in records:
        same = isinstance(record, Item) and (_words(record), record.published_at, record.product)
        seen.setdefault(same or id(record), record)
    return list(seen.values())


def _words(item: Item) -> str:
    """Return what a post keeps in another markup: its words, and the author of short ones."""
    text = fold(item.text[:400])[:300]
    alone = len(text) >= DISTINCTIVE
    return f"{item.kind} {text}" + ("" if alone else fold(f" {item.author} {item.title}"))


def _unshare_id(item: Item, ids: set[str]) -> None:
    """Drop an id that another post of the page has too: templates repeat `#review`."""
    if item.key and item.key in ids:
        item.key = None
    elif item.key:
        ids.add(item.key)


def _walk(node: Node, page: Page, around: Around) -> Iterator[Item | Reject]:
    named = types(node)
    if _NOT_CUSTOMERS.intersection(named):
        return
    kind = next((_KINDS[t] for t in named if t in _KINDS), None)
    if kind is None:
        yield from _below(node, page, _enclose(node, named, around))
        return
    record = _record(node, kind, page, around)
    if isinstance(record, Item) and _is_reply(record, kind, around):
        post = cast("Item", around.post)
        post.reply_text, post.reply_at = record.text, record.published_at
        return
    below = list(_below(node, page, _inside(record, around)))
    yield record
    yield from below


def _below(node: Node, page: Page, around: Around) -> Iterator[Item | Reject]:
    for name, child in children(node):
        if name != "itemReviewed":
            yield from _walk(child, page, around)


def _enclose(node: Node, named: list[str], around: Around) -> Around:
    if not _PRODUCTS.intersection(named) or not (name := plain(node.get("name"))):
        return around
    return Around(name, _place(node) or around.location, around.thread, around.parent)


def _inside(record: Item | Reject, around: Around) -> Around:
    if isinstance(record, Reject):
        return around
    thread = around.thread or record.key or record.url
    return Around(around.product, around.location, thread, record.key or record.url, record)


def _is_reply(record: Item, kind: Kind, around: Around) -> bool:
    """Say whether this comment is the brand's public reply to a review."""
    post = around.post
    return kind == "comment" and record.author_is_brand and post is not None and post.kind == "review"


def _record(node: Node, kind: Kind, page: Page, around: Around) -> Item | Reject:
    try:
        return _item(node, kind, page, around)
    except (DateError, RatingError) as error:
        return Reject(shown(page.url), str(error), node)


def _item(node: Node, kind: Kind, page: Page, around: Around) -> Item:
    author, is_brand = _author(node.get("author") or node.get("creator"))
    rating, best, worst = _rating(node.get("reviewRating"))
    reviewed = _first(node.get("itemReviewed"))
    content = _content(node)
    published = page.dates.maybe(_one(node, "datePublished", "dateCreated", "uploadDate"))
    return Item(
        platform=page.platform,
        key=_key(node, page),
        kind=kind,
        # Who is asked for a review is not asked for a question.
        invitation="organic" if page.invitation == "invited" and kind != "review" else page.invitation,
        url=page.address(_scalar(node.get("url"))) or page.url,
        thread=around.thread,
        parent=around.parent,
        links=links(content, page.url),
        title=_title(node),
        text=body(content),
        author=author,
        author_is_brand=is_brand,
        language=plain(_scalar(node.get("inLanguage"))),
        published_at=published,
        edited_at=page.dates.maybe(_one(node, "dateModified")),
        rating=rating,
        rating_best=best,
        rating_worst=worst,
        product=(plain(reviewed.get("name")) if reviewed else None) or around.product,
        location=(_place(reviewed) if reviewed else None) or around.location,
        likes=count(_scalar(node.get("upvoteCount"))),
        replies=count(_scalar(node.get("answerCount", node.get("commentCount")))),
        raw=node,
    )


def _content(node: Node) -> Any:
    """Return the text: pages put it under several names, and pros and cons in lists."""
    found = _one(node, "reviewBody", "articleBody", "text", "commentText", "description")
    notes = [_notes(node.get(name)) for name in ("positiveNotes", "negativeNotes")]
    if not any(notes):
        return found
    return "\n".join(part for part in (str(found or ""), *notes) if part)


def _notes(value: Any) -> str:
    node = _first(value)
    items = node.get("itemListElement", []) if node else value or []
    rows = items if isinstance(items, list) else [items]
    names = (r.get("name") if isinstance(r, dict) else r for r in rows)
    return "\n".join(str(n) for n in names if n)


def _title(node: Node) -> str | None:
    title = plain(_one(node, "headline", "name"))
    return None if title and fold(title) == fold(body(_content(node))) else title


def _key(node: Node, page: Page) -> str | None:
    """Return the page's own id for a record: an absolute address, so that hosts never clash.

    The `itemid` of microdata is `id` here; schema.org's context gives JSON-LD the same alias for `@id`.
    """
    name = _scalar(node.get("@id")) or _scalar(node.get("id"))
    if isinstance(name, str) and not name.startswith("_:"):
        return page.address(name) or name if _ADDRESS.search(name) else f"{page.url}#{name.strip()}"
    identifier = _first(node.get("identifier")) or node
    value = plain(_scalar(identifier.get("value", node.get("identifier"))))
    return f"{page.url}#{value}" if value else None


def _author(value: Any) -> tuple[str | None, bool]:
    """Return the author's name: a text, an object, or a list of either."""
    node = _first(value)
    if node is None:
        return plain(_scalar(value)), False
    return plain(_scalar(node.get("name"))), bool(_ORGANISATIONS.intersection(types(node)))


def _rating(value: Any) -> tuple[float | None, float | None, float | None]:
    """Return rating, best and worst; schema.org assumes 5 and 1 where a page is silent."""
    node = _first(value)
    given = _scalar(node.get("ratingValue")) if node else _scalar(value)
    if given in (None, ""):
        return None, None, None
    rating, best = read_rating(given)
    if node and (named := _scalar(node.get("bestRating"))) not in (None, ""):
        best = read_rating(named)[0]
    worst = _scalar(node.get("worstRating")) if node else None
    return rating, best or ASSUMED_BEST, None if worst in (None, "") else read_rating(worst)[0]


def _place(node: Node) -> str | None:
    address = _first(node.get("address"))
    return plain(address.get("addressLocality")) if address else None


def _only_product(nodes: list[Node]) -> str | None:
    """Return the name of the page's product when there is exactly one."""
    found = {plain(n.get("name")) for n in nodes if "Product" in types(n)} - {None}
    return found.pop() if len(found) == 1 else None


def _one(node: Node, *names: str) -> Any:
    return next((v for v in map(_getter(node), names) if v not in (None, "", [])), None)


def _getter(node: Node) -> Callable[[str], Any]:
    return lambda name: _scalar(node.get(name))


def _scalar(value: Any) -> Any:
    """Return the first value of a list, and the text of a `{"@value"}`."""
    if isinstance(value, list):
        return next((s for s in map(_scalar, value) if s not in (None, "")), None)
    if isinstance(value, dict):
        return value.get("@value")
    return value


def _first(value: Any) -> Node | None:
    nodes = value if isinstance(value, list) else [value]
    return next((n for n in nodes if isinstance(n, dict) and "@value" not in n), None)
