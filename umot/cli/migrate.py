"""Commands for growing installations: migrate, copy."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umot.cli.options import DEFAULT_CONFIG, Config, Json, opened
from umot.cli.output import console, print_json, print_table, progress
from umot.errors import ConfigError, NoStoreError
from umot.text import one_line

if TYPE_CHECKING:
    from umot.store.contract import Store
    from umot.store.copying import Copied, Tally
    from umot.store.elastic.migrating import Migration, Step
    from umot.workspace import Workspace

_SHOWN = 400
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done; nothing is changed.")]
KibanaUrl = Annotated[
    str | None, typer.Option("--kibana", envvar="UMOT_KIBANA_URL", help="Address of a Kibana to bring up to date, too.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (migrate, copy):
        app.command()(command)


def migrate(
    dry_run: DryRun = False,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Keep indices that were moved away from, closed to writes.")
    ] = False,
    drop_fields: Annotated[
        bool, typer.Option("--drop-fields", help="Let go of fields that this version does not know.")
    ] = False,
    kibana: KibanaUrl = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Bring Elasticsearch to the shape of this version: templates, indices, aliases, mappings, lifecycle.

    The plan is shown first. Others may go on writing; a killed migration goes on when it is run again.
    """
    with opened(config) as ws:
        if not ws.settings.store.startswith("elasticsearch"):
            _tell_of_embedded(ws, as_json=json)
            return
        with ws.exclusive_here("migrate"), progress(quiet=json) as told:
            migration = _migration(ws, keep_old=keep_old, drop_fields=drop_fields, told=told)
            with closing(migration):
                plan = migration.plan()
                if not json:
                    _print_steps("plan", plan)
                done = [] if dry_run else _carry_out(migration, plan, as_json=json)
                told_of_kibana, refused = _kibana(ws, kibana, dry_run=dry_run, told=told)
                notices = [*migration.notices(), *told_of_kibana, *refused]
    if json:
        print_json({"plan": _told(plan), "done": _told(done), "notices": notices})
    else:
        for notice in notices:
            console().print(notice)
    if refused:
        raise typer.Exit(1)


def copy(
    source: Annotated[str, typer.Option("--from", help="Folder or URL of the store to copy.")],
    target: Annotated[str, typer.Option("--to", help="Folder or URL of the store that is to hold the copy.")],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Copy a whole installation from one store to another, embedded or Elasticsearch, and compare both.

    A killed copy goes on when it is run again. Stop what writes to either of them meanwhile.
    """
    from umot.store import open_store
    from umot.store.copying import copy as bring

    origin, goal = _place(source), _place(target)
    if origin == goal:
        raise ConfigError(f"--from and --to are the same: {origin}")
    with closing(open_store(origin, read_only=True)) as old:
        if dry_run:
            _print_tallies(_preview(old, goal, origin), as_json=json)
            return
        with closing(open_store(goal)) as new, progress(quiet=json) as told:
            copied = bring(old, new, origin, told)
    _print_copied(copied, goal, as_json=json)
    if not copied.whole:
        raise typer.Exit(1)


def _migration(ws: "Workspace", **options: Any) -> "Migration":
    from umot.store.elastic.address import parse_address
    from umot.store.elastic.migrating import Migration

    told = options.pop("told")
    return Migration(parse_address(ws.settings.store), progress=told, **options)


def _carry_out(migration: "Migration", plan: "Sequence[Step]", *, as_json: bool) -> "list[Step]":
    done = []
    for step in migration.run():
        done.append(step)
        if not as_json:
            console().print(f"done: {step.kind} {step.name}: {step.detail}")
    if not plan and not as_json:
        console().print("nothing to do")
    return done


def _kibana(ws: "Workspace", url: str | None, *, dry_run: bool, told: Any) -> tuple[list[str], list[str]]:
    """Put Kibana's objects in place where a Kibana is known; return what to say of it, and what it refused."""
    from umot.kibana import Kibana, apply, kibana_objects
    from umot.kibana import parse_address as parse_kibana
    from umot.store.elastic.address import parse_address

    if url is None:
        return ["kibana: skipped, no --kibana or UMOT_KIBANA_URL; `umot kibana apply` does it alone"], []
    prefix = parse_address(ws.settings.store).prefix
    objects = kibana_objects(ws.settings.report.language, prefix=prefix)
    if dry_run:
        return [f"kibana: {len(objects)} objects would be put in place at {url}"], []
    outcomes = apply(Kibana(parse_kibana(url)), objects, told)
    refused = [f"kibana: {o.id}: {one_line(o.reason, _SHOWN)}" for o in outcomes if o.reason]
    return [f"kibana: {len(outcomes) - len(refused)} objects put in place"], refused


def _tell_of_embedded(ws: "Workspace", *, as_json: bool) -> None:
    notice = f"{ws.settings.store} is an embedded store, which brings itself up to date: nothing to do"
    if as_json:
        print_json({"plan": [], "done": [], "notices": [notice]})
    else:
        console().print(notice)


def _told(steps: "Iterable[Step]") -> list[dict[str, str]]:
    return [{"kind": step.kind, "name": step.name, "detail": step.detail} for step in steps]


def _print_steps(title: str, steps: "Iterable[Step]") -> None:
    print_table(title, ("step", "name", "what"), [(step.kind, step.name, step.detail) for step in steps])


def _place(place: str) -> str:
    """Return a URL as it is, a folder as an absolute one."""
    return place if "://" in place else str(Path(place).expanduser().absolute())


def _preview(old: "Store", goal: str, origin: str) -> "list[Tally]":
    """Compare what is there now; a target that does not exist yet is empty."""
    from umot.store import open_store
    from umot.store.copying import check_target, compare, sizes

    try:
        new = open_store(goal, read_only=True)
    except NoStoreError:
        return sizes(old)
    with closing(new):
        check_target(old, new, origin)
        return compare(old, new)


def _print_copied(copied: "Copied", goal: str, *, as_json: bool) -> None:
    if as_json:
        rejected = [{"id": result.id, "reason": result.reason} for result in copied.rejected]
        tallies = [asdict(tally) for tally in copied.tallies]
        print_json({"same": copied.whole, "outcomes": copied.outcomes, "rejected": rejected, "tallies": tallies})
        return
    _print_tallies(copied.tallies, as_json=False)
    for result in copied.rejected:
        console().print(f"rejected: {one_line(result.id)}: {one_line(result.reason or '', _SHOWN)}")
    told = f"both hold the same: set store: {goal}" if copied.whole else "NOT the same: see above; keep the old store"
    console().print(told)


def _print_tallies(tallies: "Sequence[Tally]", *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(tally) for tally in tallies])
        return
    rows = [(t.name, t.source, t.target, "" if t.same else f"differs: {', '.join(t.differing)}") for t in tallies]
    print_table("", ("what", "--from", "--to", ""), rows)
