"""Measure the embedded store: `python -m benchmarks.store --docs 10000 --docs 100000`.

Counts documents, posts and mentions together (a post has two mentions). Texts are Zipf-distributed
words of a fixed seeded vocabulary; nothing is fetched. Prints a Markdown table per size.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from sentiment.labels import LANGUAGES, MOMENTS, SENTIMENTS
from umot.store.contract import PostWrite
from umot.store.embedded import EmbeddedStore

_BATCH: Final = 1_000
_BRANDS: Final = tuple(f"brand-{n:02d}" for n in range(20))
_START: Final = datetime(2025, 1, 1, tzinfo=UTC)
_MARKED: Final = ("text",)


class Corpus:
    """An endless seeded stream of posts with two mentions each."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        syllables = [a + b for a in "bdfgklmnprstvwz" for b in ("a", "e", "i", "o", "u", "aa", "ee", "oe", "ij")]
        self.words = sorted({"".join(self._random.choices(syllables, k=n % 3 + 1)) for n in range(40_000)})
        self._random.shuffle(self.words)
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def posts(self) -> Iterator[PostWrite]:
        """Yield posts in the order of their numbers."""
        number = 0
        while True:
            number += 1
            yield self._post(number)

    def _post(self, number: int) -> PostWrite:
        pick = self._random
        sentences = [
            " ".join(pick.choices(self.words, cum_weights=self._weights, k=pick.randint(12, 28))) for _ in "ab"
        ]
        moment = _START + timedelta(minutes=pick.randrange(500 * 24 * 60))
        shared = {
            "platform": "bench",
            "source": f"source-{number % 5}",
            "kind": "review",
            "stance": "umot",
            "invitation": "unknown",
            "language": pick.choices(LANGUAGES, (45, 20, 15, 12, 4, 4))[0],
            "published_at": moment.isoformat().replace("+00:00", "Z"),
            "day": f"{moment:%Y-%m-%d}",
            "week": f"{moment:%G-W%V}",
            "month": f"{moment:%Y-%m}",
            "author": f"{pick.randrange(50_000):016x}",
            "thread_id": f"bench:{number // 4}",
            "rating": pick.randint(0, 4) / 4,
            "complaint": pick.random() < 0.3,
            "url": f"https://example.org/{number}",
        }
        post_id, brand = f"bench:{number:09d}", pick.choice(_BRANDS)
        mentions = [self._mention(post_id, n, text, brand, shared) for n, text in enumerate(sentences)]
        post = shared | {"id": post_id, "version": 1, "text": ". ".join(sentences), "brands": [brand]}
        return PostWrite(post | self._verdict() | {"likes": number % 50, "model": "bench"}, mentions)

    def _mention(self, post_id: str, n: int, text: str, brand: str, shared: dict[str, Any]) -> dict[str, Any]:
        own = {"id": f"{post_id}#{n}", "post_id": post_id, "ordinal": n, "start": 0, "end": len(text), "text": text}
        return shared | own | self._verdict() | {"brand": brand, "moment": self._random.choice(MOMENTS)}

    def _verdict(self) -> dict[str, Any]:
        return {"sentiment": self._random.choice(SENTIMENTS), "score": round(self._random.uniform(-1, 1), 4)}


def searches(words: list[str]) -> dict[str, Callable[[EmbeddedStore], object]]:
    """Return the query shapes, each a search of the top 20 with highlights."""
    common, middle, rare = words[3], words[60], words[2_000]
    brand: dict[str, Any] = {"term": {"brands": _BRANDS[0]}}
    spring = {"range": {"published_at": {"gte": "2025-03-01", "lt": "2025-06-01"}}}
    queries: dict[str, tuple[dict[str, Any], list[dict[str, str]]]] = {
        "common word": ({"match": {"text": common}}, []),
        "rare word": ({"match": {"text": rare}}, []),
        "three words, or": ({"match": {"text": f"{common} {middle} {rare}"}}, []),
        "two words, and": ({"match": {"text": {"query": f"{common} {middle}", "operator": "and"}}}, []),
        "phrase": ({"match_phrase": {"text": f"{words[0]} {words[1]}"}}, []),
        "Dutch word": ({"match": {"text_nl": middle}}, []),
        "word, brand, months": ({"bool": {"must": [{"match": {"text": middle}}], "filter": [brand, spring]}}, []),
        "newest of a brand": ({"bool": {"filter": [brand]}}, [{"published_at": "desc"}]),
        "newest of all": ({"match_all": {}}, [{"published_at": "desc"}]),
        "word, by rating": ({"match": {"text": middle}}, [{"rating": "asc"}, {"published_at": "desc"}]),
    }
    return {name: _search(query, sort) for name, (query, sort) in queries.items()}


