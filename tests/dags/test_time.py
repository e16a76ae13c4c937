"""The time that a run works at: of its form, of what led to it, or its own; and which of them goes along."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.dags.installation import AS_OF, DAGS
from tests.dags.test_runs import attempts, opened, parsed, results, run, states
from umot.errors import ConfigError
from umot.ledger import Run
from umot.timeline import iso, utc

pytestmark = pytest.mark.usefixtures("airflow_database")

ZONE = ZoneInfo("Europe/Amsterdam")
DUE = utc("2026-03-11T06:25:00Z")
NAMED = {"as_of": "2026-03-10T07:00:00.000Z", "run": "collect/a/1"}
AHEAD = {"as_of": "2026-03-11T06:25:02.000Z", "run": "collect/d/1"}  # by the clock of another machine
LATER = {"as_of": "2026-03-10T09:00:00.000Z", "run": "collect/b/1"}
UNNAMED = {"run": "collect/c/1"}


@pytest.fixture(autouse=True)
def helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DAGS))


def context(*extras: dict[str, str], as_of: str | None = None, tick: datetime | None = None) -> Any:
    """Return what Airflow tells a task; only a scheduler gives runs the events that led to them, so it is made here."""
    from airflow.sdk.execution_time.context import OutletEventAccessors

    return {
        "params": {"as_of": as_of},
        "dag_run": SimpleNamespace(logical_date=tick, run_after=DUE),
        "triggering_asset_events": {"umot_indexed": [SimpleNamespace(extra=extra) for extra in extras]},
        "outlet_events": OutletEventAccessors(),
    }


@pytest.mark.parametrize(
    ("extras", "as_of", "at"),
    [
        ((), None, DUE),
        ((UNNAMED,), None, DUE),
        ((NAMED, LATER), None, utc(LATER["as_of"])),
        ((AHEAD,), None, utc(AHEAD["as_of"])),
        ((NAMED, UNNAMED), None, DUE),
        ((LATER,), NAMED["as_of"], utc(NAMED["as_of"])),
        ((), "2026-03-09", utc("2026-03-09T22:59:59Z")),
        ((), "2026-03-11", DUE),
    ],
)
def test_a_run_works_at_the_time_it_was_given_else_at_its_own(
    extras: tuple[dict[str, str], ...], as_of: str | None, at: datetime
) -> None:
    from umot_airflow.work import moment

    assert moment(context(*extras, as_of=as_of), ZONE) == at


def test_a_scheduled_run_works_at_its_tick() -> None:
    from umot_airflow.work import moment

    tick = DUE - timedelta(hours=1)
    assert moment(context(tick=tick), ZONE) == tick


@pytest.mark.parametrize("as_of", ["2036-03-10T07:00:00+01:00", "2026-03-12", "2026-03-11T07:26", "2026-03-11T20:00"])
def test_a_time_that_is_yet_to_come_is_refused(as_of: str) -> None:
    from umot_airflow.work import moment

    with pytest.raises(ConfigError, match=r"as_of 20.* is yet to come; name a time up to 2026-03-11 06:25 UTC"):
        moment(context(as_of=as_of), ZONE)


@pytest.mark.parametrize(
    ("extras", "as_of", "passed"),
    [
        ((UNNAMED,), None, None),
        ((NAMED, UNNAMED), None, None),
        ((NAMED,), None, iso(DUE)),
        ((), AS_OF, iso(DUE)),
    ],
)
def test_only_a_time_that_somebody_named_goes_along(
    extras: tuple[dict[str, str], ...], as_of: str | None, passed: str | None
) -> None:
    from airflow.sdk.execution_time.context import set_current_context

    from umot_airflow.shape import INDEXED
    from umot_airflow.work import told

    given = context(*extras, as_of=as_of)
    with set_current_context(given):
        told(Run("index", "all", "1", DUE), INDEXED)
    extra = given["outlet_events"][INDEXED].extra
    assert (extra["run"], extra.get("as_of")) == ("index/all/1", passed)
    assert extra["after"] == [one["run"] for one in extras]


def test_a_collection_by_hand_passes_its_time_on_and_one_by_the_clock_does_not(config: Path) -> None:
    assert states(run(parsed()["umot_collect_export"])) == {"success"}
    assert states(parsed()["umot_collect_export"].test()) == {"success"}
    by_hand, by_clock = passed_on("umot_collected")[-2:]
    assert by_hand["as_of"] == iso(utc(AS_OF))
    assert "as_of" not in by_clock


def passed_on(asset: str) -> list[dict[str, Any]]:
    """Return what the events of an asset say, the oldest first."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        events = select(AssetEvent.extra).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        return list(session.scalars(events.where(AssetModel.name == asset).order_by(AssetEvent.id)))


def test_forgetting_as_of_a_year_to_come_fails_at_once_and_erases_nothing(config: Path) -> None:
    config.write_text(config.read_text("utf-8") + "retention: {posts: 3650}\n", "utf-8")
    dags = parsed()
    run(dags["umot_collect_export"])
    assert attempts(run(dags["umot_forget"], as_of="2046-03-10T07:00:00+01:00")) == [("failed", 1)]
    with opened(config) as ws:
        assert sum(part.records for manifest in ws.archive.manifests() for part in manifest.parts) == 4
    assert results(run(dags["umot_forget"]), "forget")[0]["counts"]["deleted"] == 0
