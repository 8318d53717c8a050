"""Who may see whose review, in which phase."""

from django.db.models import Q, QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.selectors import audits_visible_to
from auditing.reviews.models import Review, ReviewTask, TaskState
from auditing.reviews.phase import INDEPENDENT_STATES


def tasks_visible_to(user: User) -> QuerySet[ReviewTask]:
    """Her own tasks. Whoever else's they are, they do not exist for her."""
    return ReviewTask.objects.filter(
        reviewer=user, audit__in=audits_visible_to(user, permission=Permission.REVIEW)
    ).select_related("audit__batch__collection", "audit__sop_version__rubric_version", "item")


def reviews_visible_to(user: User) -> QuerySet[Review]:
    """Her own reviews; and, once an audit has left the independent phase, what others submitted in it."""
    own = Q(task__in=tasks_visible_to(user).values("pk"))
    opened = Q(
        task__state=TaskState.SUBMITTED,
        task__audit__in=audits_visible_to(user, permission=Permission.SEE_VERDICTS).exclude(
            state__in=INDEPENDENT_STATES
        ),
    )
    return Review.objects.filter(own | opened).select_related("task__reviewer", "task__item", "task__audit")
