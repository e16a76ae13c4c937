"""Word to people when a run fails or is late, by the channels of the product's own alerts."""

import logging
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final

from umot.errors import SourceError, UmotError
from umot.scheduling.plan import config_path
from umot_airflow.secrets import secrets_at_hand

logger = logging.getLogger(__name__)

_NUMBERS: Final = re.compile(r"(?<![\w-])\d[\w.,:+-]*")


def tell_failure(context: Any) -> None:
    """Tell that a task has failed for good; a source's own trouble is told by `umot_watch`, once and with its days.

    An error is told once a day, whichever numbers are in it.
    """
    error = context.get("exception")
    if isinstance(error, SourceError):
        return
    instance = context["task_instance"]
    task = f"{instance.dag_id}: {instance.task_id}"
    _tell(f"{task} failed", f"run {instance.run_id}: {error or 'no reason given'}", about=_about(error, task))


def tell_late(context: Any, **_: Any) -> None:
    """Tell that a run has not succeeded by its deadline; one that failed by then has a deadline too."""
    run = context["dag_run"]
    body = f"run {run['dag_run_id']} has not succeeded by its deadline: it is {run['state']}"
    _tell(f"{run['dag_id']} is late", body, about=f"{run['dag_id']} {run['dag_run_id']}")


def _about(error: Any, task: str) -> str:
    """Return what is told once: an error of the product says itself what it is about, another one means its task."""
    where = "" if isinstance(error, UmotError) else task
    return _NUMBERS.sub("#", f"{where} {type(error).__name__} {error}")


def _tell(subject: str, body: str, *, about: str) -> None:
    """Say it; what goes wrong with that never harms the run."""
    from umot.scheduling.notice import give_notice  # not at every parse

    try:
        with ExitStack() as held:
            _take_secrets(held)
            give_notice(config_path(), subject, body, about=about, at=datetime.now(UTC))
    except Exception:
        logger.exception("nobody could be told: %s", subject)


def _take_secrets(held: ExitStack) -> None:
    """Take what the channels need, as far as it is there: what is missing may be what is to be told."""
    try:
        held.enter_context(secrets_at_hand(config_path(), "alerts"))
    except Exception:
        logger.exception("not all channels can be told")
