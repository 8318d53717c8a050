"""What workers do for this room."""

from celery import shared_task

from auditing.datasets.deliveries import import_delivery
from auditing.datasets.models import Delivery


@shared_task(name="datasets.import_delivery")
def import_delivery_task(delivery_id: int) -> None:
    import_delivery(Delivery.objects.select_related("by", "collection").get(pk=delivery_id))
