"""Classifying lines of JSON that somebody brings along; no workspace needed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from more_itertools import batched, peekable

from sentiment.labels import KINDS, LANGUAGES
from umot.pipeline.classify import unavailable_model_named

Answer = dict[str, Any]
_AHEAD = 512
_HALF = re.compile("[\ud800-\udfff]")


class BadLineError(ValueError):
    """A line is not what was asked for; the text says what was expected."""


def classify_lines(
    lines: Iterable[bytes], model: str | None = None, labels: Mapping[str, str] | None = None
) -> Iterator[Answer]:
    """Yield one answer per line, in order; a bad line gives `{"id", "error"}`.

    Args:
        lines: JSON objects `{"id", "text"[, "language", "rating", "kind"]}`, UTF-8; empty lines are bad lines too.
        model: a model other than the shipped one.
        labels: what the labels of an `hf:` model mean.

    Raises:
        ModelError: the model cannot be loaded.
    """
    from sentiment.classify import Classifier, Document

    ahead = peekable(lines)
    if not ahead:
        return
    with unavailable_model_named():
        classifier = Classifier.load(model, labels)
    for some in batched(ahead, _AHEAD):
        window = [_read(line) for line in some]
        good = [entry for entry in window if "error" not in entry]
        documents = [Document(text=e["text"], language=e.get("language"), kind=e.get("kind")) for e in good]
        results = iter(classifier.classify(documents))
        for entry in window:
            yield entry if "error" in entry else {"id": entry["id"], **_public(asdict(next(results)))}


def _public(result: Answer) -> Answer:
    """Keep the documented keys of a result."""
    return {key: value for key, value in result.items() if key != "complaint_probability"}


def _read(line: bytes) -> Answer:
    """Parse one line; what is wrong with it becomes its answer."""
    entry: Any = None
    try:
        entry = _whole(json.loads(line.decode("utf-8-sig")))
        return _checked(entry)
    except UnicodeDecodeError as error:
        return {"id": None, "error": f"not UTF-8: {error.reason} at byte {error.start}"}
    except BadLineError as error:
        return {"id": entry.get("id") if isinstance(entry, dict) else None, "error": str(error)}
    except (ValueError, RecursionError) as error:
        return {"id": None, "error": f"not JSON: {error}; expected an object with id and text"}


def _whole(value: Any) -> Any:
    """Replace half surrogate pairs, which JSON can spell but UTF-8 cannot, one for one."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def _checked(entry: Any) -> Answer:
    if not isinstance(entry, dict):
        raise BadLineError(f"found {type(entry).__name__}; expected an object with id and text")
    if not isinstance(entry.get("id"), str | int):
        raise BadLineError("id: expected a string or a number")
    if not isinstance(entry.get("text"), str):
        raise BadLineError("text: expected a string")
    for key, known in (("language", LANGUAGES), ("kind", KINDS)):
        value = entry.get(key)
        if value is not None and (not isinstance(value, str) or (key == "kind" and value not in known)):
            raise BadLineError(f"{key}: found {value!r}; expected one of {', '.join(known)}")
    return entry
