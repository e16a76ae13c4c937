"""The archive: `<source>/<run>/part-*.jsonl.zst`, and a manifest written last that makes them real.

Beside a part lies a *twin* per model: what that model said of each post, made real by a manifest of its own.
Files of records have names that nobody else uses, so that a writer that was taken for dead overwrites nothing.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

import fsspec
import zstandard

from umot.archive import files
from umot.archive.files import Record
from umot.errors import ArchiveError, ConfigError

PART_RECORDS = 2000
_MANIFEST = "manifest.json"
_SUFFIX = ".jsonl.zst"

Change = Callable[[Record], Record | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One part file of a run; `sha256` is that of its bytes."""

    source: str
    run: str
    name: str
    records: int
    sha256: str

    @property
    def path(self) -> str:
        """Path below the archive's root."""
        return f"{self.source}/{self.run}/{self.name}"

    @property
    def key(self) -> str:
        """Name that stays the same when the part is rewritten."""
        return f"{self.source}/{self.run}/{_stem(self.name)}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one run of a source left: its parts, and the cursor to go on from."""

    source: str
    run: str
    as_of: str
    parts: tuple[Part, ...]
    cursor: Any = None
    notes: dict[str, Any] = field(default_factory=dict)


class Archive:
    """Collected posts on a local folder or any fsspec URL."""

    def __init__(self, url: str, *, before_change: Callable[[], None] = lambda: None) -> None:
        """Open the file system; nothing is read yet.

        Args:
            before_change: called before anything is written or removed; what it raises keeps that from happening.

        Raises:
            ConfigError: no file system goes by that URL.
        """
        self.url = url
        self._before_change = before_change
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            kind = url.partition("://")[0]
            raise ConfigError(
                f"archive: {kind}:// addresses cannot be opened ({error}); install the file system's package"
            ) from None

    def writer(self, source: str, run: str, as_of: datetime) -> "RunWriter":
        """Start a run; nothing of it is real before `RunWriter.commit`."""
        return RunWriter(self, source, run, as_of)

    def sources(self) -> list[str]:
        """Return the names of the sources that have something here."""
        return self._folders("")

    def runs(self, source: str) -> list[str]:
        """Return the names of a source's runs, real or not."""
        return self._folders(source)

    def manifests(self, source: str | None = None) -> Iterator[Manifest]:
        """Yield what is real, by source and run.

        Raises:
            ArchiveError: a manifest cannot be read.
        """
        for name in [source] if source else self.sources():
            for run in self.runs(name):
                if (manifest := self.manifest(name, run)) is not None:
                    yield manifest

    def manifest(self, source: str, run: str) -> Manifest | None:
        """Return a run's manifest, None when the run ended before it; fields of later versions are left out.

        Raises:
            ArchiveError: it is there but cannot be read.
        """
        path = self._path(f"{source}/{run}/{_MANIFEST}")
        data = files.read_if_there(self._fs, path)
        if data is None:
            return None
        try:
            said = json.loads(data)
            parts = tuple(Part(**{key: part[key] for key in Part.__slots__}) for part in said["parts"])
            return Manifest(**{key: said[key] for key in Manifest.__slots__ if key in said} | {"parts": parts})
        except (ValueError, TypeError, KeyError) as error:
            raise ArchiveError(f"archive: {path} is damaged ({error!r}); restore it from a backup") from error

    def read(self, part: Part) -> Iterator[Record]:
        """Yield the records of a part.

        Raises:
            ArchiveError: the part is missing or damaged.
        """
        return self._unpacked(part.path, part.sha256)

    def sweep(self, source: str, run: str) -> None:
        """Remove what a run left that ended before its manifest."""
        if self.manifest(source, run) is None:
            self._remove([self._path(f"{source}/{run}")])

    def rewrite(self, manifest: Manifest, change: Change, notes: Mapping[str, Any] | None = None) -> int:
        """Change or drop records of a run (erasure, retention); return how many.

        Twins lose what is dropped, and the texts of mentions where the text is dropped. A new part is written under a
        new name with its twins, then the manifest turns to it, then the old one goes: at any point one of the two is
        whole, and nothing has to be classified again.

        Args:
            notes: what to add to the manifest's notes.
        """
        changed, parts = 0, []
        for part in manifest.parts:
            renewed, touched = self._changed(part, change)
            changed += touched
            parts.append(renewed)
        if changed or notes:
            kept = {name: getattr(manifest, name) for name in Manifest.__slots__}
            self._publish(Manifest(**kept | {"parts": tuple(parts), "notes": manifest.notes | dict(notes or {})}))
        self._tidy(manifest.source, manifest.run, {part.name for part in parts})
        return changed

    def _changed(self, part: Part, change: Change) -> tuple[Part, int]:
        """Write a part anew with its twins when anything in it changes."""
        old = list(self.read(part))
        new = [change(dict(record)) for record in old]
        touched = sum(a != b for a, b in zip(old, new, strict=True))
        if not touched:
            return part, 0
        kept = [record for record in new if record is not None]
        renewed = self._write_part(part.source, part.run, f"{_stem(part.name)}.r{_token()}{_SUFFIX}", kept)
        texts = {record["id"]: "text" in record for record in kept}
        for model in self._folders(f"{part.source}/{part.run}/twins"):
            twin = self.twin(part, model)
            if twin is not None:
                self.write_twin(renewed, model, [_thinned(r, texts[r["id"]]) for r in twin if r["id"] in texts])
        return renewed, touched

    def twin(self, part: Part, model: str) -> Iterator[Record] | None:
        """Return what a model said of a part's posts, None when it has not (wholly) spoken.

        Raises:
            ArchiveError: the twin is damaged.
        """
        note = self._twin_note(part, model)
        return None if note is None else self._unpacked(*note)

    def has_twin(self, part: Part, model: str) -> bool:
        """Tell whether a model has spoken of the whole part."""
        return self._twin_note(part, model) is not None

    def _twin_note(self, part: Part, model: str) -> tuple[str, str] | None:
        """Return path and checksum of a twin; a note that was cut off while it was written makes nothing real."""
        path = self._twin_path(part, model)
        data = files.read_if_there(self._fs, self._path(f"{path}.json"))
        try:
            said = json.loads(data or "{}")
            return f"{path}{said.get('name', '')}", said["sha256"]
        except (ValueError, KeyError):
            return None

    def write_twin(self, part: Part, model: str, records: Iterable[Record]) -> None:
        """Write what a model said of a part; its own manifest, written last, makes it real."""
        path, name = self._twin_path(part, model), f".{_token()}"
        data = files.pack(records)
        self._write(f"{path}{name}", data)
        note = {"sha256": files.checksum(data), "model": model, "name": name}
        self._write(f"{path}.json", json.dumps(note).encode())

    def _write_part(self, source: str, run: str, name: str, records: list[Record]) -> Part:
        data = files.pack(records)
        part = Part(source, run, name, len(records), files.checksum(data))
        self._write(part.path, data)
        return part

    def _tidy(self, source: str, run: str, names: Collection[str]) -> None:
        """Remove files of parts that the manifest does not name: a rewriting may have been killed before."""
        found = files.find(self._fs, self._path(f"{source}/{run}"))
        self._remove(path for path in found if (part := _part_name(path)) and part not in names)

    def _publish(self, manifest: Manifest) -> None:
        data = json.dumps(asdict(manifest), ensure_ascii=False).encode()
        self._before_change()
        files.replace(self._fs, self._path(f"{manifest.source}/{manifest.run}/{_MANIFEST}"), data)

    def _write(self, path: str, data: bytes) -> None:
        self._before_change()
        files.write(self._fs, self._path(path), data)

    def _remove(self, paths: Iterable[str]) -> None:
        self._before_change()
        files.remove(self._fs, paths)

    def _unpacked(self, path: str, sha256: str) -> Iterator[Record]:
        data = files.read(self._fs, self._path(path))
        if files.checksum(data) != sha256:
            raise ArchiveError(f"archive: {path} is damaged (checksum differs); restore it from a backup")
        try:
            yield from files.unpack(data)
        except (zstandard.ZstdError, ValueError) as error:
            raise ArchiveError(f"archive: {path} is damaged: {error}") from error

    def _folders(self, below: str) -> list[str]:
        return files.folders(self._fs, self._path(below))

    def _twin_path(self, part: Part, model: str) -> str:
        return f"{part.source}/{part.run}/twins/{model}/{part.name}"

    def _path(self, below: str) -> str:
        return f"{self._root}/{below}".rstrip("/")


