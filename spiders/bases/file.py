"""Files: found, read only when they changed, each row an item or a reject."""

import json
from abc import abstractmethod
from collections.abc import Iterable

from spiders.files.locate import File, find
from spiders.items import Item
from spiders.outcome import Target
from spiders.sink import Reject
from spiders.source import Found, Source
from spiders.text import digest


class FileSource(Source):
    """Base of sources that read files; parameters need `path`. No network, no Scrapy."""

    network = False

    def begin(self) -> Found:
        """Read every file that changed since the last run."""
        try:
            files = find(self.params.path)
        except (OSError, ValueError, ImportError) as error:
            self.target(self.params.path).stop("failed", str(error))
            return
        for file in files:
            yield from self._read_changed(file, self.target(file.path))

    @abstractmethod
    def read_file(self, file: File) -> Iterable[tuple[str, Item | Reject]]:
        """Yield where each record stands, and the record.

        Raises:
            ValueError: the file as a whole cannot be read; the message says why.
        """

    def _read_changed(self, file: File, target: Target) -> Found:
        facts = self._facts(file)
        stored = [target.state.text(name) for name in ("size", "stamp", "reading")]
        quick = file.stamp and stored == [facts["size"], facts["stamp"], facts["reading"]]
        try:
            if not self.job.limit and (quick or self._same_contents(file, target, facts)):
                target.unchanged += 1
            else:
                target.pages += 1
                for where, record in self.read_file(file):
                    yield from self.deliver([record], target, where)
            target.state.update(facts)
        except (OSError, ValueError) as error:
            target.stop("failed", f"{file.name}: {error}")

    def _facts(self, file: File) -> dict[str, str | None]:
        # Other parameters read the same bytes in another way.
        reading = digest(json.dumps(self.params.model_dump(mode="json"), sort_keys=True))
        return {"size": str(file.size), "stamp": file.stamp, "reading": reading}

    def _same_contents(self, file: File, target: Target, facts: dict[str, str | None]) -> bool:
        facts["sha256"] = file.fingerprint()
        stored = (target.state.text("sha256"), target.state.text("reading"))
        return stored == (facts["sha256"], facts["reading"])
