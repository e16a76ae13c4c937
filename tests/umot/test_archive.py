"""The archive: a manifest makes a run real, on any file system."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest

from umot.archive import Archive, Manifest
from umot.errors import ArchiveError

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
RECORDS = [{"id": f"x:{n}", "type": "post", "text": f"tekst {n} 🙂", "raw": {"n": n}} for n in range(4500)]
MODEL = "m-1"


@pytest.fixture(params=["local", "memory"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    url = str(tmp_path / "archive") if request.param == "local" else f"memory://{uuid4()}"
    yield Archive(url)
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()


def filled(archive: Archive, records: list[dict[str, Any]] | None = None) -> Manifest:
    """Write one whole run."""
    writer = archive.writer("shop", "r1", AS_OF)
    for record in RECORDS if records is None else records:
        writer.append(record)
    manifest = writer.commit({"page": 2}, {"run": "notes"})
    assert manifest is not None
    return manifest


def contents(archive: Archive) -> list[dict[str, Any]]:
    return [r for m in archive.manifests() for part in m.parts for r in archive.read(part)]


def test_a_run_comes_back_whole_in_parts(archive: Archive) -> None:
    manifest = filled(archive)
    assert [part.records for part in manifest.parts] == [2000, 2000, 500]
    assert list(archive.manifests("shop")) == [manifest]
    assert contents(archive) == RECORDS


def test_without_a_manifest_nothing_is_real_and_sweeping_removes_it(archive: Archive) -> None:
    filled(archive)
    writer = archive.writer("shop", "r2", AS_OF)
    for record in RECORDS:
        writer.append(record)
    assert archive.runs("shop") == ["r1", "r2"]
    assert len(list(archive.manifests())) == 1
    for run in ("r1", "r2"):
        archive.sweep("shop", run)
    assert archive.runs("shop") == ["r1"]
    assert contents(archive) == RECORDS


def test_an_empty_run_writes_nothing(archive: Archive) -> None:
    assert archive.writer("shop", "r1", AS_OF).commit({}, {}) is None
    assert archive.sources() == []


def test_a_manifest_that_cannot_be_read_is_damage_and_never_swept(archive: Archive) -> None:
    manifest = filled(archive)
    fs, root = fsspec.core.url_to_fs(archive.url)
    path = f"{root}/shop/{manifest.run}/manifest.json"
    fs.pipe_file(path, fs.cat_file(path)[:40])
    with pytest.raises(ArchiveError, match="damaged"):
        archive.sweep("shop", manifest.run)
    assert fs.exists(f"{root}/{manifest.parts[0].path}")


def test_a_manifest_of_a_later_version_can_be_read(archive: Archive) -> None:
    manifest = filled(archive)
    fs, root = fsspec.core.url_to_fs(archive.url)
    path = f"{root}/shop/{manifest.run}/manifest.json"
    said = json.loads(fs.cat_file(path)) | {"later": 1}
    fs.pipe_file(path, json.dumps(said).encode())
    assert list(archive.manifests()) == [manifest]


def test_damage_is_named(archive: Archive) -> None:
    part = filled(archive).parts[0]
    fs, root = fsspec.core.url_to_fs(archive.url)
    path = f"{root}/{part.path}"
    fs.pipe_file(path, fs.cat_file(path)[:-9])
    with pytest.raises(ArchiveError, match=r"part-0000.* damaged"):
        list(archive.read(part))


def test_a_twin_is_real_only_when_whole(archive: Archive) -> None:
    part = filled(archive).parts[0]
    assert archive.twin(part, MODEL) is None
    judged = [{"id": r["id"], "score": 0.5} for r in archive.read(part)]
    archive.write_twin(part, MODEL, judged)
    assert list(archive.twin(part, MODEL) or ()) == judged
    assert not archive.has_twin(part, "other-model")


def test_a_twin_that_was_cut_off_is_none(archive: Archive) -> None:
    part = filled(archive).parts[0]
    archive.write_twin(part, MODEL, [{"id": "x:0"}])
    fs, root = fsspec.core.url_to_fs(archive.url)
    (note,) = [path for path in fs.find(root) if path.endswith("zst.json")]
    fs.pipe_file(note, b"")
    assert not archive.has_twin(part, MODEL)
    assert archive.twin(part, MODEL) is None


def test_rewriting_makes_no_twin_where_there_was_none(archive: Archive) -> None:
    manifest = filled(archive)
    archive.write_twin(manifest.parts[0], MODEL, [{"id": r["id"]} for r in archive.read(manifest.parts[0])])
    archive.rewrite(manifest, lambda r: None if r["id"] == "x:2001" else r)
    (after,) = archive.manifests()
    assert [archive.has_twin(part, MODEL) for part in after.parts] == [True, False, False]


def test_what_a_killed_rewriting_left_goes_with_the_next(archive: Archive) -> None:
    manifest = filled(archive)
    fs, root = fsspec.core.url_to_fs(archive.url)
    left = f"{root}/shop/{manifest.run}/part-0000.r7.jsonl.zst"
    fs.pipe_file(left, b"half")
    archive.rewrite(manifest, lambda r: r)
    assert not fs.exists(left)
    assert contents(archive) == RECORDS


def test_erasing_reaches_parts_and_twins_and_needs_no_second_classification(archive: Archive) -> None:
    manifest = filled(archive)
    for part in manifest.parts:
        judged = [{"id": r["id"], "mentions": [{"text": r["text"]}]} for r in archive.read(part)]
        archive.write_twin(part, MODEL, judged)
    gone = {"x:3", "x:2001"}
    assert archive.rewrite(manifest, lambda r: None if r["id"] in gone else r) == 2
    assert {r["id"] for r in contents(archive)} == {r["id"] for r in RECORDS} - gone
    (after,) = archive.manifests()
    assert [old.key for old in manifest.parts] == [new.key for new in after.parts]
    assert [old == new for old, new in zip(manifest.parts, after.parts, strict=True)] == [False, False, True]
    twins = {r["id"] for part in after.parts for r in archive.twin(part, MODEL) or ()}
    assert twins == {r["id"] for r in RECORDS} - gone
    fs, root = fsspec.core.url_to_fs(archive.url)
    gone_parts = [part.name for part in manifest.parts[:2]]
    assert [path for path in fs.find(root) if any(name in path for name in gone_parts)] == []


def test_dropping_texts_thins_the_twins(archive: Archive) -> None:
    manifest = filled(archive, RECORDS[:3])
    archive.write_twin(manifest.parts[0], MODEL, [{"id": "x:1", "mentions": [{"text": "t", "moment": "smot"}]}])
    archive.rewrite(manifest, lambda r: {k: v for k, v in r.items() if k != "text"}, {"note": 1})
    (after,) = archive.manifests()
    assert after.notes == {"run": "notes", "note": 1}
    assert list(archive.twin(after.parts[0], MODEL) or ()) == [{"id": "x:1", "mentions": [{"moment": "smot"}]}]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    writer = Archive(str(tmp_path / "file")).writer("shop", "r1", AS_OF)
    writer.append(RECORDS[0])
    with pytest.raises(ArchiveError, match="cannot write"):
        writer.commit(None, {})
