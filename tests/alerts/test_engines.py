"""Both engines lead to the same alerts."""

from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from tests.alerts.world import CONFIG, World, at, days, make_world
from tests.store.conftest import place
from umot.alerts.keeping import stored_alerts
from umot.pipeline.watch import watch


def lived(world: World) -> list[dict[str, Any]]:
    """Let a failure and an outage happen, watch now and then, and return the alerts."""
    with world.ws:
        world.rng = Random(3)
        world.usual(days(0, 80))
        world.runs("winkel", days(0, 80), broken=days(72, 73))
        for day in days(65, 67):
            world.posts(day, 7, score=-0.8)
        world.write()
        for day in (60, 66, 73, 80):
            watch(world.ws, at(day))
        return [asdict(alert) for alert in stored_alerts(world.ws.store)]


def test_elasticsearch_and_the_embedded_store_tell_the_same(
    elasticsearch_url: str, prefix: str, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    embedded = lived(make_world(here))
    elastic = lived(make_world(there, f"{CONFIG}\nstore: {place(elasticsearch_url, prefix)}\n"))
    assert sorted(alert["about"] for alert in embedded) == ["brand", "source"]
    assert elastic == embedded
