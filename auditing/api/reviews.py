"""The token owner's own review tasks: nobody else's, and nothing that could sway her."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.audits import visible_audit
from auditing.api.fields import Id, Text
from auditing.api.policy import allow, one, person
from auditing.reviews import services
from auditing.reviews.models import Review, ReviewTask
from auditing.reviews.releasing import give_to_somebody_else
from auditing.reviews.selectors import (
    Phase,
    QueueEntry,
    ReviewProgress,
    in_work,
    phase,
    progress,
    queue,
    reviewable_audits,
    tasks_visible_to,
)

router = Router(tags=["reviews"])


class QueueOut(Schema):
    audit: int
    name: str
    due_at: datetime | None
    free: int = Field(description="Items she could still take.")
    held: int = Field(description="Items she has begun.")
    submitted: int
    skipped: int

    @staticmethod
    def resolve_audit(entry: QueueEntry) -> int:
        return entry.audit.pk

    @staticmethod
    def resolve_name(entry: QueueEntry) -> str:
        return str(entry.audit)


class NextIn(Schema):
    audit: Id | None = Field(None, description="Of this audit only.")


class OpinionIn(Schema):
    answers: dict[Text, Text | None] = Field(
        {}, examples=[{"correct": "yes", "helpful": "3"}], description="Criterion to value."
    )
    notes: dict[Text, Text] = Field({}, examples=[{"helpful": "Says it all."}])
    comment: Text = ""
    base: Text | None = Field(
        None,
        description="The task's `mark` as it was changed: refused (409) where you saved something else meanwhile.",
    )


class SkipIn(Schema):
    reason: Text = Field(examples=["The image does not open."])


class InstructionOut(Schema):
    key: str
    title: str
    text: str


class TaskOut(Schema):
    id: int
    audit: int
    position: int
    state: str
    payload: dict[str, Any] = Field(description="Untrusted: the item to review.")
    rubric: dict[str, Any] = Field(description="The rubric file's content.")
    purpose: str
    clauses: list[InstructionOut]
    answers: dict[str, str]
    notes: dict[str, str]
    comment: str
    mark: str = Field(description="Names what is kept now; send it as `base`.")
    skip_reason: str
    submitted_at: datetime | None

    @staticmethod
    def of(task: ReviewTask) -> dict[str, Any]:
        """The task with her own review of it, as far as it has come."""
        review = getattr(task, "review", None) or Review(task=task)
        own = ("answers", "notes", "comment", "mark", "skip_reason", "submitted_at")
        return {
            "id": task.pk,
            "audit": task.audit_id,
            "position": task.position,
            "state": task.state,
            "payload": task.item.payload,
            "rubric": task.audit.rubric.to_content(),
            "purpose": task.audit.sop.purpose,
            "clauses": list(task.audit.sop.clauses),
            **{name: getattr(review, name) for name in own},
        }


class TaskLine(Schema):
    """A task by its item; nothing of what was typed."""

    id: int
    item: str
    state: str

    @staticmethod
    def resolve_item(task: ReviewTask) -> str:
        return task.item.external_id


class InWorkOut(TaskLine):
    reviewer: str
    assigned_at: datetime
    last_seen_at: datetime | None

    @staticmethod
    def resolve_reviewer(task: ReviewTask) -> str:
        return str(task.reviewer)


class ReviewerOut(Schema):
    reviewer: str
    assigned: int
    submitted: int
    skipped: int
    active_seconds: float


class ReviewProgressOut(Schema):
    """Counts only; no answer shows in them."""

    waiting: int
    assigned: int
    submitted: int
    skipped: int
    flagged: int
    total: int
    reviewers: list[ReviewerOut]

    @staticmethod
    def resolve_reviewers(found: ReviewProgress) -> list[dict[str, Any]]:
        return [
            {
                "reviewer": str(one.reviewer),
                "assigned": one.assigned,
                "submitted": one.submitted,
                "skipped": one.skipped,
                "active_seconds": one.active_seconds,
            }
            for one in found.reviewers
        ]


@router.get("/queue", response=list[QueueOut])
@allow(Permission.REVIEW)
def get_queue(request: HttpRequest) -> list[QueueEntry]:
    """The audits that wait for your reviews, the most urgent first."""
    return queue(person(request))


@router.post("/reviews/next", response={200: TaskOut, 204: None})
@allow(Permission.REVIEW)
def take_next(request: HttpRequest, given: NextIn) -> Any:
    """The task you have begun, or the next free one, yours from now on; 204 when nothing is left for you."""
    user = person(request)
    audit = one(reviewable_audits(user), pk=given.audit) if given.audit else None
    task = services.next_task(user=user, audit=audit)
    return Status(200, TaskOut.of(task)) if task else Status(204, None)


@router.get("/reviews/{pk}", response=TaskOut)
@allow(Permission.REVIEW)
def get_task(request: HttpRequest, pk: Id) -> dict[str, Any]:
    """One of your tasks, with what you have said so far."""
    return TaskOut.of(own_task(request, pk))


@router.put("/reviews/{pk}/draft", response=TaskOut)
@allow(Permission.REVIEW)
def put_draft(request: HttpRequest, pk: Id, given: OpinionIn) -> dict[str, Any]:
    """Keep what you have so far, complete or not."""
    services.save_draft(by=person(request), task=own_task(request, pk), **given.dict())
    return TaskOut.of(own_task(request, pk))


@router.post("/reviews/{pk}/submit", response=TaskOut)
@allow(Permission.REVIEW)
def submit_review(request: HttpRequest, pk: Id, given: OpinionIn) -> dict[str, Any]:
    """Hand in your opinion; a refusal lists each criterion that is missing or off its scale."""
    services.submit(by=person(request), task=own_task(request, pk), **given.dict())
    return TaskOut.of(own_task(request, pk))


@router.post("/reviews/{pk}/skip", response=TaskOut)
@allow(Permission.REVIEW)
def skip_review(request: HttpRequest, pk: Id, given: SkipIn) -> dict[str, Any]:
    """Leave an item out, saying why."""
    services.skip(by=person(request), task=own_task(request, pk), reason=given.reason)
    return TaskOut.of(own_task(request, pk))


@router.post("/reviews/{pk}/undo", response=TaskOut)
@allow(Permission.REVIEW)
def undo_review(request: HttpRequest, pk: Id) -> dict[str, Any]:
    """Take back what you handed in or skipped, to change it."""
    services.undo_submit(by=person(request), task=own_task(request, pk))
    return TaskOut.of(own_task(request, pk))


@router.get("/audits/{pk}/reviews", response=ReviewProgressOut)
@allow(Permission.SEE_AUDITS)
def get_review_progress(request: HttpRequest, pk: Id) -> ReviewProgress:
    """How far the reviews of an audit are."""
    return progress(visible_audit(request, pk))


@router.get("/audits/{pk}/reviews/in-work", response=list[InWorkOut])
@allow(Permission.SEE_VERDICTS)
def list_tasks_in_work(request: HttpRequest, pk: Id) -> list[ReviewTask]:
    """What lies on auditors' desks while an audit collects, the longest first."""
    audit = visible_audit(request, pk)
    return list(in_work(audit)) if phase(audit) is Phase.INDEPENDENT else []


@router.post("/audits/{pk}/reviews/{task}/release", response=TaskLine)
@allow(Permission.RUN_AUDITS)
def release_task(request: HttpRequest, pk: Id, task: Id) -> ReviewTask:
    """Give a begun task to somebody else: the answer is the task that now waits; what was typed is kept."""
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    begun = one(ReviewTask.objects.filter(audit=audit), pk=task)
    return give_to_somebody_else(by=person(request), task=begun)


def own_task(request: HttpRequest, pk: int) -> ReviewTask:
    return one(tasks_visible_to(person(request)).select_related("review"), pk=pk)
