"""Waking a worker. Rows are the truth: a wake-up that is lost costs a minute, until the next tick."""

import logging
from typing import Any, Protocol

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


class Task(Protocol):
    """What a Celery task offers here."""

    name: str

    def delay(self, *args: Any) -> Any: ...


def wake(task: Task, *ids: int) -> None:
    """Send a task to a worker once the transaction has committed; without a broker, leave it to the tick."""
    transaction.on_commit(lambda: _send(task, ids))


def _send(task: Task, ids: tuple[int, ...]) -> None:
    try:
        task.delay(*ids)
    except OperationalError:
        logger.info("The broker does not answer: %s%s waits for the next tick.", task.name, ids)
