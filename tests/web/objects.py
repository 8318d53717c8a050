"""One object of every kind, and what to put into a URL to reach it. `test_policies.py` walks every URL with these.

A new kind of page adds its object to `World` and its first path segment to `REACHED_BY`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils import timezone

from auditing.accounts.models import ApiToken, User
from auditing.adjudication.models import Disagreement, Kind, Ruling
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.datasets.models import Batch, Delivery, Item, RejectedRow
from auditing.estimation.models import Decision, Estimate, Inspection, Outcome
from auditing.judging.models import (
    Call,
    CallState,
    Endpoint,
    Judge,
    JudgeVersion,
    Run,
    RunState,
    Trial,
    TrialCall,
    Verdict,
)
from auditing.pipeline.models import Schedule, Trigger
from auditing.reports.models import Report
from auditing.reports.services import make_report
from auditing.reviews.models import Answer, Review, ReviewTask, TaskState
from auditing.rubrics.models import RubricDraftRevision, RubricVersion
from auditing.sampling.models import Plan
from auditing.sampling.services import draw_sample
from auditing.sops.models import SopDraftRevision, SopVersion
from tests.cast import RUBRIC, SOP, published_first_version


@dataclass
class World:
    """An audit in the middle of its way, with everything that hangs on it."""

    audit: Audit
    item: Item
    plan: Plan
    run: Run
    call: Call
    verdict: Verdict
    task: ReviewTask
    disagreement: Disagreement
    ruling: Ruling
    estimate: Estimate
    decision: Decision
    report: Report
    schedule: Schedule
    delivery: Delivery
    endpoint: Endpoint
    trial: Trial
    token: ApiToken
    rubric_revision: RubricDraftRevision
    sop_revision: SopDraftRevision
    person: User
    inspection: Inspection

    @property
    def batch(self) -> Batch:
        return self.audit.batch


# (first path segment, name in the URL) -> the value that reaches this world's object
REACHED_BY: dict[tuple[str, str], Callable[[World], Any]] = {
    ("account", "pk"): lambda world: world.token.pk,
    ("audits", "pk"): lambda world: world.audit.pk,
    ("audits", "task"): lambda world: world.task.pk,
    ("batches", "pk"): lambda world: world.batch.pk,
    ("calls", "pk"): lambda world: world.call.pk,
    ("collections", "slug"): lambda world: world.batch.collection.slug,
    ("collections", "user_id"): lambda world: world.person.pk,
    ("deliveries", "pk"): lambda world: world.delivery.pk,
    ("disagreements", "pk"): lambda world: world.disagreement.pk,
    ("docs", "topic"): lambda world: "planning",
    ("endpoints", "name"): lambda world: world.endpoint.name,
    ("endpoints", "pk"): lambda world: world.endpoint.pk,
    ("inspections", "pk"): lambda world: world.inspection.pk,
    ("items", "pk"): lambda world: world.item.pk,
    ("judges", "name"): lambda world: world.run.judge_version.judge.name,
    ("judges", "pk"): lambda world: world.trial.pk,
    ("judges", "number"): lambda world: world.run.judge_version.number,
    ("people", "pk"): lambda world: world.person.pk,
    ("reports", "pk"): lambda world: world.report.pk,
    ("reports", "format"): lambda world: "json",
    ("reviews", "pk"): lambda world: world.task.pk,
    ("rubrics", "name"): lambda world: world.rubric_revision.rubric.name,
    ("rubrics", "number"): lambda world: 1,
    ("rubrics", "pk"): lambda world: world.rubric_revision.pk,
    ("rulings", "pk"): lambda world: world.ruling.pk,
    ("runs", "pk"): lambda world: world.run.pk,
    ("schedules", "pk"): lambda world: world.schedule.pk,
    ("sops", "pk"): lambda world: world.sop_revision.sop.pk,
    ("sops", "number"): lambda world: 1,
    ("sops", "revision"): lambda world: world.sop_revision.pk,
}
# kinds that belong to no collection: every lead reaches them
SHARED = {"account", "calls-prices", "docs", "endpoints", "judges", "people", "rubrics"}


def make_world(audit: Audit, lead: User, auditors: list[User], person: User) -> World:
    plan = draw_sample(by=lead, audit=audit)
    items = [draw.item for draw in plan.draws.filter(is_human=True)]
    run, call, verdict, endpoint = make_run(audit, items[0], lead)
    task = make_reviews(audit, items, auditors)
    rubric_revision, sop_revision = make_drafts(audit, lead)
    RejectedRow.objects.create(batch=audit.batch, line=7, field="id", message="is missing", raw="{}")
    return World(
        audit=audit,
        item=items[0],
        plan=plan,
        run=run,
        call=call,
        verdict=verdict,
        endpoint=endpoint,
        trial=make_trial(run, items[0], lead),
        task=task,
        **make_outcomes(audit, items, lead),
        schedule=Schedule.objects.create(
            collection=audit.batch.collection,
            sop=audit.sop_version.sop,
            name="Every batch",
            trigger=Trigger.ON_BATCH,
            set_at=timezone.now(),
            created_by=lead,
        ),
        delivery=Delivery.objects.create(
            collection=audit.batch.collection, by=lead, file_name="week-11.jsonl", path="none.jsonl", size=10
        ),
        token=ApiToken.objects.create(user=lead, name="ci", prefix="dok_12345678", digest="0" * 64),
        rubric_revision=rubric_revision,
        sop_revision=sop_revision,
        person=person,
        inspection=Inspection.objects.create(
            collection=audit.batch.collection,
            producer=audit.batch.producer,
            criterion="correct",
            since=timezone.now(),
        ),
    )


def make_run(audit: Audit, item: Item, lead: User) -> tuple[Run, Call, Verdict, Endpoint]:
    endpoint = Endpoint.objects.create(name="local", base_url="http://127.0.0.1:9/v1")
    judge = Judge.objects.create(name="careful")
    content = {"endpoint": "local", "model": "careful-1", "instructions": "Be careful.", "parameters": {}}
    version = JudgeVersion.objects.create(judge=judge, content=content, **published_first_version(lead))
    run = Run.objects.create(
        audit=audit, judge_version=version, fingerprint="0" * 64, state=RunState.FINISHED, created_by=lead
    )
    call = Call.objects.create(run=run, item=item, state=CallState.DONE, claim=uuid4(), exchanges=[])
    verdict = Verdict.objects.create(
        call=call, run=run, item=item, criterion="correct", outcome="scored", value="no", at=timezone.now()
    )
    return run, call, verdict, endpoint


def make_trial(run: Run, item: Item, lead: User) -> Trial:
    """The judge tried on one item, which its endpoint failed."""
    version = run.judge_version
    trial = Trial.objects.create(
        purpose=Trial.Purpose.PLAYGROUND,
        judge=version.judge,
        judge_version=version,
        batch=item.batch,
        rubric=RUBRIC,
        sides=[{"name": "draft", "content": version.content, "fenced": True}],
        options={"seed": 1, "rubric": "answer-correctness v1"},
        created_by=lead,
    )
    TrialCall.objects.create(
        trial=trial, side="draft", key=item.external_id, item=item, state=CallState.FAILED, error="down"
    )
    return trial


def make_reviews(audit: Audit, items: list[Item], auditors: list[User]) -> ReviewTask:
    """Two submitted reviews that differ on one item; the first auditor has the next item before her."""
    for replicate, (auditor, value) in enumerate(zip(auditors, ("yes", "no"), strict=False), start=1):
        task = ReviewTask.objects.create(
            audit=audit,
            item=items[0],
            replicate=replicate,
            position=0,
            state=TaskState.SUBMITTED,
            reviewer=auditor,
            assigned_at=timezone.now(),
        )
        answers = {"correct": value, "helpful": "2"}
        review = Review.objects.create(task=task, answers=answers, submitted_at=timezone.now())
        for criterion, answer in answers.items():
            Answer.objects.create(review=review, criterion=criterion, value=answer)
    task = ReviewTask.objects.create(
        audit=audit,
        item=items[1],
        position=1,
        state=TaskState.ASSIGNED,
        reviewer=auditors[0],
        assigned_at=timezone.now(),
    )
    Review.objects.create(task=task)
    return task


def make_outcomes(audit: Audit, items: list[Item], lead: User) -> dict[str, Any]:
    audit.state = AuditState.ESTIMATED  # every opinion is in: nothing is closed for the reviewers' blindness
    audit.save(update_fields=["state"])
    return {
        "disagreement": Disagreement.objects.create(
            audit=audit, item=items[0], criterion="correct", kind=Kind.DIFFER
        ),
        "ruling": Ruling.objects.create(
            audit=audit, item=items[0], criterion="helpful", value="2", rationale="Half of it.", by=lead
        ),
        "estimate": Estimate.objects.create(
            audit=audit,
            criterion="item_passes",
            estimand="pass_rate",
            basis="human",
            method="hypergeometric",
            estimate=0.5,
            low=0.2,
            high=0.8,
            confidence=0.95,
            n_human=2,
            n_judged=0,
            population=len(items),
            inputs_hash="0" * 64,
        ),
        "decision": Decision.objects.create(
            audit=audit, rule=SOP["acceptance"], evidence={}, proposed=Outcome.CONTINUE, reason="Too few."
        ),
        "report": make_report(by=lead, audit=audit),
    }


def make_drafts(audit: Audit, lead: User) -> tuple[RubricDraftRevision, SopDraftRevision]:
    rubric, sop = audit.sop_version.rubric_version.rubric, audit.sop_version.sop
    RubricVersion.objects.create(rubric=rubric, content=RUBRIC, created_by=lead)
    SopVersion.objects.create(sop=sop, content=SOP, created_by=lead)
    return (
        RubricDraftRevision.objects.create(rubric=rubric, content=RUBRIC, by=lead),
        SopDraftRevision.objects.create(sop=sop, content=SOP, by=lead),
    )
