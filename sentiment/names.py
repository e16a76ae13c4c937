"""What a model is called, told from its files without loading it.

Twins in the archive and documents in the store carry this name: results of one name are comparable.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from sentiment.errors import ModelUnavailableError

SHIPPED: Final = Path(__file__).parent / "weights"
HUGGING_FACE: Final = "hf:"
MODEL: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json.zst"
CONFIG: Final = "config.json"

_FILES: Final = (MODEL, TOKENIZER, CONFIG)
_UNSAFE: Final = re.compile(r"[^\w.-]+")
# What the answers of a directory of Hugging Face files depend on: weights, configuration, vocabulary.
_READ: Final = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})


def model_name(model: str | None = None, labels: Mapping[str, str] | None = None) -> str:
    """Return a name fit for paths: `umot-e5-small-<12 hex digits>` of the contents of the files.

    A local directory of Hugging Face files is named for their contents too. A repository of the hub stands for whatever
    it holds: which commit that is cannot be told without the network, so the name stays when its weights change.

    Args:
        model: None for the shipped weights, a directory of such weights, or `hf:<repository or path>`, whose name is
            put before that of the shipped weights (they answer what it does not).
        labels: what the labels of a Hugging Face model mean; another meaning is another name.

    Raises:
        ModelUnavailableError: the weights are not there or cannot be read.
    """
    if model is not None and model.startswith(HUGGING_FACE):
        return f"{_other_name(model.removeprefix(HUGGING_FACE), labels or {})}+{model_name()}"
    folder = Path(model) if model else SHIPPED
    require(folder)
    return f"umot-e5-small-{_digest(folder / name for name in _FILES)[:12]}"


def _other_name(place: str, labels: Mapping[str, str]) -> str:
    folder, parts = Path(place), [place]
    if folder.is_dir():
        files = sorted(file for file in folder.iterdir() if file.suffix in _READ and file.is_file())
        parts = [folder.resolve().name, _digest(files)[:12]]
    if labels:
        parts.append(hashlib.sha256(json.dumps(sorted(labels.items())).encode()).hexdigest()[:8])
    return _UNSAFE.sub("-", "-".join(parts))


def _digest(files: Iterable[Path]) -> str:
    """Return the hexadecimal digest of the contents of files, of the digests of each."""
    digest = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise ModelUnavailableError(f"{path}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()


def require(folder: Path) -> None:
    """Check that a model directory is whole.

    Raises:
        ModelUnavailableError: naming what is missing.
    """
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise ModelUnavailableError(
            f"{folder}: {', '.join(missing)} not found; a model directory holds {', '.join(_FILES)}. Make one with "
            "`python -m sentiment.train`, or name a Hugging Face model as `hf:<repository or path>`"
        )
