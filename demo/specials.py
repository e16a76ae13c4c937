"""Edits, deletions, boosts and copies: what happens to a few posts after they are written."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random

from demo.posts import Note, Post
from demo.truths import BOOSTED, COPIED, DELETED, EDITED, HOLE, OUTAGE, OWN, RUNS
from demo.writing import Writer

_SEEN_AGAIN = tuple(run for run, later in pairwise(RUNS) if OUTAGE not in (run, later))[-DELETED:]


def plant(posts: Sequence[Post], writer: Writer, rng: Random) -> tuple[Post, ...]:
    """Return the posts with their later fates, in order of publication; each post meets one at most."""
    by_number = {post.number: post for post in posts}

    def pick(count: int, fits: Callable[[Post], bool]) -> list[Post]:
        free = [p for p in by_number.values() if _is_untouched(p) and fits(p)]
        return rng.sample(free, count)

    for run in _SEEN_AGAIN:
        for post in pick(1, partial(_is_fresh, run)):
            by_number[post.number] = replace(post, removed=run + timedelta(days=2))
    for post in pick(BOOSTED, _stays_in_reach):
        by_number[post.number] = replace(post, shared=post.published + timedelta(hours=rng.uniform(1, 30)))
    for post in pick(EDITED, lambda p: p.channel in ("reviews", "social") and p.stance == "umot"):
        by_number[post.number] = _edited(post, writer, rng)
    originals = pick(COPIED, lambda p: p.channel == "reviews" and p.brand == OWN and len(p.text.split()) > 12)
    for number, post in enumerate(originals, len(by_number) + 1):
        later = post.published + timedelta(days=rng.uniform(1, 3))
        by_number[number] = replace(post, number=number, channel="survey", published=later)
    return tuple(sorted(by_number.values(), key=lambda p: (p.published, p.number)))


def _is_untouched(post: Post) -> bool:
    return post.shown and not (post.answer or post.edit or post.removed or post.shared)


def _is_fresh(run: datetime, post: Post) -> bool:
    """Tell whether a social post is new enough at a run to be looked at again in the next."""
    return post.channel == "social" and timedelta() < run - post.published < timedelta(days=10)


def _stays_in_reach(post: Post) -> bool:
    """Tell whether post and boost surely lie outside the hole and before the last run."""
    margin = timedelta(days=2)
    lost = HOLE[0] - margin < post.published < HOLE[1] + margin
    return post.channel == "social" and not lost and post.published < RUNS[-1] - margin


def _edited(post: Post, writer: Writer, rng: Random) -> Post:
    addition = writer.one("updates", post.language, post.mood)
    return replace(post, edit=Note(f"{post.text} {addition}", post.published + timedelta(days=rng.uniform(0.5, 4))))
