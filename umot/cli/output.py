"""What people see: tables, progress and JSON; texts of strangers are printed as text, never as markup."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from umot.ledger import UNHEALTHY, Run
from umot.progress import Progress, silent
from umot.text import one_line

if TYPE_CHECKING:
    from rich.console import Console

_COUNTS = (
    "parsed rejected duplicate new updated unchanged deleted classified indexed stale dead".split()  # noqa: SIM905
)


_WIDE = 240


def console(*, error: bool = False) -> "Console":
    """Return where to print; markup in texts is never obeyed."""
    from rich.console import Console

    # Into a file or a pipe nothing is cut to the width of a screen that is not there.
    width = None if (sys.stderr if error else sys.stdout).isatty() else _WIDE
    return Console(stderr=error, markup=False, highlight=False, soft_wrap=True, width=width)


def print_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; cells are cleaned and put on one line."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(one_line("" if cell is None else str(cell))) for cell in row))
    console().print(table)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Show on standard error how far the steps are, when a person is looking."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console(error=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show


def print_runs(runs: Sequence[Run], *, as_json: bool) -> None:
    """Print ledger records with their sums and verdicts."""
    if as_json:
        print_json([run.document() for run in runs])
        return
    counted = [name for name in _COUNTS if any(run.counts.get(name) for run in runs)]
    rows = [
        (
            run.step,
            run.source,
            *(run.counts.get(name, "") for name in counted),
            run.verdict.replace("_", " "),
            "" if run.balanced else "sums differ",
            f"{run.seconds:.1f}",
        )
        for run in runs
    ]
    print_table("", ("step", "source", *counted, "verdict", "", "s"), rows)
    for run in runs:
        if run.reason:
            console().print(f"{run.source}: {one_line(run.reason, 400)}")


def exit_code(runs: Iterable[Run]) -> int:
    """Return 0 when every run is healthy and balanced, else 3 (a source needs a look)."""
    return 3 if any(run.verdict in UNHEALTHY or not run.balanced for run in runs) else 0
