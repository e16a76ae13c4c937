"""Deletions, boosts and copies, from a Mastodon-shaped server on loopback."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sentiment.classify import Classifier
from tests.pipeline.workspaces import AS_OF, CONFIG, make_workspace
from tests.spiders.loopback import Answer, Site, serve
from umot.pipeline.run import run_all
from umot.workspace import Workspace

TEXT = "Mooie winkel, maar het pakket kwam drie dagen te laat."


def uri(number: int) -> str:
    return f"https://tuin.example/users/jan/statuses/{number}"


def post_id(number: int) -> str:
    return f"mastodon:{sha256(uri(number).encode()).hexdigest()[:32]}"


def status(number: int, text: str, **more: Any) -> dict[str, Any]:
    """Return a status as Mastodon's API gives it."""
    return {
        "id": str(number),
        "uri": uri(number),
        "url": f"https://tuin.example/@jan/{number}",
        "content": f"<p>{text}</p>",
        "created_at": f"2026-03-0{number}T10:00:00.000Z",
        "edited_at": None,
        "visibility": "public",
        "language": "nl",
        "reblog": None,
        "favourites_count": 3,
        "replies_count": 0,
        "reblogs_count": 0,
        "account": {"acct": "jan@tuin.example", "bot": False, "indexable": True, "note": ""},
        **more,
    }


def answer(value: Any) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def show(site: Site, statuses: list[dict[str, Any]], gone: tuple[int, ...] = ()) -> None:
    """Let the site show these statuses, each also under its own address; `gone` ones answer 404."""
    site.answers = {
        "/robots.txt": Answer(404),
        "/api/v2/instance": answer({"version": "4.6.0"}),
        "/api/v1/timelines/tag/zonnehoek": answer(statuses),
        **{f"/api/v1/statuses/{s['id']}": answer(s) for s in statuses},
        **{f"/api/v1/statuses/{n}": Answer(404) for n in gone},
    }


def configured(folder: Path, site: Site) -> Path:
    social = (
        "  sociaal:\n    spider: mastodon\n    delay: 0\n    params: "
        f"{{instances: ['{site.base}'], tags: [zonnehoek], recheck_days: 30}}\n"
    )
    return make_workspace(folder, config=CONFIG + social)


def test_a_copy_on_another_platform_is_marked_and_a_deletion_is_followed(
    tmp_path: Path, classifier: Classifier
) -> None:
    with serve() as site, Workspace.load(configured(tmp_path, site)) as ws:
        show(site, [status(2, "Fijne #zonnehoek stoel"), status(1, TEXT)])
        run_all(ws, AS_OF, ["export", "sociaal"])
        copy = ws.store.get("posts", post_id(1))
        assert copy is not None
        assert copy["syndicated_of"] == "proef:1"
        assert copy["url"] == f"{site.base}/statuses/1"
        assert "jan" not in json.dumps(copy)

        show(site, [status(1, TEXT)], gone=(2,))
        runs = run_all(ws, AS_OF + timedelta(days=1), ["sociaal"])
        assert all(run.balanced for run in runs)
        assert runs[0].counts["deleted"] == 1
        assert ws.store.get("posts", post_id(2)) is None


def test_a_boost_is_reach_and_no_post(tmp_path: Path, classifier: Classifier) -> None:
    with serve() as site, Workspace.load(configured(tmp_path, site)) as ws:
        original = status(1, "Heerlijke stoel van #zonnehoek")
        boost = status(3, "", content="", reblog=original, uri="https://tuin.example/boosts/3")
        show(site, [boost, original])
        runs = run_all(ws, AS_OF, ["sociaal"])
        assert all(run.balanced for run in runs)
        (post,) = ws.store.scan("posts")
        assert (post["reposts"], post["reach"]) == (1, 4)
        assert ws.store.count("mentions") == 1
