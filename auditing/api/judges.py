"""Judges and their versions."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.blindness import require_no_part
from auditing.api.fields import Document, Id, Label, Name, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.api.runs import ExchangeOut
from auditing.api.versions import BasedIn, PublishIn, VersionLine, VersionOut, lines_of
from auditing.core.models import PublishedVersion
from auditing.core.versions import draft_of, newest_of
from auditing.datasets.selectors import batches_visible_to
from auditing.judging.models import Judge, JudgeVersion, Trial
from auditing.judging.selectors import judges_visible_to, versions_visible_to
from auditing.judging.services import create_judge, publish, save_draft
from auditing.judging.tasks import work_on_trial
from auditing.judging.trials import trial_progress, trials_visible_to
from auditing.metaaudit.playground import MOST_ITEMS, ItemTried, start_playground, tried
from auditing.metaaudit.probes import result_of
from auditing.pipeline.wakeups import wake
from auditing.rubrics.selectors import published_version

router = Router(tags=["judges"])
CONTENT = {"endpoint": "default", "model": "gpt-4o", "instructions": "Be strict.", "temperature": 0}


class DraftIn(Schema):
    content: Document = Field(examples=[CONTENT], description="Endpoint, model, instructions and parameters.")


class ChangedDraftIn(DraftIn, BasedIn):
    pass


class JudgeIn(DraftIn):
    name: Name = Field(examples=["careful"])
    description: Text = ""


class JudgeLine(Schema):
    name: str
    description: str
    simulated: bool


class JudgeOut(JudgeLine):
    versions: list[VersionLine]

    @staticmethod
    def resolve_versions(judge: Judge, context: dict[str, Any]) -> list[PublishedVersion]:
        return lines_of(list(judge.versions.all()), person(context["request"]).may(Permission.MANAGE_JUDGES))


class JudgeVersionOut(VersionOut):
    judge: str

    @staticmethod
    def resolve_judge(version: JudgeVersion) -> str:
        return version.judge.name


class TryIn(Schema):
    batch: Id = Field(examples=[1])
    rubric: Name = Field(examples=["answer-correctness"], description="The newest published version is used.")
    items: list[Label] = Field([], description="Item ids; without them `most` items are drawn by `seed`.")
    seed: int = Field(1, ge=0)
    most: int = Field(MOST_ITEMS, ge=1, le=MOST_ITEMS)
    content: Document | None = Field(None, description="Unless given, the draft as it is kept.")


class SaidOut(Schema):
    outcome: str
    value: str
    reason: str
    rationale: str


class CriterionTriedOut(Schema):
    criterion: str
    draft: SaidOut | None
    published: SaidOut | None
    ruling: str | None
    differs: bool | None
    right: bool | None


class ItemTriedOut(Schema):
    item: str
    state: str
    error: str
    suspicion: str
    criteria: list[CriterionTriedOut]
    exchanges: list[ExchangeOut]

    @staticmethod
    def resolve_item(tried: ItemTried) -> str:
        return tried.item.external_id


class TrialOut(Schema):
    id: int
    purpose: str
    state: str
    reason: str
    calls: int
    finished: int
    spent: float | None
    items: list[ItemTriedOut] = Field(description="Of a try; none of a probe.")
    probe: dict[str, Any] | None = Field(description="Of a probe, as `probe_injections --json` has it.")

    @staticmethod
    def resolve_calls(trial: Trial) -> int:
        return trial_progress(trial).total

    @staticmethod
    def resolve_finished(trial: Trial) -> int:
        return trial_progress(trial).finished

    @staticmethod
    def resolve_spent(trial: Trial) -> Decimal | None:
        return trial_progress(trial).spent

    @staticmethod
    def resolve_items(trial: Trial) -> list[ItemTried]:
        return tried(trial) if trial.purpose == Trial.Purpose.PLAYGROUND else []

    @staticmethod
    def resolve_probe(trial: Trial) -> dict[str, Any] | None:
        return result_of(trial) if trial.purpose == Trial.Purpose.INJECTION else None


@router.get("/judges", response=list[JudgeLine])
@paginate(Pages)
@allow(Permission.SEE_VERDICTS)
def list_judges(request: HttpRequest) -> QuerySet[Judge]:
    """Every judge that is in use."""
    return judges_visible_to(person(request)).filter(archived_at=None)


@router.post("/judges", response={201: JudgeOut})
@allow(Permission.MANAGE_JUDGES)
def add_judge(request: HttpRequest, given: JudgeIn) -> Any:
    """A new judge with a first draft; publish it to put it to work."""
    return Status(201, create_judge(by=person(request), **given.dict()))


@router.get("/judges/{name}", response=JudgeOut)
@allow(Permission.SEE_VERDICTS)
def get_judge(request: HttpRequest, name: Name) -> Judge:
    """A judge and its versions, newest first."""
    return visible_judge(request, name)


@router.put("/judges/{name}/draft", response=JudgeVersionOut)
@allow(Permission.MANAGE_JUDGES)
def put_judge_draft(request: HttpRequest, name: Name, given: ChangedDraftIn) -> JudgeVersion:
    """Keep a draft, right or not yet."""
    return save_draft(by=person(request), judge=visible_judge(request, name), **given.dict())


@router.post("/judges/{name}/publish", response=JudgeVersionOut)
@allow(Permission.MANAGE_JUDGES)
def publish_judge(request: HttpRequest, name: Name, given: PublishIn) -> JudgeVersion:
    """Freeze the draft as the next version."""
    return publish(by=person(request), judge=visible_judge(request, name), **given.dict())


@router.get("/judges/{name}/versions/{number}", response=JudgeVersionOut)
@allow(Permission.SEE_VERDICTS)
def get_judge_version(request: HttpRequest, name: Name, number: Id) -> JudgeVersion:
    """A published version with all it says."""
    return one(versions_visible_to(person(request)), judge__name=name, number=number)


@router.post("/judges/{name}/try", response={202: TrialOut})
@allow(Permission.MANAGE_JUDGES)
def try_judge(request: HttpRequest, name: Name, given: TryIn) -> Any:
    """Put the draft to at most ten items, beside the published version; ask for the trial until it has finished."""
    judge, user = visible_judge(request, name), person(request)
    batch = one(batches_visible_to(user, Permission.SEE_VERDICTS), pk=given.batch)
    source = draft_of(judge) or newest_of(judge)
    trial = start_playground(
        by=user,
        judge=judge,
        content=given.content or source.content,
        rubric_version=published_version(given.rubric),
        batch=batch,
        item_ids=given.items,
        seed=given.seed,
        most=given.most,
    )
    wake(work_on_trial, trial.pk)
    return Status(202, trial)


@router.get("/judges/{name}/trials/{pk}", response=TrialOut)
@allow(Permission.SEE_VERDICTS)
def get_trial(request: HttpRequest, name: Name, pk: Id) -> Trial:
    """How far a try or a probe is, and what it has found."""
    trial: Trial = one(trials_visible_to(person(request)), judge__name=name, pk=pk)
    if trial.batch:
        require_no_part(person(request), trial.batch)
    return trial


def visible_judge(request: HttpRequest, name: str) -> Judge:
    return one(judges_visible_to(person(request)), name=name)
