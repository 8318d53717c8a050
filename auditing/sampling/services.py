"""Drawing an audit's sample, once, and locking it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

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
from auditing.sampling.drawing import (
    NO_GUIDE,
    Guide,
    Parameters,
    Sample,
    Unit,
    draw_humans,
    draw_units,
    tally,
)
from auditing.sampling.frame import Frame, frame_of
from auditing.sampling.further import wave_weights, with_further_waves
from auditing.sampling.models import Draw, Plan, Stratum
from auditing.sampling.parameters import parameters_of
from auditing.sampling.selectors import can_grow, items_left, units_of

ROWS_AT_ONCE = 5000


@transaction.atomic
def draw_sample(*, by: User | None, audit: Audit, guide: Guide = NO_GUIDE) -> Plan:
    """Draw the judge sample and, inside it, the human sample; lock the plan with all that replays it.

    A human sample that goes by the judges' scores is drawn by `draw_human_sample` once they are done. `guide`
    is what earlier audits tell. Raises Conflict when the sample was drawn already, BadInput when the SOP's
    sample cannot be drawn.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    if Plan.objects.filter(audit=audit).exists():
        raise Conflict("The sample is drawn and locked already.")
    move(audit=audit, verb="draw")
    parameters = parameters_of(audit.sop)
    if guide.human_size:
        parameters = parameters.with_humans(guide.human_size)
    frame = frame_of(audit.batch, by=parameters.strata_by, size_by=parameters.size_by)
    _check_size(audit.batch, len(frame.ids))
    guide = replace(guide, sizes=frame.sizes)
    sample = draw_units(frame.ids, frame.strata, parameters, audit.seed, guide)
    plan = _lock(audit, parameters, sample, guide, frame_size=len(frame.ids))
    _store(plan, sample, frame)
    _journal(by, "drew the sample of", plan)
    return plan


@transaction.atomic
def draw_human_sample(*, by: User | None, audit: Audit, guide: Guide) -> Plan:
    """Draw the human sample that has waited for the judges, by what the guide makes of their scores.

    Raises Conflict when it is drawn already, BadInput when it cannot be drawn.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    plan = Plan.objects.select_for_update().get(audit=audit)
    if not plan.awaits_judges:
        raise Conflict("The sample is drawn and locked already.")
    parameters = Parameters.from_dict(plan.parameters)
    units = draw_humans(units_of(plan), parameters, plan.seed, guide)
    _store_humans(plan, units)
    plan.human_size = sum(unit.is_human for unit in units)
    plan.learned, plan.humans_drawn_at = _learned(guide), timezone.now()
    plan.save(update_fields=["human_size", "learned", "humans_drawn_at"])
    _journal(by, "drew the auditors' sample of", plan)
    return plan


@transaction.atomic
def extend_sample(*, by: User | None, audit: Audit, size: int) -> Plan:
    """Add a wave of `size` further units to the human sample, as the seed has them; those before stay in it.

    Raises Conflict where the draw is not a simple one or has no unit left.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    plan = Plan.objects.select_for_update().get(audit=audit)
    left = plan.judge_size - plan.human_size
    if plan.method != "simple" or not left:
        raise Conflict("No wave can be added: it takes a simple random sample that has items left.")
    parameters = Parameters.from_dict(plan.parameters)
    parameters = replace(parameters, waves=(*parameters.waves, min(size, left)))
    units = draw_humans(units_of(plan), parameters, plan.seed)
    _store_humans(plan, units)
    plan.parameters, plan.human_size = parameters.to_dict(), sum(unit.is_human for unit in units)
    plan.save(update_fields=["parameters", "human_size"])
    _journal(by, "added a wave to the sample of", plan)
    return plan


