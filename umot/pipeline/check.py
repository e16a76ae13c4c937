"""Tries every source with a few items and says what it found, field by field; nothing is stored."""

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from spiders.items import Item
from umot.pipeline.collect import job
from umot.pipeline.spider import SpiderProcess
from umot.posts import Collector, Post, RejectedItemError
from umot.workspace import Workspace

ITEMS = 5
_BUDGET = 120.0


@dataclass(slots=True)
class Finding:
    """What a source answered to a trial run."""

    source: str
    finish: str = "failed"
    reason: str | None = None
    posts: list[Post] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    mapping: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether the source gave at least one usable post."""
        return self.finish in ("finished", "limited") and bool(self.posts)

    def filled(self) -> dict[str, int]:
        """Return how many of the posts carry each field."""
        documents = [post.document() for post in self.posts]
        count = Counter(key for document in documents for key in document)
        return {f.name: count[f.name] for f in fields(Post)}

    def document(self) -> dict[str, Any]:
        """Return the finding for scripts."""
        return {
            "source": self.source,
            "ok": self.ok,
            "finish": self.finish,
            "reason": self.reason,
            "posts": [post.document() for post in self.posts],
            "filled": self.filled(),
            "rejected": self.rejected,
            "mapping": self.mapping,
        }


def check(ws: Workspace, source: str, as_of: datetime) -> Finding:
    """Fetch a few items of a source without cursor, store or archive."""
    finding = Finding(source)
    collector = Collector(source, as_of, ws.hash_author, ws.mask)
    task = job(ws, source, as_of, cursor=None, known=[], limit=ITEMS)
    with SpiderProcess(task, folder=ws.folder, time_budget=_BUDGET) as spider:
        for message in spider:
            if message["type"] == "end":
                finding.finish, finding.reason = message["finish"], message.get("reason")
                finding.mapping = message.get("mapping") or {}
                if not finding.reason and not finding.posts and not finding.rejected:
                    finding.reason = "nothing was found there: no row, page or entry that is a post"
            elif message["type"] == "reject":
                finding.rejected.append(f"{message['where']}: {message['reason']}")
            else:
                _try(finding, collector, message)
    return finding


def _try(finding: Finding, collector: Collector, message: dict[str, Any]) -> None:
    try:
        item = Item.from_json({k: v for k, v in message.items() if k != "type"})
        if not item.deleted and not item.repost_of:
            finding.posts.append(collector.post(item))
    except (RejectedItemError, TypeError, ValueError) as error:
        finding.rejected.append(f"{message.get('key') or message.get('url')}: {error}")
