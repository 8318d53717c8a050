"""Audits that open by themselves."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_celery_beat.models import PeriodicTask

from auditing.audits.models import Audit
from auditing.datasets.models import Batch, Collection
from auditing.sops.models import Sop


class Trigger(models.TextChoices):
    ON_BATCH = "on_batch", "when a batch arrives"
    AT_TIME = "at_time", "once, at a time"
    REPEATING = "repeating", "again and again"


class Schedule(models.Model):
    """Opens and runs an audit of every batch not yet audited under the SOP, from `after_batch` on.

    Archived instead of deleted: what it opened keeps its origin, and it can be brought back.
    """

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="schedules")
    sop = models.ForeignKey(Sop, models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=120)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    at = models.DateTimeField(null=True, blank=True)
    crontab = models.CharField(max_length=100, blank=True)  # minute hour day-of-month month day-of-week
    after_batch = models.BigIntegerField(default=0)  # batches with an id up to this one are not its affair
    enabled = models.BooleanField(default=True)
    periodic_task = models.OneToOneField(
        PeriodicTask, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    set_at = models.DateTimeField()  # when its times last began to count
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.CharField(max_length=300, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "name"], condition=Q(archived_at=None), name="pipeline_schedule_once"
            ),
            models.CheckConstraint(
                name="pipeline_trigger_is_complete",
                condition=Q(trigger="on_batch")
                | Q(trigger="at_time", at__isnull=False)
                | Q(trigger="repeating") & ~Q(crontab=""),
            ),
            models.CheckConstraint(
                name="pipeline_archived_is_off", condition=Q(archived_at=None) | Q(enabled=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScheduledAudit(models.Model):
    """Which schedule opened which audit: at most once a batch."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="openings")
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="openings")
    audit = models.OneToOneField(Audit, models.CASCADE, related_name="opening")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "batch"], name="pipeline_batch_once_a_schedule")
        ]
