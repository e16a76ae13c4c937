"""Puts objects into Kibana: the same objects again change nothing, one that is refused stops no other."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from umot.kibana.client import Kibana, RefusalError
from umot.kibana.objects import Body, KibanaObject, Kind
from umot.progress import Progress, silent
from umot.text import one_line

Result = Literal["created", "replaced", "refused"]

_BOUNDARY: Final = "umot-kibana-objects"
_REFERENCE: Final = "kibanaSavedObjectMeta.searchSourceJSON.index"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object."""

    kind: Kind
    id: str
    title: str
    result: Result
    reason: str | None = None


def apply(kibana: Kibana, objects: Sequence[KibanaObject], progress: Progress = silent) -> list[Outcome]:
    """Put objects in their order and return what became of each.

    Raises:
        KibanaError: Kibana cannot be reached or used at all; what was put before stays.
    """
    kibana.check()
    outcomes = []
    for done, wanted in enumerate(objects):
        progress("kibana", done, len(objects))
        outcomes.append(_outcome(kibana, wanted))
    progress("kibana", len(objects), len(objects))
    return outcomes


def request_of(wanted: KibanaObject) -> str:
    """Return the method and path by which an object is put."""
    return {
        "data-view": f"POST /api/data_views/data_view/{wanted.id}",
        "dashboard": f"PUT /api/dashboards/{wanted.id}",
        "search": "POST /api/saved_objects/_import?overwrite=true",
    }[wanted.kind]


def saved_search(wanted: KibanaObject) -> Body:
    """Return a saved search as Kibana exports one.

    9.5 has no other public way to write it: `/api/discover_sessions` comes with 9.6. The version
    is that of 9.0; Kibana itself brings older objects up to date on import.
    """
    tab = wanted.body["tabs"][0]
    source = {
        "query": {"query": tab["query"]["expression"], "language": "kuery"},
        "filter": [],
        "indexRefName": _REFERENCE,
    }
    return {
        "id": wanted.id,
        "type": "search",
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "10.5.0",
        "references": [{"id": tab["data_source"]["ref_id"], "name": _REFERENCE, "type": "index-pattern"}],
        "attributes": {
            "title": wanted.title,
            "description": wanted.body["description"],
            "columns": tab["column_order"],
            "sort": [[by["name"], by["direction"]] for by in tab["sort"]],
            "grid": {"columns": tab["column_settings"]},
            "rowHeight": tab["row_height"],
            "rowsPerPage": tab["rows_per_page"],
            "hideChart": False,
            "isTextBasedQuery": False,
            "timeRestore": False,
            "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
        },
    }


def _outcome(kibana: Kibana, wanted: KibanaObject) -> Outcome:
    try:
        created = _PUT[wanted.kind](kibana, wanted)
    except RefusalError as error:
        return Outcome(wanted.kind, wanted.id, wanted.title, "refused", str(error))
    return Outcome(wanted.kind, wanted.id, wanted.title, "created" if created else "replaced")


def _put_data_view(kibana: Kibana, wanted: KibanaObject) -> bool:
    """Create or update a data view.

    Not by one request with `override`: that deletes any other data view of the same name.
    """
    path = "/api/data_views/data_view"
    if kibana.exists(f"{path}/{wanted.id}"):
        changes = {key: value for key, value in wanted.body.items() if key != "id"}
        kibana.send("POST", f"{path}/{wanted.id}", _encoded({"data_view": changes, "refresh_fields": True}))
        return False
    kibana.send("POST", path, _encoded({"data_view": wanted.body, "override": False}))
    return True


def _put_dashboard(kibana: Kibana, wanted: KibanaObject) -> bool:
    return kibana.send("PUT", f"/api/dashboards/{wanted.id}", _encoded(wanted.body)).status == 201


def _put_search(kibana: Kibana, wanted: KibanaObject) -> bool:
    """Import a saved search over what is there."""
    file = b"\r\n".join(
        (
            f"--{_BOUNDARY}".encode(),
            b'Content-Disposition: form-data; name="file"; filename="umot.ndjson"',
            b"Content-Type: application/ndjson",
            b"",
            _encoded(saved_search(wanted)),
            f"--{_BOUNDARY}--".encode(),
            b"",
        )
    )
    form = f"multipart/form-data; boundary={_BOUNDARY}"
    answer = kibana.send("POST", "/api/saved_objects/_import?overwrite=true", file, form)
    told = answer.data if isinstance(answer.data, dict) else {}
    if told.get("success") is not True:
        raise RefusalError(_import_problem(told.get("errors")))
    return not any(one.get("overwrite") for one in _dicts(told.get("successResults")))


def _import_problem(errors: object) -> str:
    kinds = (error.get("error", {}) for error in _dicts(errors))
    told = ", ".join(str(kind.get("type", "unknown")) for kind in kinds if isinstance(kind, dict))
    return f"not imported: {one_line(told or 'Kibana gives no reason', 200)}"


def _dicts(value: object) -> Iterable[Body]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _encoded(value: Body) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


_PUT: Final[dict[Kind, Callable[[Kibana, KibanaObject], bool]]] = {
    "data-view": _put_data_view,
    "dashboard": _put_dashboard,
    "search": _put_search,
}
