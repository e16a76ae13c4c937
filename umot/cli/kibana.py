"""Commands around Kibana: kibana apply."""

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from umot.cli.options import DEFAULT_CONFIG, Config, Json
from umot.cli.output import console, print_json, print_table, progress
from umot.errors import ConfigError
from umot.text import one_line

if TYPE_CHECKING:
    from umot.config import Settings
    from umot.kibana import KibanaObject, Outcome


class Language(StrEnum):
    """In what language titles and labels are."""

    nl = "nl"
    en = "en"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Kibana's data views, dashboards and saved searches.", no_args_is_help=True)
    group.callback()(_kibana)
    group.command()(apply)
    app.add_typer(group, name="kibana")


def _kibana() -> None:
    """Kibana's data views, dashboards and saved searches."""


def apply(
    url: Annotated[
        str | None,
        typer.Option(envvar="UMOT_KIBANA_URL", help="Address of Kibana (or UMOT_KIBANA_URL); https, or loopback."),
    ] = None,
    space: Annotated[str, typer.Option(help="Id of the space to put them into.")] = "default",
    language: Annotated[
        Language | None, typer.Option(help="Language of titles and labels; default: that of the report.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be put; nothing is sent.")] = False,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Put data views, dashboards and saved searches into Kibana; again puts the same ones in place.

    Credentials come from the environment: UMOT_KIBANA_API_KEY, or UMOT_KIBANA_USER and
    UMOT_KIBANA_PASSWORD; UMOT_KIBANA_CA names the PEM file of one's own authority.
    """
    from umot.config import load_settings
    from umot.kibana import Kibana, kibana_objects, parse_address
    from umot.kibana import apply as put

    settings = load_settings(config)
    objects = kibana_objects(
        (language or Language(settings.report.language)).value, prefix=_prefix(settings), space=space
    )
    if dry_run:
        _print_plan(objects, as_json=json)
        return
    kibana = Kibana(parse_address(url), space)
    with progress(quiet=json) as told:
        outcomes = put(kibana, objects, told)
    _print_outcomes(outcomes, as_json=json)
    if any(outcome.reason for outcome in outcomes):
        raise typer.Exit(1)


def _prefix(settings: "Settings") -> str:
    """Return what the names of this workspace's indices begin with.

    Raises:
        ConfigError: they are not in Elasticsearch.
    """
    from umot.store.elastic.address import parse_address

    if not settings.store.startswith("elasticsearch"):
        raise ConfigError(
            f"store: {settings.store} is an embedded store; Kibana shows what is in Elasticsearch: "
            "set store: elasticsearch://host:9200"
        )
    return parse_address(settings.store).prefix


def _print_plan(objects: "list[KibanaObject]", *, as_json: bool) -> None:
    from umot.kibana.apply import request_of

    if as_json:
        print_json([{"kind": o.kind, "id": o.id, "title": o.title, "request": request_of(o)} for o in objects])
        return
    print_table("", ("kind", "id", "title", "request"), [(o.kind, o.id, o.title, request_of(o)) for o in objects])


def _print_outcomes(outcomes: "list[Outcome]", *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
        return
    print_table("", ("kind", "id", "title", "result"), [(o.kind, o.id, o.title, o.result) for o in outcomes])
    for outcome in outcomes:
        if outcome.reason:
            console().print(f"{outcome.id}: {one_line(outcome.reason, 400)}")
