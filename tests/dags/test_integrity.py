"""The DAGs as Airflow reads them: complete, documented, patient, cheap to parse, plain about wrong configurations."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dags.installation import DAGS
from umot.scheduling.plan import MODEL_POOL, read_plan

STEPS = ("classify", "index", "watch", "weekly_report", "reclassify", "backfill", "forget")
COLLECTING = ("export", "blog", "guarded")
HEAVY = ("torch", "transformers", "scrapy", "elasticsearch", "altair", "sklearn", "pandas", "twisted.internet.reactor")
LONGEST = 60


def parse() -> Any:
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags")


@pytest.fixture
def bag(config: Path) -> Any:
    return parse()


def test_there_is_one_dag_per_enabled_source_and_one_per_step(bag: Any) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == {f"umot_{step}" for step in STEPS} | {f"umot_collect_{name}" for name in COLLECTING}


def test_every_dag_has_an_owner_tags_words_for_people_and_a_form(bag: Any) -> None:
    for dag in bag.dags.values():
        assert (dag.owner, dag.catchup, dag.max_active_runs) == ("umot", False, 1)
        assert "umot" in dag.tags
        assert len(dag.doc_md.splitlines()) > 2
        assert all(field.schema.get("title") for _, field in dag.params.items())
        assert "as_of" in dag.params


def test_every_task_tries_again_with_growing_pauses_and_ends_some_day(bag: Any) -> None:
    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        assert task.retries >= 2, task
        assert task.retry_exponential_backoff == 2
        assert task.retry_policy is not None
        assert timedelta(0) < task.execution_timeout <= timedelta(days=1)
        assert task.on_failure_callback


def test_the_pools_of_all_tasks_are_in_the_file_that_makes_them(bag: Any, config: Path) -> None:
    used = {task.pool for dag in bag.dags.values() for task in dag.tasks}
    pools = read_plan(config).pools
    assert used - {"default_pool"} == set(pools)
    assert {pool["slots"] for pool in pools.values()} == {1}
    assert len({bag.dags[f"umot_collect_{name}"].tasks[0].pool for name in COLLECTING}) == len(COLLECTING)


def test_only_the_classifier_needs_a_worker_that_holds_the_model(bag: Any) -> None:
    queues = {(task.task_id, task.queue) for dag in bag.dags.values() for task in dag.tasks}
    assert {queue for _, queue in queues} == {"default", "model"}
    assert {task for task, queue in queues if queue == "model"} == {"classify"}


def test_as_many_tasks_classify_as_the_configuration_says_each_with_a_place_in_the_pool(config: Path) -> None:
    config.write_text(config.read_text("utf-8") + "sentiment: {workers: 2}\n", "utf-8")
    bag = parse()
    for dag_id, examined in (("umot_classify", "examine"), ("umot_reclassify", "examine_classified")):
        dag = bag.dags[dag_id]
        for suffix in ("", "_2"):
            task = dag.get_task(f"classify{suffix}")
            assert (task.queue, task.pool) == ("model", MODEL_POOL)
            assert f"{examined}{suffix}" in task.downstream_task_ids
    assert bag.dags["umot_reclassify"].get_task("index").upstream_task_ids == {"classify", "classify_2"}
    assert read_plan(config).pools[MODEL_POOL]["slots"] == 2


def test_the_walk_is_chained_by_assets(bag: Any) -> None:
    def waits_for(dag_id: str) -> set[str]:
        return {asset.name for asset in bag.dags[dag_id].timetable.asset_condition.objects}

    def makes(dag_id: str) -> set[str]:
        return {asset.name for task in bag.dags[dag_id].tasks for asset in task.outlets}

    for name in COLLECTING:
        assert makes(f"umot_collect_{name}") == waits_for("umot_classify")
    assert makes("umot_classify") == waits_for("umot_index")
    assert makes("umot_index") == makes("umot_reclassify") == waits_for("umot_watch")
    assert makes("umot_backfill") == waits_for("umot_classify")


def test_schedules_are_in_the_time_zone_of_the_workspace(bag: Any) -> None:
    timetables = {name: bag.dags[f"umot_{name}"].timetable for name in ("collect_export", "weekly_report", "forget")}
    assert {name: table.expression for name, table in timetables.items()} == {
        "collect_export": "0 6 * * *",
        "weekly_report": "0 7 * * 1",
        "forget": "30 3 * * *",
    }
    assert {str(table.timezone) for table in timetables.values()} == {"Europe/Amsterdam"}


def test_a_report_is_late_two_hours_after_it_was_due_whenever_the_scheduler_came_to_it(bag: Any) -> None:
    from airflow.sdk import DeadlineReference

    (alert,) = bag.dags["umot_weekly_report"].deadline
    assert (alert.reference, alert.interval) == (DeadlineReference.DAGRUN_LOGICAL_DATE, timedelta(hours=2))


def test_retention_waits_for_nobody_and_all_else_until_it_is_unpaused(bag: Any) -> None:
    by_itself = {name for name, dag in bag.dags.items() if dag.is_paused_upon_creation is False}
    assert by_itself == {"umot_forget"}
    assert {dag.is_paused_upon_creation for name, dag in bag.dags.items() if name not in by_itself} == {None}


def test_the_docs_name_every_dag_that_somebody_must_unpause(bag: Any) -> None:
    page = (DAGS.parent / "docs/airflow.md").read_text("utf-8").partition("## The DAGs")[0]
    steps = {name for name in bag.dags if not name.startswith("umot_collect_")}
    assert [name for name in (*steps, "umot_collect_<source>") if f"`{name}`" not in page] == []


def test_no_file_is_longer_than_a_page() -> None:
    assert [f.name for f in DAGS.glob("*.py") if len(f.read_text("utf-8").splitlines()) > LONGEST] == []


def test_parsing_loads_nothing_heavy_and_needs_no_secrets(config: Path) -> None:
    code = (
        "import sys, json; from pathlib import Path; from airflow.dag_processing.dagbag import BundleDagBag;"
        f"bag = BundleDagBag(dag_folder={str(DAGS)!r}, bundle_path=Path({str(DAGS)!r}), bundle_name='dags');"
        f"print(json.dumps([len(bag.dags), [name for name in {HEAVY!r} if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [len(STEPS) + len(COLLECTING), []]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("timezone:", "timezoon:", "unknown key; did you mean 'timezone'?"),
        ('"0 6 * * *"', '"0 6 * *"', "sources.export.schedule: not a cron expression"),
        ("spider: import", "spidre: import", "sources.export.spidre: unknown key; did you mean 'spider'?"),
        ("brands:", "brands: [", "not readable as YAML"),
    ],
)
def test_a_wrong_configuration_is_said_where_people_look(config: Path, right: str, wrong: str, said: str) -> None:
    config.write_text(config.read_text("utf-8").replace(right, wrong, 1), "utf-8")
    errors = parse().import_errors
    assert said in errors["umot_collect.py"]
    assert "umot_classify.py" not in errors


def test_nothing_in_umot_knows_airflow() -> None:
    modules = (DAGS.parent / "umot").rglob("*.py")
    knows = re.compile(r"^\s*(import|from) airflow", re.MULTILINE)
    assert [file for file in modules if knows.search(file.read_text("utf-8"))] == []
