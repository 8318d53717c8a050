"""What humans say, each blind to the judges and to the others."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from auditing.audits.models import Audit
from auditing.core.canonical import checksum
from auditing.datasets.models import Batch, Item


class TaskState(models.TextChoices):
    WAITING = "waiting"  # nobody has it yet
    ASSIGNED = "assigned"
    SUBMITTED = "submitted"
    SKIPPED = "skipped"  # with a reason; a lead can hand it out again
    RELEASED = "released"  # begun, then given to somebody else: what was typed stays


class ReviewTask(models.Model):
    """One opinion wanted on one item. An item with overlap has several tasks, never two for one person."""

    audit = models.ForeignKey(Audit, models.CASCADE, related_name="review_tasks")
    item = models.ForeignKey(Item, models.PROTECT, related_name="review_tasks")
    replicate = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.WAITING)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="review_tasks"
    )
    assigned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "replicate"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "item", "replicate"], name="reviews_task_once"),
            models.UniqueConstraint(
                fields=["audit", "item", "reviewer"],
                condition=Q(reviewer__isnull=False),
                name="reviews_one_opinion_a_person",
            ),
            models.CheckConstraint(
                name="reviews_waiting_has_nobody",
                condition=Q(state="waiting", reviewer=None) | ~Q(state="waiting") & Q(reviewer__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["audit", "state"])]

    def __str__(self) -> str:
        return f"{self.item} in {self.audit}"


class Unblinded(models.Model):
    """She has read others' opinions on a batch that is being audited: her own would no longer be blind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "batch"], name="reviews_unblinded_once")]


class Review(models.Model):
    """A human's opinion of an item: a draft that saves itself, then submitted. Later edits keep history."""

    task = models.OneToOneField(ReviewTask, models.CASCADE, related_name="review")
    answers = models.JSONField(default=dict)  # criterion -> canonical value, while a draft and after
    notes = models.JSONField(default=dict)  # criterion -> text
    comment = models.TextField(blank=True)
    flagged = models.BooleanField(default=False)
    skip_reason = models.TextField(blank=True)
    active_seconds = models.FloatField(default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)  # the last sign of life, for active_seconds
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    @property
    def mark(self) -> str:
        """Names what it says, so that each of two tabs can tell what it began from."""
        return checksum([self.answers, self.notes, self.comment])


class Answer(models.Model):
    """One submitted answer, a row a criterion, for the rater frame."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="answer_rows")
    criterion = models.CharField(max_length=120)
    value = models.TextField()
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "criterion"], name="reviews_answer_once")]


class ReviewRevision(models.Model):
    """What a review said before it was changed."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="revisions")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content = models.JSONField()

    class Meta:
        ordering = ["-at", "-pk"]
