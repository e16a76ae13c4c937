"""Who speaks: many people, above all one author, one thread, or copies of one text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from umot.alert import Voice
from umot.alerts.explain.copies import largest_copied
from umot.alerts.explain.mention import Mention, post_shares, posts_of

LARGE_SHARE: Final = 0.4
_FEWEST_POSTS: Final = 4
_FEWEST_OF_ONE: Final = 3


@dataclass(frozen=True, slots=True)
class Voices:
    """The voice of an event and, of its posts, the shares of the busiest author, the busiest thread and one text."""

    voice: Voice
    author_share: float
    thread_share: float
    copy_share: float


def voices(found: Sequence[Mention]) -> Voices:
    """Return who speaks.

    Of at least four posts, one text, author or thread (looked at in this order) must have 40 % and at least three:
    two of four are no brigade. Posts whose author or thread nobody knows count among all.
    """
    texts = posts_of(found)
    copied = largest_copied(texts)
    shares: dict[Voice, float] = {
        "copies": copied / len(texts) if copied > 1 else 0.0,
        "one_author": _largest([share for _, share in post_shares(found, lambda mention: mention.author)]),
        "one_thread": _largest([share for _, share in post_shares(found, lambda mention: mention.thread)]),
    }
    loudest = (voice for voice, share in shares.items() if _is_loud(share, len(texts)))
    return Voices(next(loudest, "many"), shares["one_author"], shares["one_thread"], shares["copies"])


def _largest(shares: Sequence[float]) -> float:
    return shares[0] if shares else 0.0


def _is_loud(share: float, posts: int) -> bool:
    return posts >= _FEWEST_POSTS and share >= LARGE_SHARE and round(share * posts) >= _FEWEST_OF_ONE
