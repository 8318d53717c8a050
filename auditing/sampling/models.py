"""Who is looked at: a locked plan and the units it drew, each with its inclusion probability."""

from django.db import models
from django.db.models import Q

from auditing.audits.models import Audit
from auditing.datasets.models import Item
from auditing.sops.sampling import AFTER_JUDGES


class Plan(models.Model):
    """How an audit's sample was drawn: enough to draw it again, bit for bit. Locked when it is made."""

    audit = models.OneToOneField(Audit, models.CASCADE, related_name="plan")
    method = models.CharField(max_length=20)
    parameters = models.JSONField()
    seed = models.BigIntegerField()
    generator = models.CharField(max_length=80)
    frame_hash = models.CharField(max_length=64)
    frame_size = models.PositiveIntegerField()
    judge_size = models.PositiveIntegerField()
    human_size = models.PositiveIntegerField()
    learned = models.JSONField(default=dict)  # what earlier audits and judges told the draw, and which audits
    waves = models.JSONField(default=list)  # of a sample drawn again for more: size, weight, error, drawn_at
    locked_at = models.DateTimeField()
    humans_drawn_at = models.DateTimeField(
        null=True, blank=True
    )  # later than the judges' where it waits for them

    def __str__(self) -> str:
        return f"{self.method}, {self.human_size} of {self.frame_size}"

    @property
    def tells_scores(self) -> bool:
        """Do strata and chances give away what the judges said?"""
        return self.method in AFTER_JUDGES

    @property
    def tells_producers(self) -> bool:
        """Do the strata say who made each item?"""
        return self.method == "stratified" and self.parameters.get("by") == "producer"

    @property
    def awaits_judges(self) -> bool:
        """Is the human sample still to be drawn, once the judges are done?"""
        return self.human_size == 0


class Stratum(models.Model):
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="strata")
    name = models.CharField(max_length=300)
    size = models.PositiveIntegerField()
    judge_drawn = models.PositiveIntegerField()
    human_drawn = models.PositiveIntegerField()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "strata"
        constraints = [models.UniqueConstraint(fields=["plan", "name"], name="sampling_stratum_once")]


class Draw(models.Model):
    """A unit in the judge sample; the human sample is inside it.

    `human_probability` is the unconditional chance of reaching the human sample, known for every unit once that
    is drawn; `opinions` is how many independent human reviews the unit gets (0 outside the human sample). `size`
    is what its chance grew with, `prediction` what earlier audits made expect of its label; both frozen.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="draws")
    item = models.ForeignKey(Item, models.PROTECT, related_name="draws")
    position = models.PositiveIntegerField()  # in random order: the order in which humans see it
    stratum = models.CharField(max_length=300, blank=True)
    judge_probability = models.FloatField()
    human_probability = models.FloatField(null=True)
    is_human = models.BooleanField()
    opinions = models.PositiveSmallIntegerField(default=0)
    size = models.FloatField(null=True)
    prediction = models.FloatField(null=True)
    wave = models.PositiveSmallIntegerField(default=1)  # of the human sample; later ones were added to decide
    wave_probability = models.FloatField(null=True)  # chance within the wave, among what no earlier one drew

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "item"], name="sampling_draw_once"),
            models.CheckConstraint(
                name="sampling_probabilities_hold",
                condition=Q(judge_probability__gt=0, judge_probability__lte=1)
                & (
                    Q(human_probability__isnull=True, is_human=False)
                    | Q(human_probability__gt=0, human_probability__lte=1)
                ),
            ),
            models.CheckConstraint(
                name="sampling_opinions_are_human",
                condition=Q(is_human=True, opinions__gt=0) | Q(is_human=False, opinions=0),
            ),
        ]
        indexes = [models.Index(fields=["plan", "is_human"])]
