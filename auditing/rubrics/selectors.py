"""Rubrics and their versions. They belong to no collection: whoever may see definitions sees them all."""

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import Missing
from auditing.core.models import VersionState
from auditing.rubrics.models import Rubric, RubricVersion


def rubrics_visible_to(user: User) -> QuerySet[Rubric]:
    """Rubrics with something to show: drafts that were never published are for those who may edit."""
    if not user.may(Permission.SEE_DEFINITIONS):
        return Rubric.objects.none()
    if user.may(Permission.DEFINE):
        return Rubric.objects.all()
    return Rubric.objects.filter(versions__state=VersionState.PUBLISHED).distinct()


def versions_visible_to(user: User) -> QuerySet[RubricVersion]:
    """Published versions, newest first."""
    return RubricVersion.objects.filter(
        rubric__in=rubrics_visible_to(user), state=VersionState.PUBLISHED
    ).select_related("rubric", "published_by")


def rubric_named(name: str) -> Rubric:
    """Raises Missing."""
    rubric = Rubric.objects.filter(name=name).first()
    if rubric is None:
        raise Missing(f"There is no rubric named {name!r}.")
    return rubric


def published_version(name: str, number: int | None = None) -> RubricVersion:
    """A rubric's version of that number, or its newest. Raises Missing."""
    versions = RubricVersion.objects.filter(rubric=rubric_named(name), state=VersionState.PUBLISHED)
    if number is not None:
        versions = versions.filter(number=number)
    version = versions.select_related("rubric").order_by("-number").first()
    if version is None:
        what = "has no published version" if number is None else f"has no version {number}"
        raise Missing(f"The rubric {name!r} {what}.")
    return version
