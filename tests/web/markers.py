"""Marks in the opinions of a world, to find out where they show."""

from auditing.accounts.models import User
from auditing.adjudication.models import Ruling
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.estimation.models import Decision, Estimate
from auditing.judging.models import Verdict
from auditing.ratings.models import Rater, RaterKind, Rating, RatingsFile
from auditing.reports.services import make_report
from auditing.reviews.models import Answer, Review, ReviewTask, TaskState
from tests.cast import make_audit
from tests.web.objects import World

VERDICT, RATING, OPINION = "mark-verdict", "mark-rating", "mark-opinion"
RULING, SKIP, ESTIMATE, DECISION = "mark-ruling", "mark-skip", "mark-estimate", "mark-decision"
MARKS = (VERDICT, RATING, OPINION, RULING, SKIP, ESTIMATE, DECISION)


def mark_opinions(world: World) -> None:
    """Every kind of opinion on the world's batch says its mark, and its report is made of them."""
    Verdict.objects.filter(pk=world.verdict.pk).update(rationale=VERDICT)
    _rate(world)
    Answer.objects.filter(review__task__audit=world.audit).update(note=OPINION)
    Review.objects.filter(task__audit=world.audit).update(comment=OPINION)
    Ruling.objects.filter(pk=world.ruling.pk).update(rationale=RULING)
    _skip(world)
    Estimate.objects.filter(audit=world.audit).update(note=ESTIMATE)
    Decision.objects.filter(audit=world.audit).update(reason=DECISION)
    set_state(world.audit, AuditState.ESTIMATED)
    world.report = make_report(by=None, audit=Audit.objects.get(pk=world.audit.pk))


def _rate(world: World) -> None:
    rater = Rater.objects.create(collection=world.batch.collection, name="Elsewhere", kind=RaterKind.HUMAN)
    file = RatingsFile.objects.create(batch=world.batch, file_name="r.csv", content_hash="0" * 64)
    Rating.objects.create(
        item=world.item, rater=rater, file=file, criterion="correct", value="no", rationale=RATING
    )


def _skip(world: World) -> None:
    colleague = ReviewTask.objects.get(audit=world.audit, item=world.item, replicate=2).reviewer
    task = ReviewTask.objects.create(
        audit=world.audit,
        item=world.task.item,
        replicate=7,
        position=7,
        reviewer=colleague,
        state=TaskState.SKIPPED,
    )
    Review.objects.create(task=task, skip_reason=SKIP)


def begin_second_audit(world: World) -> Audit:
    """Another audit of the same batch, which collects while the first one's opinions are in."""
    set_state(world.audit, AuditState.ESTIMATED)
    second = make_audit(world.batch, world.audit.sop_version, world.audit.opened_by)
    set_state(second, AuditState.COLLECTING)
    return second


def give_task(audit: Audit, world: World, user: User) -> ReviewTask:
    """An item of the world, for her to review in that audit."""
    item = world.plan.draws.filter(is_human=True).last().item
    return ReviewTask.objects.create(
        audit=audit, item=item, replicate=9, position=9, reviewer=user, state=TaskState.ASSIGNED
    )


def set_state(audit: Audit, state: AuditState) -> None:
    Audit.objects.filter(pk=audit.pk).update(state=state)
