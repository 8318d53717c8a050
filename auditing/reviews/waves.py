"""A further wave of reviews: for those who could not read what the waves before it said."""

from django.db import transaction
from django.db.models import Q

from auditing.accounts.models import User
from auditing.accounts.roles import GRANTS, Permission, Role
from auditing.audits.models import Audit
from auditing.core.errors import Conflict
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.reviews.models import Unblinded

REVIEWERS = [role for role, granted in GRANTS.items() if Permission.REVIEW in granted]
READERS = [role for role in REVIEWERS if Permission.SEE_VERDICTS in GRANTS[role]]


@transaction.atomic
def end_parts_of_readers(*, by: User | None, audit: Audit) -> int:
    """Nobody to whom the opinions of the waves before stood open reviews the next; returns whose part ended now.

    Raises Conflict where nobody would be left to review it.
    """
    batch = audit.batch
    require(by, Permission.RUN_AUDITS, batch.collection)
    reached = User.objects.filter(Q(role=Role.ADMIN) | Q(access__collection=batch.collection))
    reviewers = reached.filter(is_active=True, role__in=REVIEWERS).distinct()
    given_up = Unblinded.objects.filter(batch=batch).values("user")
    if not reviewers.exclude(role__in=READERS).exclude(pk__in=given_up).exists():
        raise Conflict(
            "Nobody is left to review another wave blind: whoever may review these items could read the opinions on "
            "the others. Give an auditor access to the collection first."
        )
    readers = reviewers.filter(role__in=READERS).exclude(pk__in=given_up)
    ended = Unblinded.objects.bulk_create([Unblinded(user=user, batch=batch) for user in readers])
    if ended:
        details = {"people": len(ended)}
        record(
            by=by,
            verb="ended the blind reviewing of who could read the opinions on",
            subject=batch,
            collection_id=batch.collection_id,
            details=details,
        )
    return len(ended)
