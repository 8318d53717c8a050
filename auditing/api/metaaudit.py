"""How far judges and auditors can be trusted."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.audits import visible_audit
from auditing.api.batches import visible_batch
from auditing.api.blindness import require_no_part, require_opinions_in
from auditing.api.estimation import Confidence
from auditing.api.fields import Id, Label, Name
from auditing.api.policy import allow, person
from auditing.metaaudit.comparisons import Comparison
from auditing.metaaudit.selectors import Evidence, comparisons, evidence
from auditing.rubrics.selectors import published_version

router = Router(tags=["meta-audit"])


class Asked(Schema):
    reference: Label | None = Field(
        None, description="Compare everybody with this rater; unless given, with gold where there is gold."
    )
    criterion: Name | None = None
    confidence: Confidence = 0.95


@router.get("/audits/{pk}/comparisons", response=list[Comparison])
@allow(Permission.SEE_VERDICTS)
def get_comparisons(request: HttpRequest, pk: Id, asked: Query[Asked]) -> list[Comparison]:
    """Judges against humans and humans against one another: accuracy, kappa, AC1 and alpha with intervals."""
    audit = visible_audit(request, pk, Permission.SEE_VERDICTS)
    require_opinions_in(person(request), audit)
    return compared(evidence(batch=audit.batch, audit=audit), asked)


@router.get("/batches/{pk}/comparisons", response=list[Comparison])
@allow(Permission.SEE_VERDICTS)
def get_batch_comparisons(
    request: HttpRequest, pk: Id, asked: Query[Asked], rubric: Name | None = None
) -> list[Comparison]:
    """The same for ratings made elsewhere; `rubric` names the published rubric that says the scales."""
    batch = visible_batch(request, pk, Permission.SEE_VERDICTS)
    require_no_part(person(request), batch)
    spec = published_version(rubric).spec if rubric else None
    return compared(evidence(batch=batch, rubric=spec), asked)


def compared(seen: Evidence, asked: Asked) -> list[Comparison]:
    wanted: dict[str, Any] = asked.dict()
    return comparisons(seen, **wanted)
