"""A post of the archive, what the model said of it, and the brands it names, as the store's documents."""

from typing import Any, Final

from sentiment.labels import MOMENTS, Moment
from umot.archive.files import Record
from umot.brands import brand_of_mention
from umot.journey import peak_end
from umot.posts import Post
from umot.store.contract import Document, PostWrite
from umot.timeline import buckets, utc
from umot.workspace import Workspace

# What a mention repeats of its post, so that one flat index answers.
_REPEATED: Final = (
    *("author", "author_is_brand", "thread_id", "syndicated_of", "complaint", "platform", "kind", "source", "stance"),
    *("published_at", "day", "week", "month", "language", "product", "location", "rating", "invitation", "url"),
)
_SAID: Final = ("stance", "complaint", "sentiment", "score", "uncertain")


class Documents:
    """Makes store documents out of archive records."""

    def __init__(self, ws: Workspace, model: str) -> None:
        self._ws, self._model = ws, model
        self._state = ws.store.state

    def joined(self, records: list[Record], judged: dict[str, Record]) -> list[PostWrite]:
        """Return posts with their mentions; `judged` holds what the model said, by post id."""
        ids = [record["id"] for record in records]
        reposts = self._state.get_many("seen", [f"reposts:{id_}" for id_ in ids])
        originals = [record["syndicated_of"] for record in records if record.get("syndicated_of")]
        erased = self._state.get_many("tombstone", originals)
        return [
            self._joined(
                # A copy of what is erased is an original now.
                {k: v for k, v in record.items() if k != "syndicated_of" or v not in erased},
                judged.get(record["id"], {}),
                reposts.get(f"reposts:{record['id']}", 0),
            )
            for record in records
        ]

    def _joined(self, record: Record, verdict: Record, reposts: int) -> PostWrite:
        post = Post.from_document(record)
        document = post.document() | _when(post, self._ws) | spread(post, reposts)
        document["brands"] = self._brands(record, post)
        language = verdict.get("language") or post.language_claimed
        if language:
            document["language"] = language
        if not verdict or (language and language not in self._ws.settings.languages):
            return PostWrite(document)
        document |= {key: verdict[key] for key in _SAID} | {"model": self._model}
        mentions = self._mentions(document, verdict["mentions"])
        return PostWrite(document | _journey(mentions), mentions)

    def _brands(self, record: Record, post: Post) -> list[str]:
        """Return the brands of a post; those noted before its text was dropped when there is none any more."""
        source = self._ws.settings.sources.get(post.source)
        about = source.about if source else ()
        named = record["brands"] if "brands" in record else named_brands(self._ws, post)
        return list(dict.fromkeys([*about, *named]))

    def _mentions(self, post: Document, judged: list[Record]) -> list[Document]:
        repeated = {key: post[key] for key in _REPEATED if post.get(key) is not None}
        return [self._mention(post, repeated, ordinal, mention) for ordinal, mention in enumerate(judged)]

    def _mention(self, post: Document, repeated: Document, ordinal: int, judged: Record) -> Document:
        brand = brand_of_mention(self._ws.matcher.find(judged.get("text", "")), post["brands"])
        return repeated | {
            "id": f"{post['id']}#{ordinal}",
            "post_id": post["id"],
            "ordinal": ordinal,
            **judged,
            **({"brand": brand} if brand else {}),
            "is_peak": False,
            "is_end": False,
        }


def named_brands(ws: Workspace, post: Post) -> list[str]:
    """Return the brands that a post's product and text name."""
    return ws.matcher.find(f"{post.product or ''}\n{post.text}")


def spread(post: Post, reposts: int) -> Document:
    """Return the post's reach: everybody who reacted, with reposts met by the way when the source counts fewer."""
    shared = max(post.reposts or 0, reposts)
    reach = shared + sum(n or 0 for n in (post.likes, post.replies, post.helpful))
    return {"reach": reach} | ({"reposts": shared} if shared else {})


def _journey(mentions: list[Document]) -> Document:
    """Return the post's moments, peak and end, and mark the two among the mentions."""
    met = {mention["moment"] for mention in mentions}
    said: dict[str, Any] = {"moments": [m for m in MOMENTS if m in met and m != "none"]}
    found = peak_end([_Judged(mention) for mention in mentions])
    if found is None:
        return said
    peak, end = mentions[found.peak], mentions[found.end]
    peak["is_peak"], end["is_end"] = True, True
    return said | {
        "peak": peak["score"],
        "peak_moment": peak["moment"],
        "end": end["score"],
        "end_moment": end["moment"],
        "peak_end": round(found.score, 4),
    }


class _Judged:
    """A mention document as `peak_end` wants it."""

    def __init__(self, mention: Document) -> None:
        self.moment: Moment = mention["moment"]
        self.score: float = mention["score"]


def _when(post: Post, ws: Workspace) -> Document:
    """Return the time buckets of a dated post, and how long the brand took to reply."""
    if post.published_at is None:
        return {}
    published = utc(post.published_at)
    when: Document = dict(buckets(published, ws.settings.zone))
    if post.reply_at:
        when["reply_hours"] = round((utc(post.reply_at) - published).total_seconds() / 3600, 2)
    return when