def aggregations() -> dict[str, Callable[[EmbeddedStore], object]]:
    """Return the aggregations that reports and dashboards ask for."""
    mean = {"mean": {"avg": {"field": "score"}}}
    negative = {"negative": {"filter": {"term": {"sentiment": "negative"}}, "aggs": mean}}
    weekly = {"week": {"terms": {"field": "week", "size": 100, "order": {"_key": "asc"}}, "aggs": mean | negative}}
    cube: dict[str, Any] = {"sentiment": {"terms": {"field": "sentiment"}}}
    for name, size in (("moment", 10), ("brand", 30), ("week", 100)):
        cube = {name: {"terms": {"field": name, "size": size}, "aggs": cube}}
    brand: dict[str, Any] = {"term": {"brand": _BRANDS[0]}}
    return {
        "weekly mean and negatives of a brand": lambda store: store.aggregate("mentions", brand, weekly),
        "week x brand x moment x sentiment, all": lambda store: store.aggregate("mentions", {"match_all": {}}, cube),
        "brands: mean, percentiles, authors": lambda store: store.aggregate("posts", {"match_all": {}}, _per_brand()),
    }


def measure(documents: int, directory: Path) -> list[tuple[str, str]]:
    """Return the lines of one table."""
    corpus = Corpus()
    writes = corpus.posts()
    store = EmbeddedStore(directory)
    posts = documents // 3
    lines = [("new documents/s until searchable (1/3 posts, 2/3 mentions)", _load(store, writes, posts))]
    lines += _rewrite(store, documents)
    lines += [(f"open, {documents} documents", _times(lambda: EmbeddedStore(directory, read_only=True).close(), 5))]
    for name, ask in searches(corpus.words).items():
        lines.append((f"search: {name}", _times(lambda ask=ask: ask(store))))  # type: ignore[misc]
    for name, ask in aggregations().items():
        lines.append((f"aggregate: {name}", _times(lambda ask=ask: ask(store), 7)))  # type: ignore[misc]
    lines.append(("resident memory at the end", f"{_resident()} MB"))
    lines.append(("on disk", f"{sum(f.stat().st_size for f in directory.rglob('*') if f.is_file()) / 1e6:.0f} MB"))
    store.close()
    return lines


def _load(store: EmbeddedStore, writes: Iterator[PostWrite], posts: int) -> str:
    spent, resident, done = 0.0, [], 0
    while done < posts:
        batch = list(islice(writes, min(_BATCH, posts - done)))
        spent += _seconds(lambda batch=batch: store.replace(batch))  # type: ignore[misc]
        done += len(batch)
        resident.append(_resident())
    spent += _seconds(store.refresh)
    tenth = resident[len(resident) // 10]
    return f"{posts * 3 / spent:,.0f} ({posts * 3:,} in {spent:.1f} s; memory {tenth} to {max(resident)} MB)"


def _rewrite(store: EmbeddedStore, documents: int) -> list[tuple[str, str]]:
    posts = min(documents // 3, 3_000)
    batch = list(islice(Corpus().posts(), posts))
    seconds = _seconds(lambda: store.replace(batch)) + _seconds(store.refresh)
    return [("unchanged documents/s, written again", f"{posts * 3 / seconds:,.0f}")]


def _search(query: dict[str, Any], sort: list[dict[str, str]]) -> Callable[[EmbeddedStore], object]:
    return lambda store: store.search("posts", query, sort=sort, size=20, highlight=_MARKED)


def _per_brand() -> dict[str, Any]:
    subs = {
        "mean": {"avg": {"field": "score"}},
        "spread": {"percentiles": {"field": "score"}},
        "authors": {"cardinality": {"field": "author"}},
    }
    return {"brand": {"terms": {"field": "brands", "size": 30}, "aggs": subs}}


def _times(ask: Callable[[], object], runs: int = 40) -> str:
    ask()
    spent = sorted(_seconds(ask) * 1000 for _ in range(runs))
    return f"p50 {spent[len(spent) // 2]:.1f} ms, p95 {quantiles(spent, n=20)[-1]:.1f} ms"


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def main() -> None:
    """Print one table per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=int, action="append", help="documents to load (default 10000)")
    for documents in parser.parse_args().docs or [10_000]:
        with tempfile.TemporaryDirectory() as directory:
            lines = measure(documents, Path(directory) / "store")
        print(f"\n## {documents:,} documents\n\n| | |\n|---|---|")
        print("\n".join(f"| {name} | {value} |" for name, value in lines))


if __name__ == "__main__":
    main()
