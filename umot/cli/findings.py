"""How a trial run of a source is shown."""

from typing import Any

from umot.cli.output import console, print_table
from umot.pipeline.check import Finding
from umot.text import one_line

_OURS = ("version", "source", "first_seen_at", "content_hash", "syndicated_of")
"""Fields that say nothing about what the source gives."""


def print_finding(finding: Finding) -> None:
    """Print what a source answered, field by field."""
    out = console()
    verdict = "ok" if finding.ok else "needs a look"
    out.print(f"\n{finding.source}: {verdict} ({finding.finish}), {len(finding.posts)} posts tried")
    if finding.reason:
        out.print(f"  {one_line(finding.reason, 400)}")
    for file, understood in finding.mapping.items():
        _print_mapping(str(file), understood)
    for rejected in finding.rejected:
        out.print(f"  rejected: {one_line(rejected, 300)}")
    if finding.posts:
        documents = [post.document() for post in finding.posts]
        rows = [
            (name, f"{count}/{len(documents)}", next((d[name] for d in documents if name in d), ""))
            for name, count in finding.filled().items()
            if name not in _OURS
        ]
        print_table("", ("field", "filled", "for example"), rows)


def _print_mapping(file: str, understood: dict[str, Any]) -> None:
    """Print how a file's columns were understood."""
    facts = {key: value for key, value in understood.items() if key not in ("columns", "unused")}
    said = ", ".join(f"{key.replace('_', ' ')}: {value!r}" for key, value in facts.items())
    console().print(f"  {one_line(file)}  {one_line(said, 200)}")
    for field, guess in understood.get("columns", {}).items():
        console().print(f"    {field} <- {one_line(', '.join(guess['column']))}  (by {guess['how']})")
    if unused := understood.get("unused"):
        console().print(f"    not used: {one_line(', '.join(unused), 200)}")
