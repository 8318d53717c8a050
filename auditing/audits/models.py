"""The audit: one batch under one SOP version. Everything that follows hangs on it."""

from django.conf import settings
from django.db import models

from auditing.audits.lifecycle import AuditState
from auditing.datasets.models import Batch
from auditing.sops.models import SopVersion


class Audit(models.Model):
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="audits")
    sop_version = models.ForeignKey(SopVersion, models.PROTECT, related_name="audits")
    number = models.PositiveIntegerField()  # 1, 2, ... within the batch
    seed = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=AuditState.choices, default=AuditState.OPENED)
    opened_at = models.DateTimeField(auto_now_add=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="audits_number_once")]

    def __str__(self) -> str:
        return f"{self.batch.name} · audit {self.number}"
