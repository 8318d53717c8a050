"""Where humans differ, a lead rules; a ruling is the reference, and can become gold."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from auditing.audits.models import Audit
from auditing.datasets.models import Item


class DisagreementState(models.TextChoices):
    OPEN = "open"
    RULED = "ruled"


class Kind(models.TextChoices):
    DIFFER = "differ", "Opinions differ"
    CANNOT_ASSESS = "cannot_assess", "Somebody could not assess it"


class Disagreement(models.Model):
    """Human opinions on one criterion of one item that differ, or that are not all opinions."""

    audit = models.ForeignKey(Audit, models.CASCADE, related_name="disagreements")
    item = models.ForeignKey(Item, models.PROTECT, related_name="disagreements")
    criterion = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=DisagreementState.choices, default=DisagreementState.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["audit", "item", "criterion"], name="adjudication_disagreement_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.criterion} of {self.item} in {self.audit}"


class Ruling(models.Model):
    """The adjudicated value; a later ruling supersedes, and the earlier one stays on record."""

    audit = models.ForeignKey(Audit, models.CASCADE, related_name="rulings")
    item = models.ForeignKey(Item, models.PROTECT, related_name="rulings")
    criterion = models.CharField(max_length=120)
    value = models.TextField()
    rationale = models.TextField(blank=True)
    is_gold = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["audit", "item", "criterion"],
                condition=Q(superseded_at=None),
                name="adjudication_one_ruling_stands",
            )
        ]

    def __str__(self) -> str:
        return f"{self.criterion} of {self.item} in {self.audit}"