class RunWriter:
    """Collects the records of one run into part files."""

    def __init__(self, archive: Archive, source: str, run: str, as_of: datetime) -> None:
        self._archive = archive
        self._source = source
        self.run = run
        self._as_of = as_of
        self._token = _token()
        self._buffer: list[Record] = []
        self._parts: list[Part] = []

    def append(self, record: Record) -> None:
        """Add a record; a full part is written at once, so that memory stays flat."""
        self._buffer.append(record)
        if len(self._buffer) >= PART_RECORDS:
            self._flush()

    def commit(self, cursor: Any, notes: dict[str, Any]) -> Manifest | None:
        """Make the run real; None when it has no records (nothing is written then)."""
        self._flush()
        if not self._parts:
            return None
        manifest = Manifest(self._source, self.run, self._as_of.isoformat(), tuple(self._parts), cursor, notes)
        self._archive._publish(manifest)  # noqa: SLF001 - the writer is the archive's own hand
        return manifest

    def _flush(self) -> None:
        if self._buffer:
            name = f"part-{len(self._parts):04d}-{self._token}{_SUFFIX}"
            self._parts.append(
                self._archive._write_part(self._source, self.run, name, self._buffer)  # noqa: SLF001
            )
            self._buffer = []


def _stem(name: str) -> str:
    """Return a part's name without the mark of its rewriting and suffix."""
    return name.removesuffix(_SUFFIX).partition(".r")[0]


def _part_name(path: str) -> str | None:
    """Return the name of the part that a file is, or is a twin of."""
    stem, suffix, _ = path.rpartition("/")[2].partition(_SUFFIX)
    return stem + suffix if suffix else None


def _token() -> str:
    """Return what makes a file's name unlike all others."""
    return token_hex(4)


def _thinned(judged: Record, has_text: bool) -> Record:
    """Take the mentions' texts out of a twin's record when the post has lost its text."""
    if has_text or "mentions" not in judged:
        return judged
    mentions = [{k: v for k, v in mention.items() if k != "text"} for mention in judged["mentions"]]
    return judged | {"mentions": mentions}
