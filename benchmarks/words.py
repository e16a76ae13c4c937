"""Compare what a word finds on both engines, per language: `python -m benchmarks.words`.

Posts are the texts of the written corpus, words the most frequent of four letters and more in them, each asked
for in `text_<language>` of its own language, where both engines stem.
"""

import argparse
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Final

from benchmarks.index import server
from sentiment.corpus import read_written
from sentiment.labels import LANGUAGES
from umot.store import open_store
from umot.store.contract import PostWrite, Store

_WORD: Final = re.compile(r"[^\W\d_]{4,}")


def texts_of(language: str) -> list[str]:
    """Return the texts of a language, each once."""
    return list(dict.fromkeys(example.text for example in read_written() if example.language == language))


def fill(store: Store, language: str, texts: Sequence[str]) -> None:
    """Store the texts as posts."""
    posts = [
        {"id": f"{language}:{n}", "version": 1, "language": language, "text": text} for n, text in enumerate(texts)
    ]
    store.replace([PostWrite(post) for post in posts])
    store.refresh()


def found(store: Store, language: str, word: str) -> set[str]:
    """Return the ids of the posts that a word finds."""
    query = {"bool": {"must": [{"match": {f"text_{language}": word}}], "filter": [{"term": {"language": language}}]}}
    return {str(post["id"]) for post in store.scan("posts", query)}


def compare(stores: Sequence[Store], language: str, words: int) -> str:
    """Return the table's line of a language."""
    texts = texts_of(language)
    for store in stores:
        fill(store, language, texts)
    counts = Counter(word for text in texts for word in _WORD.findall(text.lower()))
    pairs = [tuple(found(store, language, word) for store in stores) for word, _ in counts.most_common(words)]
    alike = mean(len(a) == len(b) for a, b in pairs)
    overlap = mean(len(a & b) / len(a | b) if a | b else 1.0 for a, b in pairs)
    return f"| {language} | {len(texts):,} | {len(pairs)} | {alike:.1%} | {overlap:.3f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.words", description=__doc__)
    parser.add_argument("--words", type=int, default=300)
    options = parser.parse_args()
    print("| language | posts | words | equal hit counts | mean overlap (Jaccard) |\n|---|---|---|---|---|")
    with server() as host, tempfile.TemporaryDirectory() as folder:
        stores = [open_store(Path(folder)), open_store(f"elasticsearch+http://{host}/words")]
        for language in LANGUAGES:
            print(compare(stores, language, options.words), flush=True)
        for store in stores:
            store.close()


if __name__ == "__main__":
    main()
