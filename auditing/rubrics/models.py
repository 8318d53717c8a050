"""What good is: rubrics and their immutable published versions."""

from django.db import models
from django.db.models import Q

from auditing.core.models import DraftRevision, PublishedVersion


class Rubric(models.Model):
    """A named rubric; its content lives in its versions, at most one of them a draft."""

    name = models.SlugField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RubricVersion(PublishedVersion):
    """`content` is the rubric file as data (see `rubrics.schema`)."""

    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="versions")

    class Meta(PublishedVersion.Meta):
        ordering = ["-number", "-pk"]
        constraints = [
            *PublishedVersion.Meta.constraints,
            models.UniqueConstraint(fields=["rubric", "number"], name="rubrics_version_number_once"),
            models.UniqueConstraint(fields=["rubric"], condition=Q(state="draft"), name="rubrics_one_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.rubric.name} {'draft' if self.is_draft else f'v{self.number}'}"


class RubricDraftRevision(DraftRevision):
    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="draft_revisions")
