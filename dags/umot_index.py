"""Write classified posts and their mentions into the store, where they can be searched.

Starts by itself when posts were classified. What the store refuses becomes a dead letter (`umot runs --dead`, `umot
replay`). Parts of the archive that cannot be read fail `examine`; the others are indexed and passed on to
`umot_watch`.
"""

from datetime import timedelta

from airflow.sdk import task

from umot.scheduling.plan import STORE_POOL
from umot_airflow.shape import CLASSIFIED, INDEXED, umot_dag
from umot_airflow.work import Record, examine, told, work


@umot_dag("umot_index", __doc__, schedule=[CLASSIFIED], tags=["walk"])
def umot_index() -> None:
    """Declare the DAG."""

    @task(pool=STORE_POOL, outlets=[INDEXED], execution_timeout=timedelta(hours=6))
    def index() -> Record:
        """Write every classified part that the store has not got yet."""
        from umot.pipeline.index import index as index_parts

        with work() as (ws, as_of):
            return told(index_parts(ws, as_of), INDEXED)

    examine(index())


umot_index()
