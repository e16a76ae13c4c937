"""Word to people when a run fails or is late, by the channels of the product's own alerts."""

import logging
from typing import Any

from umot.errors import SourceError
from umot.scheduling.plan import config_path
from umot_airflow.secrets import secrets

logger = logging.getLogger(__name__)


def tell_failure(context: Any) -> None:
    """Tell that a task has failed for good; a source's own trouble is told by `umot_watch`, once and with its days."""
    error = context.get("exception")
    if isinstance(error, SourceError):
        return
    instance = context["task_instance"]
    _tell(f"{instance.dag_id}: {instance.task_id} failed", f"run {instance.run_id}: {error}")


def tell_late(context: Any, **_: Any) -> None:
    """Tell that a run has not ended by its deadline."""
    run = context["dag_run"]
    _tell(f"{run['dag_id']} is late", f"run {run['dag_run_id']} has not ended by its deadline")


def _tell(subject: str, body: str) -> None:
    """Say it; what goes wrong with that never harms the run."""
    from umot.scheduling.notice import give_notice  # not at every parse

    try:
        with secrets(config_path(), ()):
            give_notice(config_path(), subject, body)
    except Exception:
        logger.exception("nobody could be told: %s", subject)
