"""Frozen evidence: a report never changes once made."""

from django.conf import settings
from django.db import models

from auditing.audits.models import Audit


class Report(models.Model):
    audit = models.ForeignKey(Audit, models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    checksum = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)
    # nobody is the system itself: the command line, a schedule
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["audit", "number"], name="reports_number_once")]

    def __str__(self) -> str:
        return f"Report {self.number} on {self.audit}"
