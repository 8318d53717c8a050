"""How many to label, how sure that makes, and what it costs: before an audit is opened."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.batches import visible_batch
from auditing.api.fields import Id, Name, Text
from auditing.api.policy import allow
from auditing.estimation.planner import Question, answer, known_of

router = Router(tags=["plans"])
Share = Annotated[float, Field(gt=0, lt=1)]


class PlanQuestionIn(Schema):
    batch: Id | None = Field(
        None, description="A delivered batch: its size, its strata, its collection's audits."
    )
    goal: Name = Field("precision", description="precision, zero-failure, two-point, aql or sequential.")
    population: int | None = Field(None, ge=2, le=10_000_000, description="Items, where no batch is named.")
    pass_rate: Share | None = None
    confidence: Share = 0.95
    margin: Share = 0.03
    acceptable: float = Field(0.01, ge=0, lt=1, description="Failing rate that should pass.")
    tolerable: Share = Field(0.05, description="Failing rate that must not.")
    alpha: Share = 0.05
    beta: Share = 0.1
    aql: float = Field(1.5, gt=0, le=10)
    level: Name = "II"
    severity: Name = "normal"
    method: Name = "simple"
    by: Text = ""
    allocation: Name = "proportional"
    use_judges: bool = True
    minutes: float | None = Field(None, ge=0, le=10_000)
    hourly: float | None = Field(None, ge=0, le=100_000)


class StratumPlanOut(Schema):
    name: str
    size: int | None
    labels: int
    minutes: float
    money: float | None


class PlannedOut(Schema):
    question: dict[str, Any]
    plan: dict[str, Any] = Field(description="n, accept, reject, risks, half_width and the curve.")
    saving: dict[str, Any] = Field(description="Predicted, with its bounds and the reason.")
    strata: list[StratumPlanOut]
    minutes: float
    money: float | None
    words: list[str]
    sop: dict[str, Any] = Field(description="The parts of an SOP file that follow this plan.")


@router.get("/plans/answer", response=PlannedOut)
@allow(Permission.SEE_AUDITS)
def plan_audit(request: HttpRequest, asked: Query[PlanQuestionIn]) -> dict[str, Any]:
    """How many to label, how sure that makes, and what it costs, learning from the collection's earlier audits."""
    batch = visible_batch(request, asked.batch, Permission.SEE_AUDITS) if asked.batch else None
    known = known_of(collection=batch.collection if batch else None, batch=batch, by=asked.by)
    given = {
        **asked.dict(exclude={"batch"}),
        "population": known.population or asked.population,
        "pass_rate": asked.pass_rate or known.pass_rate,
    }
    return answer(Question.of(given), known).to_dict()
