"""What a node runs on: a JDK, and the server's libraries and our classes, built once into a cache outside the tree."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).parent
VERSION = "9.5.3"
JDK = 21
CACHE_VARIABLE = "UMOT_TEST_NODE_CACHE"
_JVM_FOLDERS = (Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"))


class MissingError(Exception):
    """Something that a node needs is not on this machine; the message is one plain line."""


@dataclass(frozen=True)
class Installation:
    """The parts of a node's command line."""

    java: Path
    libraries: Path
    classes: Path

    @property
    def class_path(self) -> str:
        return os.pathsep.join((str(self.classes), str(self.libraries / "*")))


@cache
def installation() -> Installation:
    """Return what a node runs on, downloading and compiling it the first time.

    Raises `MissingError` when there is no JDK of version 21 or newer, no Maven, or no way to the libraries.
    """
    home = _jdk()
    libraries = _built_once(f"libraries-{_digest([HERE / 'pom.xml'])}", partial(_download, home))
    sources = sorted((HERE / "java").rglob("*.java"))
    classes = _built_once(f"classes-{_digest(sources)}", partial(_compile, home, libraries, sources))
    return Installation(home / "bin" / "java", libraries, classes)


def available() -> str | None:
    """Return None when nodes can be started here, else one line saying what is missing."""
    try:
        installation()
    except MissingError as missing:
        return str(missing)
    return None


def _cache() -> Path:
    chosen = os.environ.get(CACHE_VARIABLE)
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else root / "umot-monitor" / f"elasticsearch-node-{VERSION}"


def _digest(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _built_once(name: str, build: Callable[[Path], None]) -> Path:
    """Return a folder of the cache; several runs build it once, and a run that is killed leaves none half done."""
    folder = _cache() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{name}.lock")):
        if not folder.exists():
            for left in folder.parent.glob(f"{name}.*.part"):
                shutil.rmtree(left, ignore_errors=True)
            part = folder.with_name(f"{name}.{os.getpid()}.part")
            part.mkdir()
            build(part)
            part.rename(folder)
    return folder


def _download(home: Path, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingError("Maven (mvn) is not on the PATH; it fetches the libraries of the Elasticsearch node once")
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={folder}")
    done = _run(maven, "-q", "-B", "-f", HERE / "pom.xml", *goal, JAVA_HOME=str(home))
    if done.returncode:
        reason = _first_error(done.stdout)
        raise MissingError(f"Maven could not fetch the libraries of the Elasticsearch node: {reason}")


def _compile(home: Path, libraries: Path, sources: list[Path], folder: Path) -> None:
    options = ("--release", str(JDK), "-proc:none", "-cp", f"{libraries}/*", "-d", folder)
    done = _run(home / "bin" / "javac", *options, *sources)
    if done.returncode:
        raise RuntimeError(f"the node's Java classes do not compile:\n{done.stdout}")


def _run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=environment
    )


def _first_error(output: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    errors = (line.removeprefix("[ERROR]").strip() for line in plain.splitlines() if line.startswith("[ERROR]"))
    return next(errors, plain.strip() or "no reason given")


def _jdk() -> Path:
    for home in _homes():
        if (home / "bin" / "javac").exists() and _version(home / "bin" / "java") >= JDK:
            return home
    raise MissingError(f"no JDK of version {JDK} or newer (with javac) in JAVA_HOME, on the PATH or in /usr/lib/jvm")


def _homes() -> Iterator[Path]:
    if chosen := os.environ.get("JAVA_HOME"):
        yield Path(chosen)
    if found := shutil.which("javac"):
        yield Path(found).resolve().parents[1]
    for folder in _JVM_FOLDERS:
        yield from sorted(folder.glob("*"), reverse=True)
        yield from sorted(folder.glob("*/Contents/Home"), reverse=True)


def _version(java: Path) -> int:
    """Return the feature version that a `java -version` states, 0 when it cannot be run."""
    try:
        output = _run(java, "-version").stdout
    except OSError:
        return 0
    stated = re.search(r'version "(\d+)', output)
    return int(stated[1]) if stated else 0
