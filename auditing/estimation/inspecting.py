"""Acceptance by tables: how strictly a producer's next batch is looked at, and what each batch changes about it."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.policies import require
from auditing.datasets.selectors import collections_visible_to
from auditing.estimation.lifecycle import INSPECTION, VERBS, InspectionState
from auditing.estimation.models import Decision, InspectedLot, Inspection
from auditing.journal.services import record
from auditing.sampling.drawing import Guide
from auditing.sops.acceptance import Acceptance
from auditing.stats.acceptance import single_plan, switch


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
    if inspection.state == InspectionState.DISCONTINUED:
        raise Conflict(
            f"Inspection of {inspection} is discontinued: a lead resumes it once the cause is gone."
        )
    try:
        plan = single_plan(audit.batch.item_count, rule.aql, rule.level, inspection.state)  # type: ignore[arg-type]
    except ValueError as error:
        raise BadInput(f"The tables have no plan: {error}.", field="acceptance.aql") from error
    tables = {
        "standard": "MIL-STD-105E / Z1.4",
        "inspection": inspection.pk,
        "severity": inspection.state,
        "aql": rule.aql,
        "level": rule.level,
        **plan.to_dict(),
    }
    return Guide(human_size=plan.n, facts={"inspection": tables})


@transaction.atomic
def inspected(audit: Audit, decision: Decision) -> InspectedLot | None:
    """Count a decided batch, by what its labels showed, and switch where the rules say so.

    Only a batch's first inspection counts: None for one that is looked at again.
    """
    evidence = decision.evidence
    if "inspection" not in evidence:
        return None
    inspection = Inspection.objects.select_for_update().get(pk=evidence["inspection"])
    if inspection.lots.filter(audit__batch=audit.batch_id).exists():
        return None
    since = inspection.lots.filter(at__gte=inspection.since).exclude(result="").order_by("at", "pk")
    results = [*since.values_list("result", flat=True), decision.result]
    following = _following(InspectionState(inspection.state), results)
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


def _following(state: InspectionState, results: list[str]) -> str:
    """The state after the batches since this one began."""
    if state == InspectionState.DISCONTINUED:
        return state
    following = switch(state.value, results)  # type: ignore[arg-type]  # the words are the same
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
