"""The posts of the year, ready to be served as they stood at a moment."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from demo.posts import Channel, Post


class Shelf:
    """Finds posts by brand and channel, by product and by number."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self._of: defaultdict[tuple[str, Channel], list[Post]] = defaultdict(list)
        self._by_number: dict[int, Post] = {}
        for post in posts:
            self._of[post.brand, post.channel].append(post)
            self._by_number[post.number] = post

    def public(self, brand: str, channel: Channel, as_of: datetime, product: str | None = None) -> list[Post]:
        """Return what can be seen at a time, the last changed first."""
        found = [p for p in self._of[brand, channel] if p.is_public(as_of) and product in (None, p.product)]
        return sorted(found, key=lambda p: (p.changed_at(as_of), p.number), reverse=True)

    def one(self, number: int, as_of: datetime) -> Post | None:
        """Return a post when it can be seen at a time."""
        post = self._by_number.get(number)
        return post if post and post.is_public(as_of) else None


def last_change(posts: Sequence[Post], as_of: datetime, default: datetime) -> datetime:
    """Return when the newest of some posts was changed."""
    return max((post.changed_at(as_of) for post in posts), default=default)
