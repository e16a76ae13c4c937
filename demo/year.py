"""The whole year of posts: seeded, so that everybody gets the same one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Final

from demo import specials
from demo.phrases import Deck, Language, Mood, read_sentences
from demo.plan import Week, plan_year
from demo.posts import Channel, Note, Post
from demo.shops import AUTHORS, OPTED_OUT, PRODUCTS
from demo.truths import BAD_WEEKS, BRANDS, DELIVERY_WEEK, OWN, WEEKS, ZONE
from demo.writing import CAUSES, Writer
from umot.timeline import monday_of

SEED: Final = 20250303
_ENGLISH: Final = 0.22
_ANSWERED: Final[dict[Mood, float]] = {"negative": 0.35, "neutral": 0.15, "positive": 0.08}


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is to be written: `kind` names a count of the plan."""

    brand: str
    week: str
    kind: str


@cache
def make_year(seed: int = SEED) -> tuple[Post, ...]:
    """Return all posts in order of publication, numbered from 1."""
    rng = Random(seed)
    desk = _Desk(rng, Writer(rng, Deck(rng, read_sentences())))
    drafts = [draft for brand in BRANDS for draft in _drafts(brand, rng)]
    posts = [desk.post(draft) for draft in drafts] + list(desk.blog())
    posts.sort(key=lambda post: (post.published, post.brand, post.text))
    return specials.plant([replace(p, number=n) for n, p in enumerate(posts, 1)], desk.writer, rng)


def _drafts(brand: str, rng: Random) -> Iterator[_Draft]:
    kinds = ("positive", "negative", "mixed", "questions", "echoes", "triggers", "moments", "help")
    for week in plan_year(brand, rng):
        for kind in kinds:
            yield from (_Draft(brand, week.week, kind) for _ in range(_count(week, kind)))


def _count(week: Week, kind: str) -> int:
    count: int = getattr(week, kind)
    return count


@dataclass(slots=True)
class _Desk:
    """Turns drafts into posts."""

    rng: Random
    writer: Writer

    def post(self, draft: _Draft) -> Post:
        """Write one post."""
        experience = draft.kind in ("positive", "negative", "mixed")
        return self._experience(draft) if experience else self._remark(draft)

    def blog(self) -> Iterator[Post]:
        """Write the own shop's weekly news, and every other week the story of a customer."""
        for number, week in enumerate(WEEKS):
            news = self._blank(_Draft(OWN, week, "news"), "blog", "none", "neutral")
            yield replace(
                news, author=OWN, title="Nieuws uit de kas", text=self.writer.short("news", "nl"), language="nl"
            )
            if number % 2:
                story = self._experience(_Draft(OWN, week, "positive"))
                yield replace(story, channel="blog", title="Uit de tuin van een klant", stars=None, answer=None)

    def _experience(self, draft: _Draft) -> Post:
        moods: dict[str, Mood] = {"positive": "positive", "negative": "negative", "mixed": "neutral"}
        mood = moods[draft.kind]
        channel = self._channel_of_experience(draft.brand)
        product = self.rng.choice(PRODUCTS[draft.brand])
        post = self._blank(draft, channel, "umot", mood)
        text, stars = self.writer.review(post.language, mood, product.topic, self._cause(draft))
        if channel == "social":
            return replace(post, text=text)
        return self._answered(replace(post, text=text, stars=stars, product=product.slug), _ANSWERED[mood])

    def _remark(self, draft: _Draft) -> Post:
        stances = {"questions": "zmot", "echoes": "zmot", "triggers": "lzmot", "moments": "fmot", "help": "smot"}
        asks = draft.kind in ("questions", "echoes", "help")
        channel: Channel = "questions" if asks and self.rng.random() < 0.75 else "social"
        mood: Mood = self.rng.choice(("negative", "positive")) if draft.kind == "moments" else "neutral"
        post = self._blank(draft, channel, stances[draft.kind], mood)
        if draft.kind == "moments":
            return replace(post, text=self.writer.moment(post.language, mood))
        post = replace(post, text=self.writer.short(draft.kind, post.language))
        return self._answered(post, 0.45) if channel == "questions" else post

    def _blank(self, draft: _Draft, channel: Channel, stance: str, mood: Mood) -> Post:
        language: Language = "en" if self.rng.random() < _ENGLISH else "nl"
        left_out = channel == "social" and self.rng.random() < 0.015
        return Post(
            number=0,
            brand=draft.brand,
            channel=channel,
            stance=stance,
            mood=mood,
            published=self._moment(draft.week),
            author=OPTED_OUT if left_out else self.rng.choice(AUTHORS),
            language=language,
            text="",
            shown=not left_out,
        )

    def _moment(self, week: str) -> datetime:
        day = monday_of(week) + timedelta(days=self.rng.randrange(7))
        hour = min(23, max(7, round(self.rng.gauss(17, 4))))
        return datetime(day.year, day.month, day.day, hour, self.rng.randrange(60), self.rng.randrange(60), tzinfo=ZONE)

    def _channel_of_experience(self, brand: str) -> Channel:
        weights = (55, 22, 23) if brand == OWN else (78, 22, 0)
        channels: tuple[Channel, ...] = ("reviews", "social", "survey")
        return self.rng.choices(channels, weights)[0]

    def _cause(self, draft: _Draft) -> str:
        """Bad weeks have a cause; in the delivery week it is the parcels."""
        if draft.brand == OWN and draft.week == DELIVERY_WEEK:
            return self.rng.choices(CAUSES, (92, 2, 4, 2))[0]
        bad = draft.week in BAD_WEEKS[draft.brand]
        return self.rng.choices(CAUSES, (10, 45, 35, 10) if bad else (25, 40, 25, 10))[0]

    def _answered(self, post: Post, chance: float) -> Post:
        if self.rng.random() >= chance:
            return post
        at = post.published + timedelta(hours=self.rng.uniform(2, 90))
        if post.channel == "questions":
            return replace(post, answer=Note(self.writer.one("answers", post.language), at))
        tone: Mood = "positive" if post.mood == "positive" else "negative"
        return replace(post, answer=Note(self.writer.one("replies", post.language, tone), at))
