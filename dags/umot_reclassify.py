"""Bring the whole archive to the model that `umot.yaml` names now, and the store after it.

For a new model, or other languages. Nothing is fetched. What was done is kept when it is killed; the next run goes on.
`umot_classify` would do the same with its next collection; this DAG does it now, with a day of time.
"""

from datetime import timedelta

from airflow.sdk import task

from umot.scheduling.plan import MODEL_POOL, STORE_POOL
from umot_airflow.shape import INDEXED, MODEL_QUEUE, umot_dag
from umot_airflow.work import Record, examine, shared, told, work

LONG = timedelta(days=1)


@umot_dag("umot_reclassify", __doc__, tags=["upkeep"])
def umot_reclassify() -> None:
    """Declare the DAG."""

    @task(pool=MODEL_POOL, queue=MODEL_QUEUE, execution_timeout=LONG)
    def classify() -> Record:
        """Classify what the model has not seen yet: with a new one, everything."""
        from umot.pipeline.classify import classify as classify_archive

        with work() as (ws, as_of):
            return told(classify_archive(ws, as_of))

    @task(pool=STORE_POOL, outlets=[INDEXED], execution_timeout=LONG)
    def index() -> Record:
        """Write what the store has not got yet of this model."""
        from umot.pipeline.index import index as index_parts

        with work() as (ws, as_of):
            return told(index_parts(ws, as_of), INDEXED)

    classified, indexed = shared(classify, "examine_classified"), index()
    classified >> indexed
    examine.override(task_id="examine_indexed")(indexed)


umot_reclassify()
