"""SOPs and their versions, as far as somebody may see them."""

from django.db.models import Q, QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import Missing
from auditing.core.models import VersionState
from auditing.datasets.models import Collection
from auditing.datasets.selectors import collections_visible_to
from auditing.sops.models import Sop, SopVersion


def sops_visible_to(user: User, permission: Permission = Permission.SEE_DEFINITIONS) -> QuerySet[Sop]:
    """SOPs of her collections; drafts that were never published are for those who may edit."""
    sops = Sop.objects.filter(collection__in=collections_visible_to(user, permission))
    if not user.may(Permission.DEFINE):
        sops = sops.filter(versions__state=VersionState.PUBLISHED).distinct()
    return sops.select_related("collection")


def versions_visible_to(user: User) -> QuerySet[SopVersion]:
    """Published versions, newest first."""
    return SopVersion.objects.filter(
        sop__in=sops_visible_to(user), state=VersionState.PUBLISHED
    ).select_related("sop__collection", "rubric_version__rubric", "published_by")


def sop_named(name: str, user: User | None = None, collection: Collection | None = None) -> Sop:
    """An SOP by its name, or by COLLECTION/NAME when several collections have one of that name.

    `user=None` is the command line, which reaches everything. Raises Missing.
    """
    sops = Sop.objects.select_related("collection") if user is None else sops_visible_to(user)
    if collection is not None:
        sops = sops.filter(collection=collection)
    found = list(sops.filter(name=name)[:2])
    if not found and "/" in name:
        where, _, short = name.rpartition("/")
        found = list(sops.filter(Q(collection__name=where) | Q(collection__slug=where), name=short)[:2])
    if not found:
        raise Missing(f"There is no SOP named {name!r}.")
    if len(found) > 1:
        raise Missing(f"Several collections have an SOP named {name!r}: name it COLLECTION/SOP.")
    return found[0]


def published_version(sop: Sop, number: int | None = None) -> SopVersion:
    """An SOP's version of that number, or its newest. Raises Missing."""
    versions = SopVersion.objects.filter(sop=sop, state=VersionState.PUBLISHED)
    if number is not None:
        versions = versions.filter(number=number)
    version = versions.select_related("sop__collection", "rubric_version").order_by("-number").first()
    if version is None:
        what = "has no published version" if number is None else f"has no version {number}"
        raise Missing(f"The SOP {sop.name!r} {what}.")
    return version


def collection_named(name: str, user: User | None = None) -> Collection:
    """A collection by its name or slug, within the person's reach. Raises Missing."""
    within = Collection.objects.all() if user is None else collections_visible_to(user)
    found = within.filter(Q(name=name) | Q(slug=name)).first()
    if found is None:
        raise Missing(f"There is no collection named {name!r}.")
    return found


def has_acknowledged(user: User, version: SopVersion) -> bool:
    return version.acknowledgements.filter(user=user).exists()
