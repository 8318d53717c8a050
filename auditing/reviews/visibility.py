"""Who may see whose review, in which phase."""

from django.db.models import Q, QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.datasets.models import Batch
from auditing.datasets.selectors import batches_visible_to
from auditing.reviews.models import Review, ReviewTask, TaskState, Unblinded
from auditing.reviews.phase import INDEPENDENT_STATES


def tasks_visible_to(user: User) -> QuerySet[ReviewTask]:
    """Her own tasks. Whoever else's they are, they do not exist for her."""
    return ReviewTask.objects.filter(
        reviewer=user, audit__in=audits_visible_to(user, permission=Permission.REVIEW)
    ).select_related("audit__batch__collection", "audit__sop_version__rubric_version", "item")


def batches_reviewed_by(user: User) -> QuerySet[Batch]:
    """Batches of which she has items to review, in audits that still collect."""
    own = ReviewTask.objects.filter(reviewer=user, audit__state__in=INDEPENDENT_STATES)
    return Batch.objects.filter(pk__in=own.values("audit__batch"))


def batches_with_part(user: User) -> QuerySet[Batch]:
    """Batches of which she reviews items blind, or could be asked to: `policies.has_part` for many."""
    given_up = Unblinded.objects.filter(user=user)
    might = batches_visible_to(user, Permission.REVIEW).filter(audits__state__in=INDEPENDENT_STATES)
    return Batch.objects.filter(
        Q(pk__in=batches_reviewed_by(user).values("pk"))
        | Q(pk__in=might.values("pk")) & ~Q(pk__in=given_up.values("batch"))
    )


def audits_open_to(user: User, permission: Permission = Permission.SEE_VERDICTS) -> QuerySet[Audit]:
    """Audits whose opinions she may read now, for lists: `policies.may_see_opinions` for many."""
    return (
        audits_visible_to(user, permission)
        .exclude(state__in=INDEPENDENT_STATES)
        .exclude(batch__in=batches_with_part(user).values("pk"))
    )


def reviews_visible_to(user: User) -> QuerySet[Review]:
    """Her own reviews; and what others submitted in the audits that are open to her."""
    own = Q(task__in=tasks_visible_to(user).values("pk"))
    opened = Q(task__state=TaskState.SUBMITTED, task__audit__in=audits_open_to(user).values("pk"))
    return Review.objects.filter(own | opened).select_related("task__reviewer", "task__item", "task__audit")
