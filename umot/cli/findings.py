"""How a trial run of a source is shown."""

from umot.cli.output import console, print_table
from umot.pipeline.check import Finding
from umot.text import one_line


def print_finding(finding: Finding) -> None:
    """Print what a source answered, field by field."""
    out = console()
    verdict = "ok" if finding.ok else "needs a look"
    out.print(f"\n{finding.source}: {verdict} ({finding.finish}), {len(finding.posts)} posts tried")
    if finding.reason:
        out.print(f"  {one_line(finding.reason, 400)}")
    for column, field in finding.mapping.items():
        out.print(f"  {one_line(str(column))}: {one_line(str(field), 200)}")
    for rejected in finding.rejected:
        out.print(f"  rejected: {one_line(rejected, 300)}")
    if finding.posts:
        documents = [post.document() for post in finding.posts]
        rows = [
            (name, f"{count}/{len(documents)}", next((d[name] for d in documents if name in d), ""))
            for name, count in finding.filled().items()
        ]
        print_table("", ("field", "filled", "for example"), rows)
