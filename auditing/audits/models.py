"""The audit: one batch under one SOP version. Everything that follows hangs on it."""

from functools import cached_property

from django.conf import settings
from django.db import models

from auditing.audits.lifecycle import AuditState
from auditing.datasets.models import Batch
from auditing.rubrics.schema import RubricSpec
from auditing.sops.models import SopVersion
from auditing.sops.schema import SopSpec


class Audit(models.Model):
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="audits")
    sop_version = models.ForeignKey(SopVersion, models.PROTECT, related_name="audits")
    number = models.PositiveIntegerField()  # 1, 2, ... within the batch
    seed = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=AuditState.choices, default=AuditState.OPENED)
    opened_at = models.DateTimeField(auto_now_add=True)
    # nobody is the system itself: the command line
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="audits_number_once")]

    def __str__(self) -> str:
        return f"{self.batch.name} · audit {self.number}"

    @cached_property
    def sop(self) -> SopSpec:
        """The procedure it follows, as the published version says it."""
        return self.sop_version.spec

    @cached_property
    def rubric(self) -> RubricSpec:
        """What good is: the rubric version that the SOP version has pinned."""
        assert self.sop_version.rubric_version is not None  # a database constraint of published SOP versions
        return self.sop_version.rubric_version.spec

    @property
    def is_over(self) -> bool:
        return self.state in {AuditState.DECIDED, AuditState.CANCELLED}