@transaction.atomic
def draw_more(*, by: User | None, audit: Audit, size: int, errors: Sequence[float]) -> Plan:
    """Draw a further wave of `size` units among those that no wave has drawn yet, and lock it; those before stay.

    errors: what each look at the labels may err, that at the first wave first, that at the new one last; kept with
    the plan. Raises BadInput for a size that cannot be drawn, Conflict where the design has no further wave.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    plan = Plan.objects.select_for_update().get(audit=audit)
    if not can_grow(plan):
        raise Conflict("No wave can be drawn: it takes a simple or stratified sample that has items left.")
    if not 1 <= size <= items_left(plan):
        raise BadInput(f"must be from 1 to {items_left(plan):,}, the items that are left", field="size")
    parameters = Parameters.from_dict(plan.parameters)
    spreads = plan.learned.get("spreads", {})
    added = replace(parameters, further=(*parameters.further, size))
    first = draw_humans(units_of(plan), parameters, plan.seed, Guide(spreads=spreads))
    units = with_further_waves(first, added, plan.seed, Guide(spreads=spreads))
    _replace_units(plan, units)
    plan.parameters, plan.human_size = added.to_dict(), sum(unit.is_human for unit in units)
    plan.waves = _waves(plan, units, errors)
    plan.save(update_fields=["parameters", "human_size", "waves"])
    _journal(by, "drew a further wave of", plan)
    return plan


def _waves(plan: Plan, units: Sequence[Unit], errors: Sequence[float]) -> list[dict[str, Any]]:
    """What is fixed of every wave; of those that were there before nothing changes."""
    began = plan.waves or [{"drawn_at": (plan.humans_drawn_at or plan.locked_at).isoformat()}]
    drawn_at = [wave["drawn_at"] for wave in began] + [timezone.now().isoformat()]
    sizes = Counter(unit.wave for unit in units if unit.is_human)
    return [
        {"size": sizes[number], "weight": weight, "error": error, "drawn_at": at}
        for number, (weight, error, at) in enumerate(
            zip(wave_weights(units), errors, drawn_at, strict=True), start=1
        )
    ]


def _replace_units(plan: Plan, units: Sequence[Unit]) -> None:
    """Put the units with the new wave in the place of those without; the strata stay, with more drawn of them."""
    keys = dict(plan.draws.values_list("item__external_id", "item_id"))
    plan.draws.all().delete()
    _store_units(plan, units, keys)
    drawn = Counter(unit.stratum for unit in units if unit.is_human)
    for stratum in plan.strata.all():
        stratum.human_drawn = drawn[stratum.name]
        stratum.save(update_fields=["human_drawn"])


def _journal(by: User | None, verb: str, plan: Plan) -> None:
    record(
        by=by,
        verb=verb,
        subject=plan.audit,
        collection_id=plan.audit.batch.collection_id,
        details={
            "seed": plan.seed,
            "frame": plan.frame_hash,
            "judge": plan.judge_size,
            "human": plan.human_size,
        },
    )


def _learned(guide: Guide) -> dict[str, Any]:
    """What the plan keeps of its guide; strata, sizes and predictions stand with the units."""
    return {**guide.facts, **({"spreads": dict(guide.spreads)} if guide.spreads else {})}


def _check_size(batch: Batch, found: int) -> None:
    if found != batch.item_count:
        raise BadInput(f"Batch {batch.name} was delivered with {batch.item_count} items but has {found} now.")


def _lock(audit: Audit, parameters: Parameters, sample: Sample, guide: Guide, *, frame_size: int) -> Plan:
    now = timezone.now()
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
        learned=_learned(guide),
        locked_at=now,
        humans_drawn_at=None if parameters.waits_for_judges else now,
    )


def _store(plan: Plan, sample: Sample, frame: Frame) -> None:
    _store_strata(plan, sample.strata)
    _store_units(plan, sample.units, frame.keys)


def _store_units(plan: Plan, units: Sequence[Unit], keys: Mapping[str, int]) -> None:
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
            size=unit.size,
            prediction=unit.prediction,
            wave=unit.wave,
            wave_probability=unit.wave_probability,
        )
        for unit in units
    )
    Draw.objects.bulk_create(draws, batch_size=ROWS_AT_ONCE)


def _store_humans(plan: Plan, units: Sequence[Unit]) -> None:
    """Put the units with what the human draw says in the place of those without, and the strata it was drawn by.

    Strata of the frame keep their size; those that the judges' scores made are of the judged items.
    """
    keys = dict(plan.draws.values_list("item__external_id", "item_id"))
    plan.draws.all().delete()
    _store_units(plan, units, keys)
    strata = tally({unit.external_id: unit.stratum for unit in units}, units)
    if not plan.tells_scores:
        sizes = dict(plan.strata.values_list("name", "size"))
        strata = tuple((name, sizes[name], judged, reviewed) for name, _, judged, reviewed in strata)
    plan.strata.all().delete()
    _store_strata(plan, strata)


def _store_strata(plan: Plan, strata: Sequence[tuple[str, int, int, int]]) -> None:
    Stratum.objects.bulk_create(
        Stratum(plan=plan, name=name, size=size, judge_drawn=judged, human_drawn=reviewed)
        for name, size, judged, reviewed in strata
    )
