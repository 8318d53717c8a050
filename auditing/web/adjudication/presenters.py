"""What the ruling screens show. The judges' opinions only after the ruling, or when somebody asks on record."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from auditing.adjudication.differences import majority
from auditing.adjudication.models import Disagreement, DisagreementState, Ruling
from auditing.adjudication.selectors import neighbours, opinions_on, rulings_on, values_by_case
from auditing.audits.models import Audit
from auditing.judging.models import Verdict
from auditing.reviews.models import TaskState
from auditing.rubrics.schema import Criterion
from auditing.web.adjudication.forms import DisagreementFilter
from auditing.web.policy import person
from auditing.web.rubrics.inputs import criterion_input, read_answer


@dataclass(frozen=True)
class CaseRow:
    case: Disagreement
    criterion: Criterion
    values: list[str]


@dataclass(frozen=True)
class RulingRow:
    ruling: Ruling
    criterion: Criterion
    case: Disagreement | None


def rows_of(cases: list[Disagreement], values: dict[int, list[str]]) -> list[CaseRow]:
    return [CaseRow(case, case.audit.rubric.criterion(case.criterion), values[case.pk]) for case in cases]


def ruling_rows(audit: Audit, rulings: list[Ruling]) -> list[RulingRow]:
    cases = {(case.item_id, case.criterion): case for case in Disagreement.objects.filter(audit=audit)}
    return [
        RulingRow(
            ruling, audit.rubric.criterion(ruling.criterion), cases.get((ruling.item_id, ruling.criterion))
        )
        for ruling in rulings
    ]


def majorities(audit: Audit) -> int:
    """How many open cases a majority of three or more reviewers would decide."""
    values = values_by_case(audit)
    open_cases = Disagreement.objects.filter(audit=audit, state=DisagreementState.OPEN)
    types = {criterion.key: criterion.scale.type for criterion in audit.rubric.criteria}
    return sum(
        majority(types[case.criterion], values[case.item_id, case.criterion]) is not None
        for case in open_cases
    )


def case_context(request: HttpRequest, case: Disagreement, *, with_verdicts: bool) -> dict[str, Any]:
    """The ruling screen; after a refusal it says again what was posted."""
    rulings = list(rulings_on(case))
    standing = next((ruling for ruling in rulings if ruling.superseded_at is None), None)
    criterion = case.audit.rubric.criterion(case.criterion)
    before, after = neighbours(DisagreementFilter.of(request).rows(), case)
    shows_verdicts = with_verdicts or standing is not None
    return {
        "case": case,
        "criterion": criterion,
        **_said(request, criterion, standing),
        "opinions": opinions_on(case),
        "names": "names" in request.GET,
        "names_query": _toggled(request, "names"),
        "own_opinion": case.audit.review_tasks.filter(
            item=case.item_id, reviewer=person(request), state=TaskState.SUBMITTED
        ).exists(),
        "rulings": rulings,
        "standing": standing,
        "verdicts": verdicts_on(case) if shows_verdicts else None,
        "before": before,
        "after": after,
        "query": request.GET.urlencode(),
    }


def _said(request: HttpRequest, criterion: Criterion, standing: Ruling | None) -> dict[str, Any]:
    if "rationale" in request.POST:
        value, rationale = read_answer(criterion, request.POST), request.POST["rationale"]
        gold = "gold" in request.POST
    else:
        value, rationale, gold = None, "", False
        if standing:
            value, rationale, gold = standing.value, standing.rationale, standing.is_gold
    return {"input": criterion_input(criterion, value), "rationale": rationale, "gold": gold}


def verdicts_on(case: Disagreement) -> QuerySet[Verdict]:
    """What each judge of the audit says on the case."""
    return (
        Verdict.objects.filter(run__audit=case.audit_id, item=case.item_id, criterion=case.criterion)
        .select_related("run__judge_version__judge")
        .order_by("run__judge_version__judge__name", "run")
    )


def _toggled(request: HttpRequest, name: str) -> str:
    """The address's query with a switch turned over."""
    query = request.GET.copy()
    if name in query:
        del query[name]
    else:
        query[name] = "1"
    return query.urlencode()
