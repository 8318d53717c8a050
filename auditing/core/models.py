"""Abstract bases. No table of its own, no word of the domain."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from auditing.core.canonical import checksum
from auditing.core.errors import Conflict


class VersionState(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"


class PublishedVersion(models.Model):
    """A version of something: a draft until published, then never changed again.

    Subclasses add the foreign key to what it is a version of. `number` is null while a draft.
    """

    number = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    content = models.JSONField()
    checksum = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # nobody is the system itself: the command line
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_published_is_complete",
                condition=Q(state="draft", number=None, published_at=None)
                | Q(state="published", number__isnull=False, published_at__isnull=False) & ~Q(checksum=""),
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse to touch a row that is already published."""
        if self.pk and type(self)._default_manager.filter(pk=self.pk, state=VersionState.PUBLISHED).exists():
            raise Conflict(f"{self} is published and cannot change; edit a draft instead.")
        if self.state == VersionState.PUBLISHED:
            self.checksum = checksum(self.content)
        super().save(*args, **kwargs)

    @property
    def mark(self) -> str:
        """Names what it says, so that an editor can tell what she began from: the checksum, also of a draft."""
        return self.checksum or checksum(self.content)

    @property
    def is_draft(self) -> bool:
        return self.state == VersionState.DRAFT


class DraftRevision(models.Model):
    """One saved state of a draft, so that nothing typed is lost. Subclasses add the key to the draft's owner."""

    content = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True
        ordering = ["-at", "-pk"]
