"""What the batch's quality is, and what follows from it."""

from django.conf import settings
from django.db import models

from auditing.audits.models import Audit
from auditing.datasets.models import Collection, Producer
from auditing.estimation.lifecycle import InspectionState


class Estimate(models.Model):
    """One number with its interval. `criterion` is a criterion's key, or `item_passes` for the whole item."""

    audit = models.ForeignKey(Audit, models.CASCADE, related_name="estimates")
    criterion = models.CharField(max_length=120)
    estimand = models.CharField(max_length=200)  # pass_rate, mean, share_of_<option>
    slice_field = models.CharField(max_length=200, blank=True)  # blank: the whole batch
    slice_value = models.CharField(max_length=300, blank=True)
    basis = models.CharField(max_length=10)  # human | assisted
    target = models.CharField(max_length=10, default="batch")  # batch | process: what it speaks of
    method = models.CharField(max_length=200)
    estimate = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    confidence = models.FloatField()
    side = models.CharField(max_length=10, default="two-sided")
    n_human = models.PositiveIntegerField()
    n_judged = models.PositiveIntegerField()
    population = models.PositiveIntegerField()
    n_effective = models.FloatField(null=True)
    labels_saved = models.FloatField(null=True)
    earlier_labels = models.PositiveIntegerField(
        default=0
    )  # of other audits, that shaped the draw or the proxy
    beside = models.JSONField(default=dict)  # other figures from the same evidence, see `Calculated.beside`
    unscored = models.JSONField(
        default=dict
    )  # how many units had no usable answer, and what they could change
    note = models.TextField(blank=True)  # which method and why; why there is no number
    inputs_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["criterion", "slice_field", "slice_value", "basis"]
        constraints = [
            models.UniqueConstraint(
                fields=["audit", "criterion", "estimand", "slice_field", "slice_value", "basis"],
                name="estimation_estimate_once",
            )
        ]


class Experience(models.Model):
    """What an audit teaches the next: its labelled items as examples, and how well all examples so far predict.

    `examples`: columns, rows, labels, weights (1 / inclusion probability), clusters; see `estimation.features`.
    """

    audit = models.OneToOneField(Audit, models.CASCADE, related_name="experience")
    criterion = models.CharField(max_length=120)
    estimand = models.CharField(max_length=200)
    examples = models.JSONField()
    labels = models.PositiveIntegerField()
    pooled_labels = models.PositiveIntegerField()  # with those of earlier audits
    pooled_audits = models.PositiveIntegerField()  # whose labels these are, this one counted
    r_squared = models.FloatField(null=True)  # out of fold; null where too little is known
    residual_cv = models.FloatField(null=True)
    seconds_per_label = models.FloatField(null=True)
    made_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.labels} labels of {self.audit}"


class Outcome(models.TextChoices):
    ACCEPT = "accept"
    REJECT = "reject"
    CONTINUE = "continue"


class Decision(models.Model):
    """What the acceptance rule says of the estimate, and what a person made of it."""

    audit = models.OneToOneField(Audit, models.CASCADE, related_name="decision")
    rule = models.JSONField()
    evidence = models.JSONField()  # the frozen estimate the rule was applied to
    inputs = models.BinaryField(null=True)  # all that the rule looked at, see `estimation.deciding.Case`
    result = models.CharField(max_length=1, blank=True)  # of an inspected lot: A, R or M
    proposed = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.TextField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)  # blank until confirmed
    comment = models.TextField(blank=True)
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")


class Inspection(models.Model):
    """How strictly a producer's batches are looked at on one criterion, by the tables' switching rules."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="inspections")
    producer = models.ForeignKey(Producer, models.CASCADE, null=True, blank=True, related_name="inspections")
    criterion = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=InspectionState.choices, default=InspectionState.NORMAL)
    since = models.DateTimeField()  # when this state began: lots before it no longer count

    class Meta:
        ordering = ["collection", "producer", "criterion"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "producer", "criterion"], name="estimation_inspection_once"
            ),
            models.UniqueConstraint(
                fields=["collection", "criterion"],
                condition=models.Q(producer=None),
                name="estimation_inspection_without_producer_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.producer or 'no producer'}: {self.criterion}"


class InspectedLot(models.Model):
    """One batch as the switching rules saw it, or a person's word that inspection resumes (no audit)."""

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="lots")
    audit = models.OneToOneField(Audit, models.CASCADE, null=True, blank=True, related_name="inspected_lot")
    severity = models.CharField(max_length=12)
    facts = models.JSONField(default=dict)  # code letter, n, accept, reject, failing
    result = models.CharField(max_length=1, blank=True)  # A, R or M; blank: resumed
    state_after = models.CharField(max_length=12)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
