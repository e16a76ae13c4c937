"""The archive on an object store: a real S3 client against moto's server."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import fsspec
import pytest

from tests.object_store import make_bucket, object_store
from tests.pipeline.workspaces import CONFIG, make_workspace
from umot.archive import Archive, Manifest
from umot.errors import ArchiveError
from umot.pipeline.run import run_all
from umot.workspace import Workspace

AS_OF = datetime(2026, 3, 10, 7, tzinfo=UTC)
RECORDS = [{"id": f"x:{n}", "type": "post", "text": f"tekst {n} 🙂"} for n in range(2500)]
MODEL = "m-1"


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with object_store() as found:
        yield found | {"AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def bucket(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return a bucket of the test's own; where it is and who may write stands in the environment alone."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    fsspec.filesystem("s3").clear_instance_cache()
    name = f"b{uuid4().hex}"
    make_bucket(environment, name)
    yield name
    fsspec.filesystem("s3").clear_instance_cache()


@pytest.fixture
def archive(bucket: str) -> Archive:
    return Archive(f"s3://{bucket}/umot")


def written(archive: Archive, run: str = "r1", records: list[dict[str, Any]] | None = None) -> Manifest:
    writer = archive.writer("shop", run, AS_OF)
    for record in RECORDS if records is None else records:
        writer.append(record)
    manifest = writer.commit({"page": 2}, {"run": run})
    assert manifest is not None
    return manifest


def objects(bucket: str) -> list[str]:
    return sorted(found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", []))


def contents(archive: Archive) -> list[dict[str, Any]]:
    return [record for m in archive.manifests() for part in m.parts for record in archive.read(part)]


def test_a_run_comes_back_whole_and_other_machines_see_it_at_once(archive: Archive) -> None:
    elsewhere = Archive(archive.url)
    assert (elsewhere.sources(), elsewhere.runs("shop")) == ([], [])
    manifest = written(archive)
    assert list(elsewhere.manifests()) == [manifest]
    assert contents(elsewhere) == RECORDS
    bucket = archive.url.split("/")[2]
    boto3.client("s3").put_object(Bucket=bucket, Key="umot/shop/r2/part-0000-x.jsonl.zst", Body=b"half")
    assert elsewhere.runs("shop") == ["r1", "r2"]


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from umot.archive import Archive

writer = Archive(sys.argv[1]).writer("shop", "r2", datetime(2026, 3, 10, 7, tzinfo=UTC))
for n in range(4100):
    writer.append({"id": f"y:{n}", "type": "post"})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_killed_before_its_manifest_is_nothing_and_swept(archive: Archive, bucket: str) -> None:
    manifest = written(archive)
    done = subprocess.run([sys.executable, "-c", KILLED, archive.url], check=False)
    assert done.returncode == -9
    assert len([key for key in objects(bucket) if "/r2/" in key]) == 2
    assert archive.runs("shop") == ["r1", "r2"]
    assert list(archive.manifests()) == [manifest]
    for run in ("r1", "r2"):
        archive.sweep("shop", run)
    assert archive.runs("shop") == ["r1"]
    assert contents(archive) == RECORDS


def test_rewriting_leaves_nothing_of_what_was_erased(archive: Archive, bucket: str) -> None:
    manifest = written(archive)
    for part in manifest.parts:
        archive.write_twin(part, MODEL, [{"id": r["id"], "mentions": [{"text": "t"}]} for r in archive.read(part)])
    before = set(objects(bucket))
    assert archive.rewrite(manifest, lambda r: None if r["id"] == "x:3" else r) == 1
    assert contents(archive) == [r for r in RECORDS if r["id"] != "x:3"]
    (after,) = archive.manifests()
    assert "x:3" not in {r["id"] for part in after.parts for r in archive.twin(part, MODEL) or ()}
    assert len(objects(bucket)) == len(before) == 1 + 3 * 2
    assert not [key for key in objects(bucket) if manifest.parts[0].name in key]


@pytest.mark.slow
def test_more_runs_than_one_listing_holds(archive: Archive, bucket: str) -> None:
    client = boto3.client("s3")
    names = [f"r{n:05d}" for n in range(1100)]
    for name in names:
        client.put_object(Bucket=bucket, Key=f"umot/shop/{name}/part-0000-x.jsonl.zst", Body=b"half")
    assert archive.sources() == ["shop"]
    assert archive.runs("shop") == names


def test_trouble_is_named_and_makes_no_bucket(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = Archive("s3://no-such-bucket/umot")
    with pytest.raises(ArchiveError, match=r"cannot write no-such-bucket/umot/shop/r1/part-0000.*; free space or"):
        written(elsewhere, records=RECORDS[:1])
    assert "no-such-bucket" not in [found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(ArchiveError, match=r"cannot list .*: Unable to locate credentials; mend access"):
        Archive(archive.url).sources()


@pytest.mark.slow
def test_the_whole_walk_with_the_archive_on_s3(bucket: str, tmp_path: Path) -> None:
    config = f"{CONFIG}archive: s3://{bucket}/umot\n"
    path = make_workspace(tmp_path, config=config)
    with Workspace.load(path) as ws:
        runs = run_all(ws, AS_OF)
        assert [run.step for run in runs if run.verdict == "ok"] == ["collect", "classify", "index"]
        assert ws.store.count("posts") == runs[0].counts["new"] == runs[2].counts["indexed"]
        assert ws.store.count("mentions") > 0
        again = run_all(ws, AS_OF)
        assert {run.verdict for run in again} == {"nothing_new"}
    assert {key.split("/")[1] for key in objects(bucket)} == {"export"}
    assert not (tmp_path / "data/archive").exists()
