"""Commands around the configuration: init, sources, schema."""

import json as jsonlib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from umot.cli.options import Json
from umot.cli.output import print_json, print_table
from umot.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (init, sources, schema):
        app.command()(command)


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new workspace.")] = Path(),
    brand: Annotated[str, typer.Option(help="Your brand.")] = "My brand",
) -> None:
    """Start a workspace: umot.yaml with comments, its schema for editors, and the key for author names."""
    from umot.workspace import make_author_key

    config = folder / "umot.yaml"
    if config.exists():
        raise ConfigError(f"{config} exists already; it was left as it is")
    folder.mkdir(parents=True, exist_ok=True)
    template = files("umot.config").joinpath("template.yaml").read_text("utf-8")
    config.write_text(template.replace('"__BRAND__"', jsonlib.dumps(brand, ensure_ascii=False)), "utf-8")
    _write_schema(folder / "umot.schema.json")
    key = make_author_key(folder)
    for path, what in ((config, "say here whom to follow and where"), (key, "keep it safe and out of version control")):
        typer.echo(f"{path}: {what}")
    typer.echo(f"next: umot check --config {config}")


def sources(
    name: Annotated[str | None, typer.Argument(help="One spider, with its parameters.")] = None, json: Json = False
) -> None:
    """List the kinds of sources, or one with its parameters."""
    from spiders.registry import source
    from spiders.registry import sources as known

    if json:
        kinds = {name: source(name)} if name else known()
        print_json({kind: found.Params.model_json_schema() for kind, found in kinds.items()})
        return
    if name is None:
        rows = [(kind, (found.__doc__ or "").strip().splitlines()[0]) for kind, found in sorted(known().items())]
        print_table("", ("spider", "collects"), rows)
        return
    _describe(name)


def _describe(name: str) -> None:
    from inspect import cleandoc

    from spiders.registry import source

    found = source(name)
    typer.echo(cleandoc(found.__doc__ or "") + "\n")
    rows = [
        (key, "required" if field.is_required() else repr(field.default), field.description)
        for key, field in found.Params.model_fields.items()
    ]
    print_table("params", ("key", "default", "meaning"), rows)


def schema(
    output: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
) -> None:
    """Print the JSON Schema of umot.yaml, for editors."""
    if output is not None:
        _write_schema(output)
        return
    from umot.config.schema import json_schema

    print_json(json_schema())


def _write_schema(path: Path) -> None:

    from umot.config.schema import json_schema

    new = path.with_suffix(".new")
    new.write_text(jsonlib.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    new.replace(path)
