"""Opinions made elsewhere, and (in `frame`) the one table of every opinion of every rater."""

from django.db import models

from auditing.datasets.models import Batch, Collection, Item


class RaterKind(models.TextChoices):
    HUMAN = "human"
    JUDGE = "judge"
    GOLD = "gold"


class Rater(models.Model):
    """Somebody, or something, whose opinions were imported."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="raters")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=RaterKind.choices)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["collection", "name"], name="ratings_rater_once")]

    def __str__(self) -> str:
        return self.name


class RatingsFile(models.Model):
    """An imported ratings file; the same file twice is imported once."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="ratings_files")
    file_name = models.CharField(max_length=300)
    content_hash = models.CharField(max_length=64)
    imported_at = models.DateTimeField(auto_now_add=True)
    rating_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-imported_at"]
        constraints = [models.UniqueConstraint(fields=["batch", "content_hash"], name="ratings_file_once")]


class Rating(models.Model):
    """One imported opinion, as the source wrote it; scales are applied when it is read."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="ratings")
    rater = models.ForeignKey(Rater, models.PROTECT, related_name="ratings")
    file = models.ForeignKey(RatingsFile, models.CASCADE, related_name="ratings")
    criterion = models.CharField(max_length=120)
    value = models.TextField(blank=True)  # blank: the rater gave no usable answer
    probability = models.FloatField(null=True, blank=True)
    rationale = models.TextField(blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "rater", "criterion"], name="ratings_rating_once")
        ]
        indexes = [models.Index(fields=["criterion"])]
