"""The explanation of an event: its words, its products, its voices and texts that stand for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from umot.alert import Voice
from umot.alerts.explain.examples import examples, shortened
from umot.alerts.explain.mention import mentions_of, post_shares
from umot.alerts.explain.voice import voices
from umot.alerts.explain.wording import wording
from umot.store.contract import Document


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is different about an event.

    `terms` (at most 8), `phrases` (5) and `products` (3) are over-represented against the time before, most telling
    first; empty when chance could do it. `examples` are masked texts of at most 280 characters, `example_ids` their
    posts, in the same order. `languages` and `sources` stand by their share of the posts, most first. `voice` says
    who speaks; the shares, of all posts, are those of the busiest author, of the busiest thread and of the text that
    is most often copied (0 when none is).
    """

    terms: tuple[str, ...]
    phrases: tuple[str, ...]
    products: tuple[str, ...]
    examples: tuple[str, ...]
    example_ids: tuple[str, ...]
    languages: tuple[str, ...]
    sources: tuple[str, ...]
    voice: Voice
    author_share: float
    thread_share: float
    copy_share: float


def explain(found: Sequence[Document], before: Sequence[Document], *, most_examples: int = 3) -> Explanation:
    """Explain why there are so many mentions: what they say that those before did not, and who speaks.

    Words, phrases and products are scored by weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi &
    Quinn 2008), see `logodds`. An author counts once per term, a post whose author nobody knows once; in the time
    before, once per stretch as long as the event. Each language is compared with itself, so that an event in another
    language than usual does not bring up its everyday words. A language without a time before is compared with an
    ordinary word, which one voter in fifty uses. The order of the documents makes no difference.

    Args:
        found: mention documents of the event's days in its series; any field may be missing, texts are masked.
        before: mention documents of the same series in the weeks before; may be empty.
        most_examples: how many texts are given at most; each is of another author and post.
    """
    event = mentions_of(found)
    words = wording(event, mentions_of(before))
    texts = examples(words.readings, words.weights, most_examples)
    speaking = voices(event)
    return Explanation(
        terms=words.terms,
        phrases=words.phrases,
        products=words.products,
        examples=tuple(shortened(mention.text) for mention in texts),
        example_ids=tuple(mention.post for mention in texts),
        languages=tuple(value for value, _ in post_shares(event, lambda mention: mention.language)),
        sources=tuple(value for value, _ in post_shares(event, lambda mention: mention.source)),
        voice=speaking.voice,
        author_share=speaking.author_share,
        thread_share=speaking.thread_share,
        copy_share=speaking.copy_share,
    )
