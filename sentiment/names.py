"""What a model is called, told from its files without loading it.

Twins in the archive and documents in the store carry this name: results of one name are comparable.
"""

import hashlib
import re
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


def model_name(model: str | None = None) -> str:
    """Return a name fit for paths: `umot-e5-small-<12 hex digits>` of the contents of the files.

    Args:
        model: None for the shipped weights, a directory of such weights, or `hf:<repository or path>`, whose name is
            put before that of the shipped weights (they answer what it does not).

    Raises:
        ModelUnavailableError: the weights are not there.
    """
    if model is not None and model.startswith(HUGGING_FACE):
        return f"{_UNSAFE.sub('-', model.removeprefix(HUGGING_FACE))}+{model_name()}"
    folder = Path(model) if model else SHIPPED
    require(folder)
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return f"umot-e5-small-{digest.hexdigest()[:12]}"


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
