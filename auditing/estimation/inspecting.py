"""Acceptance by tables: how strictly a producer's next batch is looked at, and what each batch changes about it."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Batch
from auditing.datasets.policies import require
from auditing.datasets.selectors import collections_visible_to
from auditing.estimation.lifecycle import INSPECTION, VERBS, InspectionState
from auditing.estimation.models import Decision, InspectedLot, Inspection
from auditing.journal.services import record
from auditing.sampling.drawing import Guide
from auditing.sops.acceptance import Acceptance
from auditing.stats.acceptance import SinglePlan, single_plan, switch


def inspections_visible_to(
    user: User, permission: Permission = Permission.SEE_AUDITS
) -> QuerySet[Inspection]:
    found = Inspection.objects.filter(collection__in=collections_visible_to(user, permission))
    return found.select_related("collection", "producer")


def inspection_of(audit: Audit, criterion: str) -> Inspection:
    """The inspection of the batch's producer, begun as normal with its first batch."""
    inspection, _ = Inspection.objects.get_or_create(
        collection=audit.batch.collection,
        producer=audit.batch.producer,
        criterion=criterion,
        defaults={"since": timezone.now()},
    )
    return inspection


def guide_by_tables(audit: Audit, rule: Acceptance) -> Guide:
    """What the tables ask of this batch, as strictly as its producer's inspection stands now.

    Raises Conflict where inspection is discontinued, BadInput where the batch is too small for the tables.
    """
    inspection = inspection_of(audit, rule.criterion)
    plan = _plan_by_tables(audit.batch, rule, inspection)
    tables = {
        "standard": "MIL-STD-105E / Z1.4",
        "inspection": inspection.pk,
        "severity": inspection.state,
        "aql": rule.aql,
        "level": rule.level,
        **plan.to_dict(),
    }
    return Guide(human_size=plan.n, facts={"inspection": tables})


def size_by_tables(batch: Batch, rule: Acceptance) -> int:
    """How many labels `guide_by_tables` would ask for if the batch were drawn now; nothing is begun by asking.

    Raises what it raises.
    """
    own = {"collection": batch.collection, "producer": batch.producer, "criterion": rule.criterion}
    inspection = Inspection.objects.filter(**own).first() or Inspection(**own)
    return _plan_by_tables(batch, rule, inspection).n


def _plan_by_tables(batch: Batch, rule: Acceptance, inspection: Inspection) -> SinglePlan:
    if inspection.state == InspectionState.DISCONTINUED:
        raise Conflict(
            f"Inspection of {inspection} is discontinued: a lead resumes it once the cause is gone."
        )
    try:
        return single_plan(batch.item_count, rule.aql, rule.level, inspection.state)  # type: ignore[arg-type]
    except ValueError as error:
        raise BadInput(f"The tables have no plan: {error}.", field="acceptance.aql") from error


@transaction.atomic
def inspected(audit: Audit, decision: Decision) -> InspectedLot | None:
    """Count a decided batch, by what its labels showed, and switch where the rules say so.

    Only a batch's first inspection counts: None for one that is looked at again. A batch that was drawn before
    the inspection switched is kept, but says nothing of the state that holds now.
    """
    evidence = decision.evidence
    if "inspection" not in evidence:
        return None
    inspection = Inspection.objects.select_for_update().get(pk=evidence["inspection"])
    if inspection.lots.filter(audit__batch=audit.batch_id).exists():
        return None
    following = _following(inspection, evidence["severity"], decision.result)
    lot = InspectedLot.objects.create(
        inspection=inspection,
        audit=audit,
        severity=evidence["severity"],
        facts={key: evidence[key] for key in ("code", "n", "accept", "reject", "failing")},
        result=decision.result,
        state_after=following,
        at=timezone.now(),
    )
    if following != inspection.state:
        _switch(inspection, following)
    return lot


def _following(inspection: Inspection, severity: str, result: str) -> str:
    """The state after one more batch, by those that were inspected as strictly since this state began."""
    if severity != inspection.state:
        return inspection.state
    lots = inspection.lots.filter(at__gte=inspection.since, severity=severity).exclude(result="")
    results = [*lots.order_by("at", "pk").values_list("result", flat=True), result]
    following = switch(severity, results)  # type: ignore[arg-type]  # the words are the same
    return InspectionState.DISCONTINUED if following == "discontinue" else following


def _switch(inspection: Inspection, following: str) -> None:
    INSPECTION.advance(inspection, VERBS[InspectionState(inspection.state), InspectionState(following)])
    inspection.since = timezone.now()
    inspection.save(update_fields=["since"])


@transaction.atomic
def resume(*, by: User | None, inspection: Inspection, reason: str) -> Inspection:
    """Look at a producer's batches again, under tightened inspection. Raises Conflict unless it was discontinued."""
    require(by, Permission.DECIDE, inspection.collection)
    if not reason.strip():
        raise BadInput("Say what has changed.", field="reason")
    INSPECTION.advance(inspection, "resume")
    inspection.since = timezone.now()
    inspection.save(update_fields=["since"])
    details: dict[str, Any] = {"reason": reason.strip()}
    InspectedLot.objects.create(
        inspection=inspection,
        severity=InspectionState.DISCONTINUED,
        facts=details,
        state_after=inspection.state,
        at=inspection.since,
    )
    record(
        by=by,
        verb="resumed the inspection of",
        subject=inspection,
        collection_id=inspection.collection_id,
        details=details,
    )
    return inspection
