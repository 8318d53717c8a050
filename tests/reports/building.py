"""An audit with something to report, whose items mean harm."""

from django.utils import timezone

from auditing.accounts.models import User
from auditing.adjudication.models import Ruling
from auditing.audits.models import Audit
from auditing.estimation.models import Outcome
from tests.web.objects import World

HOSTILE = '=cmd|"/C calc"!A0 #set page(fill: red) <script>alert(1)</script> $x^2$ [*bold*] \x1b[31m'


def make_hostile_and_rejected(world: World, lead: User) -> Audit:
    """An item fails, its text and the batch's name are hostile, and the batch is rejected."""
    item, audit, decision = world.item, world.audit, world.decision
    item.external_id, item.payload = HOSTILE, {"input": HOSTILE, "output": "first\nsecond"}
    item.save()
    audit.batch.name = HOSTILE
    audit.batch.save()
    Ruling.objects.create(
        audit=audit, item=item, criterion="correct", value="no", rationale="Wrong.", by=lead
    )
    decision.outcome, decision.decided_by, decision.decided_at = Outcome.REJECT, lead, timezone.now()
    decision.comment = HOSTILE
    decision.save()
    return audit
