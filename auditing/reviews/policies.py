"""May this person act on this task? Each raises, or returns the task locked for the act."""

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.errors import Conflict, Forbidden, Missing
from auditing.datasets.models import Batch
from auditing.datasets.policies import may, require
from auditing.reviews.models import ReviewTask, TaskState, Unblinded
from auditing.reviews.phase import INDEPENDENT_STATES, Phase, phase
from auditing.sampling.models import Plan
from auditing.sampling.selectors import items_of_earlier_waves

STATE_WORDS = {
    TaskState.WAITING: "waiting for a reviewer",
    TaskState.ASSIGNED: "being reviewed",
    TaskState.SUBMITTED: "already submitted",
    TaskState.SKIPPED: "skipped",
    TaskState.RELEASED: "given to somebody else",
}


def require_independent(audit: Audit) -> None:
    """Opinions are given and changed in the independent phase only."""
    if phase(audit) is not Phase.INDEPENDENT:
        raise Conflict("Reviewing is over in this audit; opinions can no longer change.")


def lock_own_task(task: ReviewTask, by: User, *states: TaskState) -> ReviewTask:
    """The task and its audit, locked until the transaction ends, so that no opinion changes while the collection is
    closed; hers, in one of the states, in the independent phase.

    Raises Missing for somebody else's task (it does not exist for her), Conflict for a wrong state or phase.
    """
    locked = (
        ReviewTask.objects.select_for_update(of=("self", "audit"), no_key=True)
        .select_related("audit__batch__collection", "audit__sop_version__rubric_version", "item")
        .get(pk=task.pk)
    )
    if locked.reviewer_id != by.pk:
        raise Missing("There is no such review task.")
    require(by, Permission.REVIEW, locked.audit.batch.collection)
    require_independent(locked.audit)
    if locked.state not in states:
        raise Conflict(f"This task is {STATE_WORDS[TaskState(locked.state)]}.")
    if is_of_earlier_wave(locked):
        raise Conflict("This review is of an earlier wave, which was compared already: it stands.")
    return locked


def is_of_earlier_wave(task: ReviewTask) -> bool:
    """Was it handed in for a wave whose collection has closed since?"""
    return task.state in (TaskState.SUBMITTED, TaskState.SKIPPED) and task.item_id in items_of_earlier_waves(
        task.audit
    )


def may_see_opinions(user: User, audit: Audit) -> bool:
    """May she read others' opinions in an audit now, and what is computed from them?

    Not before every one of them is in, and not while she has, or may get, a part in a blind review of its batch.
    """
    return (
        phase(audit) is not Phase.INDEPENDENT
        and may(user, Permission.SEE_VERDICTS, audit.batch.collection)
        and not has_part(user, audit.batch)
    )


def closed_because(user: User, audit: Audit) -> str:
    """Why others' opinions in an audit are closed to her; empty where they are open.

    Raises WouldUnblind where she may open them herself. Which audits she reaches is not asked here.
    """
    if phase(audit) is Phase.INDEPENDENT:
        return f"Auditors of {audit} work blind: what they say opens once every opinion is in."
    if is_reviewing(user, audit.batch):
        return f"You review items of {audit.batch}: others' opinions open to you once all are in."
    if may_yet_review(user, audit.batch):
        raise WouldUnblind(audit.batch)
    return ""


def require_open(user: User | None, audit: Audit) -> None:
    """Raise Forbidden, or WouldUnblind, while the opinions in an audit are closed to her.

    None is the system itself, which has no part in any review: it waits for the opinions only.
    """
    if user is not None and (reason := closed_because(user, audit)):
        raise Forbidden(reason)
    if phase(audit) is Phase.INDEPENDENT:
        raise Conflict(f"Auditors of {audit} work blind: what they say opens once every opinion is in.")


def hides_strata(user: User, plan: Plan) -> bool:
    """Would the strata and chances of a plan tell her what judges said, or who made which item?"""
    tells_scores = plan.tells_scores and not may_see_opinions(user, plan.audit)
    return tells_scores or (plan.tells_producers and has_part(user, plan.audit.batch))


class WouldUnblind(Forbidden):
    """She may read the opinions, at the price of her part in the blind review of the batch."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(
            f"Reading others' opinions on {batch} ends your part in its blind review; confirm that first."
        )
        self.batch = batch


def require_no_part(user: User, batch: Batch) -> None:
    """Others' opinions on a batch are for those who will not give their own while it is being audited.

    Raises Forbidden for who reviews its items, WouldUnblind for who still may.
    """
    if is_reviewing(user, batch):
        raise Forbidden(f"You review items of {batch}: others' opinions open to you once all are in.")
    if may_yet_review(user, batch):
        raise WouldUnblind(batch)


def has_part(user: User, batch: Batch) -> bool:
    """Does she review items of the batch blind, or could she be asked to?"""
    return is_reviewing(user, batch) or may_yet_review(user, batch)


def may_yet_review(user: User, batch: Batch) -> bool:
    """Could she be given items of the batch to review blind?"""
    return (
        batch.audits.filter(state__in=INDEPENDENT_STATES).exists()
        and may(user, Permission.REVIEW, batch.collection)
        and not Unblinded.objects.filter(user=user, batch=batch).exists()
    )


def is_reviewing(user: User, batch: Batch) -> bool:
    """Has she a part in an audit of the batch that still collects? Then even imported opinions would sway her."""
    return ReviewTask.objects.filter(
        reviewer=user, audit__batch=batch, audit__state__in=INDEPENDENT_STATES
    ).exists()
