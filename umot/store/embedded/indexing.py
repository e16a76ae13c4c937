"""Keep the search indexes in step with the truth: catch up, repair, rebuild and swap."""

import json
import shutil
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

from umot.errors import StoreError
from umot.store.analysis import ANALYSIS_VERSION
from umot.store.contract import Collection, Document
from umot.store.embedded.failures import plainly
from umot.store.embedded.index import INDEX_LAYOUT, SearchIndex
from umot.store.embedded.truth import Truth
from umot.store.mapping import COLLECTIONS, fields_of, template_of

_LIBRARIES: Final = ("tantivy", "pystemmer")


class Indexes:
    """The indexes of all collections: one directory per generation, named in the truth.

    An index is a function of the truth alone. What is missing in it is told by numbers: every
    change after its checkpoint. So a refresh, the repair after a crash and a rebuild are one walk.
    """

    def __init__(self, directory: Path, truth: Truth) -> None:
        self._directory = directory
        self._truth = truth
        self._open: dict[Collection, SearchIndex] = {}
        self._generation = ""
        self._seen = -1

    def of(self, collection: Collection) -> SearchIndex:
        """Return the index of a collection with every commit that other processes have announced."""
        seen = self._truth.data_version()
        if seen != self._seen:
            self.reload()
            self._seen = seen
        return self._open[collection]

    def reload(self) -> None:
        """See the last commits; open the new directories after a swap."""
        generation = self._truth.fact("generation") or ""
        if generation == self._generation:
            for index in self._open.values():
                index.reload()
        else:
            self._open_generation(generation)

    def _open_generation(self, generation: str) -> None:
        try:
            self._open = self._at(generation, create=False)
            self._generation = generation
        except StoreError:
            if self._truth.fact("generation") == generation:
                raise
            self.reload()

    def fits(self) -> bool:
        """Tell whether the index exists and was built with today's fields and analysis."""
        return self._truth.fact("fingerprint") == _fingerprint() and self._current().is_dir()

    def usable(self) -> bool:
        """Tell whether the index fits and can be opened; a damaged one is only to be built anew."""
        if not self.fits():
            return False
        try:
            self.reload()
        except StoreError:
            return False
        return True

    def behind(self) -> bool:
        """Tell whether the truth has changes that the index lacks."""
        return any(self._is_behind(index) for index in self._open.values())

    def catch_up(self) -> None:
        """Take in what is missing; only under the write lock."""
        if not self.usable() or any(index.checkpoint() < self._floor(name) for name, index in self._open.items()):
            self.rebuild()
            return
        for index in self._open.values():
            if self._is_behind(index):
                self._feed(index)
        self._tidy()

    def rebuild(self) -> None:
        """Build all indexes anew beside the old ones and swap; only under the write lock."""
        generation = f"index-{int((self._truth.fact('generation') or 'index-0').partition('-')[2]) + 1:06d}"
        with plainly(self._directory):
            shutil.rmtree(self._directory / generation, ignore_errors=True)
        for index in self._at(generation, create=True).values():
            self._feed(index)
        with self._truth.transaction():
            self._truth.set_fact("generation", generation)
            self._truth.set_fact("fingerprint", _fingerprint())
        self.reload()
        self._tidy()

    def _at(self, generation: str, *, create: bool) -> dict[Collection, SearchIndex]:
        root = self._directory / generation
        return {name: SearchIndex(fields_of(name), root / name, create=create) for name in COLLECTIONS}

    def _current(self) -> Path:
        return self._directory / (self._truth.fact("generation") or "index-none")

    def _is_behind(self, index: SearchIndex) -> bool:
        since = (index.fields.collection, index.checkpoint())
        found = self._truth.rows(
            "SELECT EXISTS(SELECT 1 FROM docs WHERE collection = ? AND seq > ?)"
            " OR EXISTS(SELECT 1 FROM removed WHERE collection = ? AND seq > ?)",
            *since,
            *since,
        )
        return bool(found[0][0])

    def _feed(self, index: SearchIndex) -> None:
        since = (index.fields.collection, index.checkpoint())
        seq = self._truth.last_seq()
        removed = self._truth.rows("SELECT row FROM removed WHERE collection = ? AND seq > ?", *since)
        index.apply((row for (row,) in removed), self._changed(*since), seq)
        self._prune(index.fields.collection, seq)

    def _changed(self, collection: Collection, since: int) -> Iterator[tuple[int, Document]]:
        found = self._truth.stream(
            "SELECT row, body FROM docs WHERE collection = ? AND seq > ? ORDER BY seq", collection, since
        )
        return ((row, self._truth.unpack(body)) for row, body in found)

    def _prune(self, collection: Collection, seq: int) -> None:
        """Forget removals that the index has; an older index than that must be built anew.

        It is also the write that tells readers in other processes that there is a new commit.
        """
        with self._truth.transaction() as connection:
            connection.execute("DELETE FROM removed WHERE collection = ? AND seq <= ?", (collection, seq))
            self._truth.set_fact(f"floor:{collection}", seq)

    def _floor(self, collection: Collection) -> int:
        return int(self._truth.fact(f"floor:{collection}") or 0)

    def _tidy(self) -> None:
        for path in self._directory.glob("index-*"):
            if path.name != self._generation:
                shutil.rmtree(path, ignore_errors=True)


def check_readable(indexes: Indexes, directory: Path) -> None:
    """Refuse to read an index that only a writer can mend.

    Raises:
        StoreError: it was built with other fields or another analysis, or not at all.
    """
    if not indexes.fits():
        raise StoreError(
            f"{directory}: the search index was built with other fields or another version; `umot index` builds it anew"
        )


def _fingerprint() -> str:
    facts = {
        "layout": INDEX_LAYOUT,
        "analysis": ANALYSIS_VERSION,
        "libraries": [version(name) for name in _LIBRARIES],
        "fields": [template_of(name)["template"]["mappings"] for name in COLLECTIONS],
    }
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
