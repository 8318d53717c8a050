"""Judges at work: runs, their calls with the exact prompt and response, and their verdicts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.audits import visible_audit
from auditing.api.blindness import require_no_part
from auditing.api.fields import Id, Name, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.audits.models import Audit
from auditing.judging.lifecycle import CallState
from auditing.judging.models import Call, Run, Verdict
from auditing.judging.selectors import (
    CallView,
    Exchange,
    RunProgress,
    call_view,
    calls_visible_to,
    progress,
    runs_visible_to,
    verdicts_of,
)
from auditing.judging.services import cancel, pause, replace, resume, retry_failed
from auditing.judging.tasks import work_on_run
from auditing.pipeline.wakeups import wake

router = Router(tags=["runs"])


class RunLine(Schema):
    id: int
    audit: int
    judge: str = Field(examples=["careful v1"])
    fingerprint: str
    state: str
    reason: str
    budget: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_audit(run: Run) -> int:
        return run.audit_id

    @staticmethod
    def resolve_judge(run: Run) -> str:
        return str(run.judge_version)


class ProgressOut(Schema):
    """In calls; `unscored` of those done, `spent` in US dollars, `rate` a minute, `eta` in seconds."""

    queued: int
    claimed: int
    done: int
    unscored: int
    failed: int
    total: int
    spent: float | None
    unpriced: int
    tokens: int
    rate: float
    eta: float | None
    suspected: int = Field(description="Items that seem to address the judge.")


class RunOut(RunLine):
    progress: ProgressOut

    @staticmethod
    def resolve_progress(run: Run) -> RunProgress:
        return progress(run)


class CallLine(Schema):
    id: int
    item: str
    state: str
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    latency_ms: int | None
    attempts: int
    error: str
    suspicion: str = Field(description="Why the item seems to address the judge.")

    @staticmethod
    def resolve_item(call: Call) -> str:
        return call.item.external_id


class VerdictOut(Schema):
    judge: str
    item: str
    criterion: str
    outcome: str
    value: str
    probability: float | None
    rationale: str
    reason: str = Field(description="Why there is no value.")
    call: int

    @staticmethod
    def resolve_judge(verdict: Verdict) -> str:
        return str(verdict.run.judge_version)

    @staticmethod
    def resolve_item(verdict: Verdict) -> str:
        return verdict.item.external_id

    @staticmethod
    def resolve_call(verdict: Verdict) -> int:
        return verdict.call_id


class ExchangeOut(Schema):
    """One request as it was sent, and what came back; `messages` are [role, text]."""

    model: str
    messages: list[tuple[str, str]]
    parameters: dict[str, Any]
    response: str
    finish_reason: str
    error: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    latency_ms: int
    attempts: int
    started_at: datetime
    cached: bool = Field(description="The reply was paid for before; nothing was sent.")


class CallOut(Schema):
    call: CallLine
    judge: str
    rubric: str
    endpoints: list[str]
    verdicts: list[VerdictOut]
    exchanges: list[ExchangeOut]

    @staticmethod
    def resolve_judge(view: CallView) -> str:
        return str(view.judge_version)

    @staticmethod
    def resolve_rubric(view: CallView) -> str:
        return str(view.rubric_version)

    @staticmethod
    def resolve_exchanges(view: CallView) -> list[Exchange]:
        return view.exchanges


class PauseIn(Schema):
    reason: Text = Field("", examples=["The endpoint is being moved."])


class OtherJudgeIn(Schema):
    judge: Name = Field(
        examples=["careful"],
        description="Its newest version is asked; no version that has a run here already.",
    )


@router.get("/audits/{pk}/runs", response=list[RunLine])
@paginate(Pages)
@allow(Permission.SEE_VERDICTS)
def list_runs(request: HttpRequest, pk: Id) -> QuerySet[Run]:
    """The judge runs of an audit."""
    return runs_visible_to(person(request)).filter(audit=visible_audit(request, pk, Permission.SEE_VERDICTS))


@router.get("/runs/{pk}", response=RunOut)
@allow(Permission.SEE_VERDICTS)
def get_run(request: HttpRequest, pk: Id) -> Run:
    """A run and how far it is."""
    return visible_run(request, pk)


@router.post("/runs/{pk}/pause", response=RunOut)
@allow(Permission.RUN_AUDITS)
def pause_run(request: HttpRequest, pk: Id, given: PauseIn) -> Run:
    """Make no further call; what is under way is finished and kept."""
    return pause(by=person(request), run=visible_run(request, pk), reason=given.reason)


@router.post("/runs/{pk}/resume", response=RunOut)
@allow(Permission.RUN_AUDITS)
def resume_run(request: HttpRequest, pk: Id) -> Run:
    """Go on where it stopped."""
    return steer(request, pk, resume)


@router.post("/runs/{pk}/retry", response=RunOut)
@allow(Permission.RUN_AUDITS)
def retry_run(request: HttpRequest, pk: Id) -> Run:
    """Make the failed calls again, and only those."""
    return steer(request, pk, retry_failed)


@router.post("/runs/{pk}/cancel", response=RunOut)
@allow(Permission.RUN_AUDITS)
def cancel_run(request: HttpRequest, pk: Id) -> Run:
    """Stop for good; what was judged stays."""
    return cancel(by=person(request), run=visible_run(request, pk))


@router.post("/runs/{pk}/replace", response=RunOut)
@allow(Permission.RUN_AUDITS)
def replace_run(request: HttpRequest, pk: Id, given: OtherJudgeIn) -> Run:
    """Stop for good, and ask another judge instead; answers with the other judge's run."""
    other = replace(by=person(request), run=visible_run(request, pk), judge=given.judge)
    wake(work_on_run, other.pk)
    return other


