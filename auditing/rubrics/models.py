"""What good is: rubrics and their immutable published versions."""

from functools import cached_property

from django.db import models
from django.db.models import Q

from auditing.core.fields import DocumentField
from auditing.core.models import DraftRevision, PublishedVersion
from auditing.rubrics.schema import RubricSpec


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
    content = DocumentField()

    class Meta(PublishedVersion.Meta):
        ordering = ["-number", "-pk"]
        constraints = [
            *PublishedVersion.Meta.constraints,
            models.UniqueConstraint(fields=["rubric", "number"], name="rubrics_version_number_once"),
            models.UniqueConstraint(fields=["rubric"], condition=Q(state="draft"), name="rubrics_one_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.rubric.name} {'draft' if self.is_draft else f'v{self.number}'}"

    @cached_property
    def spec(self) -> RubricSpec:
        """What the content says. Raises BadInput for a draft that is not right yet."""
        return RubricSpec.from_content(self.content)


class RubricDraftRevision(DraftRevision):
    """What a draft held at some time."""

    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="draft_revisions")
    content = DocumentField()
