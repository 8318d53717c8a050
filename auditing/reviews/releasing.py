"""What lies on a desk and will not be handed in: of who has left, or as a lead decides, it goes to somebody else."""

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.core.errors import Conflict
from auditing.datasets.models import CollectionAccess
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.reviews.models import ReviewTask, TaskState
from auditing.reviews.phase import INDEPENDENT_STATES
from auditing.reviews.policies import STATE_WORDS, require_independent
from auditing.reviews.selectors import replacements
from auditing.reviews.waves import REVIEWERS


def release_left() -> int:
    """Ask others for what people had begun who can review it no longer: deactivated, without access, of another role.

    What they typed stays on record. Returns how many tasks were released.
    """
    access = CollectionAccess.objects.filter(
        user=OuterRef("reviewer"), collection=OuterRef("audit__batch__collection")
    )
    reaches = Q(reviewer__role=Role.ADMIN) | Exists(access)
    may_review = Q(reviewer__is_active=True, reviewer__role__in=REVIEWERS) & reaches
    left = ReviewTask.objects.filter(
        ~may_review,
        state=TaskState.ASSIGNED,
        audit__state__in=INDEPENDENT_STATES,
        audit__batch__deleted_at=None,
    )
    return sum(_release_once(task) for task in left)


def _release_once(task: ReviewTask) -> bool:
    """False where somebody else released it meanwhile."""
    try:
        give_to_somebody_else(by=None, task=task)
    except Conflict:
        return False
    return True


@transaction.atomic
def give_to_somebody_else(*, by: User | None, task: ReviewTask) -> ReviewTask:
    """Take a begun task from its reviewer and ask for the opinion anew; returns the new task.

    The old one stays, with what she typed, so she never gets the item again. Raises Conflict unless it is begun.
    """
    locked = _locked(task)
    audit = locked.audit
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    require_independent(audit)
    if locked.state != TaskState.ASSIGNED:
        raise Conflict(f"This task is {STATE_WORDS[TaskState(locked.state)]}.")
    locked.state = TaskState.RELEASED
    locked.save(update_fields=["state"])
    again = ask_again(locked)
    record(
        by=by,
        verb="gave to somebody else",
        subject=again,
        collection_id=audit.batch.collection_id,
        details={"taken_from": str(locked.reviewer)},
    )
    return again


def ask_again(task: ReviewTask) -> ReviewTask:
    """A further task on the item, for the opinion that this one will not give."""
    siblings = ReviewTask.objects.filter(audit=task.audit_id, item=task.item_id)
    last = siblings.aggregate(last=Max("replicate"))["last"]
    return ReviewTask.objects.create(
        audit=task.audit, item_id=task.item_id, replicate=last + 1, position=task.position
    )


def withdraw_replacement(task: ReviewTask) -> None:
    """She goes on with what was released: the task that stands for it goes, unless somebody has begun it."""
    waiting = replacements(task.audit_id, task.item_id).select_for_update()
    replacement = waiting.order_by("-replicate").first()
    if replacement is None:
        raise Conflict("Somebody else was asked for this opinion meanwhile.")
    replacement.delete()


def _locked(task: ReviewTask) -> ReviewTask:
    return (
        ReviewTask.objects.select_for_update(of=("self", "audit"), no_key=True)
        .select_related("audit__batch__collection")
        .get(pk=task.pk)
    )
