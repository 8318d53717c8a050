"""The journal as far as somebody may read it."""

from django.db.models import Q, QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.journal.models import Entry

SHARED = Q(subject_kind__startswith="rubrics.") | Q(subject_kind__startswith="judging.")


def entries_visible_to(user: User, *, collections: QuerySet) -> QuerySet[Entry]:
    """Entries on collections she reaches (the door knows which) and shared definitions; admins read all."""
    if not user.may(Permission.SEE_JOURNAL):
        return Entry.objects.none()
    if user.is_admin:
        return Entry.objects.all()
    return Entry.objects.filter(
        Q(collection_id__in=collections.values("pk")) | Q(collection_id=None) & SHARED
    )
