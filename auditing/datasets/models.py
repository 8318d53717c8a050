"""What is audited: collections, their producers, and the batches of items they deliver."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from auditing.core.fields import DocumentField


class Collection(models.Model):
    """A data-collection workflow: what its batches have in common."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=140, unique=True)
    description = models.TextField(blank=True)
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Producer(models.Model):
    """Who made an item, or delivered a batch: a vendor, a team, a model."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="producers")
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["collection", "name"], name="datasets_producer_once")]

    def __str__(self) -> str:
        return self.name


class CollectionAccess(models.Model):
    """A person's reach: without a row here a collection does not exist for her (admins reach all).

    A vendor's row names the producer whose batches she sees.
    """

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="access")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access")
    producer = models.ForeignKey(Producer, models.CASCADE, null=True, blank=True, related_name="access")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "user"], name="datasets_access_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.collection}"


class Mapping(models.Model):
    """A saved field mapping: which field of a delivered row is the id, the payload, the producer and so on.

    A producer's own is kept by its vendor, for its own deliveries; without one it is for everybody's but vendors'.
    """

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="mappings")
    producer = models.ForeignKey(Producer, models.CASCADE, null=True, blank=True, related_name="mappings")
    name = models.CharField(max_length=120)
    spec = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "name"], condition=Q(producer=None), name="datasets_mapping_once"
            ),
            models.UniqueConstraint(fields=["producer", "name"], name="datasets_producers_mapping_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """A delivered lot. The same file with the same mapping is the same batch."""

    collection = models.ForeignKey(Collection, models.PROTECT, related_name="batches")
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="batches")
    name = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    file_name = models.CharField(max_length=300)
    content_hash = models.CharField(max_length=64)  # of the file's bytes and the mapping
    mapping = models.JSONField(default=dict)
    item_count = models.PositiveIntegerField(default=0)
    slice_fields = models.JSONField(default=list)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # null: the command line, or a schedule
    delivered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], name="datasets_batch_name_once"),
            models.UniqueConstraint(
                fields=["collection", "content_hash"], name="datasets_batch_content_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """One unit of data. `payload` is untrusted: what to show and judge, under the payload words of the items file."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    external_id = models.CharField(max_length=300)
    payload = DocumentField()
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="items")
    produced_at = models.DateTimeField(null=True, blank=True)
    slices = models.JSONField(default=dict)  # field -> text
    cluster = models.CharField(
        max_length=300, blank=True
    )  # items that share a source (a question, a document)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "external_id"], name="datasets_item_id_once"),
            models.UniqueConstraint(fields=["batch", "position"], name="datasets_item_position_once"),
        ]

    def __str__(self) -> str:
        return self.external_id


class RejectedRow(models.Model):
    """A delivered row that could not become an item, kept whole."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="rejected_rows")
    line = models.PositiveIntegerField()
    field = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500)
    raw = models.TextField()

    class Meta:
        ordering = ["line"]


class DeliveryState(models.TextChoices):
    UPLOADED = "uploaded"
    QUEUED = "queued"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED = "failed"


class Delivery(models.Model):
    """An uploaded file on its way to being a batch: mapped in preview, then imported by a worker, all or nothing."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="deliveries")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    file_name = models.CharField(max_length=300)
    path = models.CharField(max_length=500)  # under DELIVERIES_ROOT
    size = models.PositiveBigIntegerField()
    batch_name = models.CharField(max_length=200, blank=True)
    producer_name = models.CharField(max_length=200, blank=True)
    mapping = models.JSONField(default=dict)
    skip_bad = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.UPLOADED)
    touched_at = models.DateTimeField(null=True, blank=True)  # the importing worker's last sign of life
    rows_done = models.PositiveIntegerField(default=0)
    fraction_done = models.FloatField(default=0)
    error = models.TextField(blank=True)
    problems = models.JSONField(default=list)  # of a failed import, the first: [line, field, message]
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, blank=True, related_name="deliveries")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="datasets_delivery_failed_says_why", condition=~Q(state="failed") | ~Q(error="")
            )
        ]
