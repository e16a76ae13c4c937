"""What the posts of a run look like: which fields they fill, which language they claim, from when they are."""

from collections.abc import Mapping
from typing import Any, Final

from sentiment.labels import LANGUAGES
from umot.ledger import Run
from umot.posts import Post

FIELDS: Final = ("key", "url", "title", "text", "author", "published_at", "rating", "product", "language")
"""Fields of an item that a parser loses first when a layout or a file changes."""

OTHER: Final = "other"
CLAIMED: Final = (*LANGUAGES, OTHER)
"""Languages that are told apart."""


def tally(run: Run, message: Mapping[str, Any], post: Post) -> None:
    """Count one post that a run met, known or not: `posts`, `filled_<field>`, `claimed_<language>`, the times.

    Args:
        message: the item as the spider gave it: without the fields that are empty.
    """
    run.add("posts")
    for name in FIELDS:
        if name in message:
            run.add(f"filled_{name}")
    if claimed := post.language_claimed:
        run.add(f"claimed_{claimed if claimed in LANGUAGES else OTHER}")
    if at := post.published_at:  # stored times are as long as each other: their texts compare as they do
        run.first_published = min(run.first_published or at, at)
        run.last_published = max(run.last_published or at, at)
