"""What workers do for this room."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from auditing.datasets.deliveries import claim, import_delivery, waiting_for_a_worker
from auditing.datasets.sweeping import sweep

logger = logging.getLogger(__name__)


@shared_task(name="datasets.import_delivery")
def import_delivery_task(delivery_id: int) -> None:
    """Import a delivery, unless another worker has it."""
    delivery = claim(delivery_id)
    if delivery:
        import_delivery(delivery)


@shared_task(name="datasets.reconcile", expires=30)
def reconcile() -> None:
    """Wake a worker for every delivery that waits: rows are the truth, a message may be lost."""
    for delivery in waiting_for_a_worker():
        wake_worker(delivery.pk)


@shared_task(name="datasets.sweep", expires=3600)
def sweep_uploads() -> None:
    """Delete what was uploaded and abandoned."""
    sweep()


def wake_worker(delivery_id: int) -> None:
    """Tell a worker; when the broker cannot be reached the delivery stays queued, and `reconcile` tells again."""
    try:
        import_delivery_task.delay(delivery_id)
    except OperationalError:
        logger.warning("The broker cannot be reached: delivery %s waits.", delivery_id)
