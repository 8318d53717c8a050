"""Drawing an audit's sample, once, and locking it."""

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.audits.services import move
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Batch
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.sampling.drawing import Parameters, Sample, draw_units
from auditing.sampling.frame import frame_of
from auditing.sampling.models import Draw, Plan, Stratum
from auditing.sampling.parameters import parameters_of

ROWS_AT_ONCE = 5000


@transaction.atomic
def draw_sample(*, by: User | None, audit: Audit) -> Plan:
    """Draw the judge sample and, inside it, the human sample; lock the plan with all that replays it.

    Raises Conflict when the sample was drawn already, BadInput when the SOP's sample cannot be drawn.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    if Plan.objects.filter(audit=audit).exists():
        raise Conflict(f"The sample of {audit} is drawn and locked.")
    move(audit=audit, verb="draw")
    parameters = parameters_of(audit.sop)
    frame = frame_of(audit.batch, by=parameters.by)
    _check_size(audit.batch, len(frame.ids))
    sample = draw_units(frame.ids, frame.strata, parameters, audit.seed)
    plan = _lock(audit, parameters, sample, frame_size=len(frame.ids))
    _store(plan, sample, frame.keys)
    record(
        by=by,
        verb="drew the sample of",
        subject=audit,
        collection_id=audit.batch.collection_id,
        details={
            "seed": plan.seed,
            "frame": plan.frame_hash,
            "judge": plan.judge_size,
            "human": plan.human_size,
        },
    )
    return plan


def _check_size(batch: Batch, found: int) -> None:
    if found != batch.item_count:
        raise BadInput(f"Batch {batch.name} was delivered with {batch.item_count} items but has {found} now.")


def _lock(audit: Audit, parameters: Parameters, sample: Sample, *, frame_size: int) -> Plan:
    return Plan.objects.create(
        audit=audit,
        method=parameters.method,
        parameters=parameters.to_dict(),
        seed=audit.seed,
        generator=sample.generator,
        frame_hash=sample.frame_hash,
        frame_size=frame_size,
        judge_size=len(sample.units),
        human_size=sample.human_size,
        locked_at=timezone.now(),
    )


def _store(plan: Plan, sample: Sample, keys: dict[str, int]) -> None:
    Stratum.objects.bulk_create(
        Stratum(plan=plan, name=name, size=size, judge_drawn=judged, human_drawn=reviewed)
        for name, size, judged, reviewed in sample.strata
    )
    draws = (
        Draw(
            plan=plan,
            item_id=keys[unit.external_id],
            position=unit.position,
            stratum=unit.stratum,
            judge_probability=unit.judge_probability,
            human_probability=unit.human_probability,
            is_human=unit.is_human,
            opinions=unit.opinions,
        )
        for unit in sample.units
    )
    Draw.objects.bulk_create(draws, batch_size=ROWS_AT_ONCE)