def steer(request: HttpRequest, pk: int, service: Callable[..., Run]) -> Run:
    run = service(by=person(request), run=visible_run(request, pk))
    wake(work_on_run, run.pk)
    return run


@router.get("/runs/{pk}/calls", response=list[CallLine])
@paginate(Pages)
@allow(Permission.SEE_VERDICTS)
def list_calls(request: HttpRequest, pk: Id, state: CallState | None = None) -> QuerySet[Call]:
    """A run's calls, one an item."""
    run = visible_run(request, pk)
    require_no_part(person(request), run.audit.batch)
    calls = calls_visible_to(person(request)).filter(run=run).order_by("pk")
    calls = calls.defer("exchanges", "item__payload")
    return calls.filter(state=state) if state else calls


@router.get("/calls/{pk}", response=CallOut)
@allow(Permission.SEE_VERDICTS)
def get_call(request: HttpRequest, pk: Id) -> CallView:
    """The exact prompt and response of every request of a call, and the verdicts it led to."""
    calls = calls_visible_to(person(request)).select_related(
        "item",
        "run__judge_version__judge",
        "run__audit__batch__collection",
        "run__audit__sop_version__rubric_version__rubric",
    )
    call = one(calls, pk=pk)
    require_no_part(person(request), call.run.audit.batch)
    return call_view(call)


@router.get("/audits/{pk}/verdicts", response=list[VerdictOut])
@paginate(Pages)
@allow(Permission.SEE_VERDICTS)
def list_verdicts(request: HttpRequest, pk: Id) -> QuerySet[Verdict]:
    """Every verdict of an audit's judges."""
    return open_verdicts(request, visible_audit(request, pk, Permission.SEE_VERDICTS))


def open_verdicts(request: HttpRequest, audit: Audit) -> QuerySet[Verdict]:
    require_no_part(person(request), audit.batch)
    return verdicts_of(audit).select_related("run__judge_version__judge", "item").order_by("pk")


def visible_run(request: HttpRequest, pk: int) -> Run:
    return one(runs_visible_to(person(request)), pk=pk)
