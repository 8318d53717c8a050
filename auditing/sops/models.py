"""How to audit: standard operating procedures and their immutable published versions."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import Q

from auditing.core.fields import DocumentField
from auditing.core.models import DraftRevision, PublishedVersion
from auditing.datasets.models import Collection
from auditing.rubrics.models import RubricVersion
from auditing.sops.schema import SopSpec


class Sop(models.Model):
    """A collection's procedure; at most one of its versions is a draft."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="sops")
    name = models.SlugField(max_length=120)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["collection", "name"], name="sops_sop_name_once")]

    def __str__(self) -> str:
        return self.name


class SopVersion(PublishedVersion):
    """`content` is the SOP file as data (see `sops.schema`); publishing pins the rubric version."""

    sop = models.ForeignKey(Sop, models.CASCADE, related_name="versions")
    rubric_version = models.ForeignKey(
        RubricVersion, models.PROTECT, null=True, blank=True, related_name="sop_versions"
    )
    content = DocumentField()

    class Meta(PublishedVersion.Meta):
        ordering = ["-number", "-pk"]
        constraints = [
            *PublishedVersion.Meta.constraints,
            models.UniqueConstraint(fields=["sop", "number"], name="sops_version_number_once"),
            models.UniqueConstraint(fields=["sop"], condition=Q(state="draft"), name="sops_one_draft"),
            models.CheckConstraint(
                name="sops_published_pins_rubric",
                condition=Q(state="draft") | Q(rubric_version__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sop.name} {'draft' if self.is_draft else f'v{self.number}'}"

    @cached_property
    def spec(self) -> SopSpec:
        """What the content says. Raises BadInput for a draft that is not right yet."""
        return SopSpec.from_content(self.content)


class SopDraftRevision(DraftRevision):
    """What a draft held at some time."""

    sop = models.ForeignKey(Sop, models.CASCADE, related_name="draft_revisions")
    content = DocumentField()


class Acknowledgement(models.Model):
    """An auditor has read this version."""

    sop_version = models.ForeignKey(SopVersion, models.CASCADE, related_name="acknowledgements")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sop_version", "user"], name="sops_acknowledgement_once")
        ]
