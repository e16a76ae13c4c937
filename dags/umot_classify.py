"""Give every sentence of collected posts its sentiment and its moment of the journey.

Starts by itself when a source was collected; collections that end while it works are taken together by the next run.
With `sentiment.workers: 2` in `umot.yaml`, two tasks share the sources, each with a model of its own.
Parts of the archive that cannot be read fail `examine`; the others are classified and passed on to `umot_index`.
"""

from datetime import timedelta

from airflow.sdk import task

from umot.scheduling.plan import MODEL_POOL
from umot_airflow.shape import CLASSIFIED, COLLECTED, MODEL_QUEUE, umot_dag
from umot_airflow.work import Record, shared, told, work


@umot_dag("umot_classify", __doc__, schedule=[COLLECTED], tags=["walk"])
def umot_classify() -> None:
    """Declare the DAG."""

    @task(pool=MODEL_POOL, queue=MODEL_QUEUE, outlets=[CLASSIFIED], execution_timeout=timedelta(hours=6))
    def classify() -> Record:
        """Classify what this model has not seen yet."""
        from umot.pipeline.classify import classify as classify_archive

        with work() as (ws, as_of):
            return told(classify_archive(ws, as_of), CLASSIFIED)

    shared(classify, "examine")


umot_classify()
