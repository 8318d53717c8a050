"""Plans and draws, and the proof that a plan can be drawn again."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace

from django.db.models import Max, QuerySet

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.core.canonical import checksum
from auditing.sampling.drawing import Guide, Parameters, Sample, Unit, draw_humans, draw_units
from auditing.sampling.frame import frame_of
from auditing.sampling.further import METHODS, with_further_waves
from auditing.sampling.models import Draw, Plan

DIFFERENCES_SHOWN = 5


def plans_visible_to(user: User) -> QuerySet[Plan]:
    return Plan.objects.filter(audit__in=audits_visible_to(user)).select_related("audit__batch")


def plan_of(audit: Audit) -> Plan | None:
    """None before the draw, and for an audit that is not opened yet."""
    return Plan.objects.filter(audit=audit.pk).first()


def plans_of(audits: Iterable[Audit]) -> dict[int, Plan]:
    """By audit, as far as they are drawn."""
    opened = [audit.pk for audit in audits if audit.pk]
    return {plan.audit_id: plan for plan in Plan.objects.filter(audit__in=opened)}


def draws_of(audit: Audit) -> QuerySet[Draw]:
    """The judge sample in the order of presentation."""
    return Draw.objects.filter(plan__audit=audit).select_related("item")


def human_draws(plan: Plan) -> QuerySet[Draw]:
    """The human sample in the order of presentation."""
    return plan.draws.filter(is_human=True)


def units_of(plan: Plan) -> tuple[Unit, ...]:
    """The locked units, as the draw made them."""
    names = [field.name for field in fields(Unit)][1:]
    rows = plan.draws.order_by("position").values_list("item__external_id", *names)
    return tuple(Unit(*row) for row in rows)


def redraw(plan: Plan) -> Sample:
    """The sample drawn again: judges from the batch's items, humans from the strata, sizes and spreads that were
    frozen with the plan.
    """
    parameters = Parameters.from_dict(plan.parameters)
    frame = frame_of(plan.audit.batch, by=parameters.strata_by, size_by=parameters.size_by)
    spreads = plan.learned.get("spreads", {})
    guide = Guide(sizes=frame.sizes, spreads=spreads)
    sample = draw_units(frame.ids, frame.strata, parameters, plan.seed, guide)
    if not parameters.waits_for_judges or plan.awaits_judges:
        return replace(sample, units=with_further_waves(sample.units, parameters, plan.seed, guide))
    locked = units_of(plan)
    guide = Guide(
        strata={unit.external_id: unit.stratum for unit in locked},
        sizes={unit.external_id: unit.size for unit in locked if unit.size is not None},
        predictions={unit.external_id: unit.prediction for unit in locked if unit.prediction is not None},
        spreads=spreads,
    )
    units = draw_humans(sample.units, parameters, plan.seed, guide)
    return replace(sample, units=units)


def items_left(plan: Plan) -> int:
    """How many items a further wave could draw: those for judges that no wave has drawn."""
    return plan.judge_size - plan.human_size


def can_grow(plan: Plan) -> bool:
    """Can a further wave be drawn, and combined with those before?"""
    return plan.method in METHODS and not plan.parameters.get("waves") and items_left(plan) > 0


@dataclass(frozen=True)
class Replay:
    """A plan drawn again, beside what is locked. `differences`: what is not the same, in words; empty when all is."""

    frame_hash: str
    draw_hash: str
    units: int
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def replay(plan: Plan) -> Replay:
    """Does drawing again give the locked sample, bit for bit: frame, units, order, probabilities, opinions?"""
    sample, locked = redraw(plan), units_of(plan)
    differences = [*_frame_difference(plan, sample), *_unit_differences(sample.units, locked)]
    digest = checksum([_facts(unit) for unit in sample.units])
    return Replay(sample.frame_hash, digest, len(sample.units), tuple(differences))


def _facts(unit: Unit) -> list[object]:
    """A draw without further waves keeps the digest it had before there were any."""
    facts = list(astuple(unit))
    return facts if unit.wave_probability is not None else facts[:-1]


def _frame_difference(plan: Plan, sample: Sample) -> list[str]:
    if sample.frame_hash == plan.frame_hash:
        return []
    return [f"the frame: its ids hash to {sample.frame_hash[:12]}, not to {plan.frame_hash[:12]}"]


def _unit_differences(again: tuple[Unit, ...], locked: tuple[Unit, ...]) -> list[str]:
    if len(again) != len(locked):
        return [f"the number of units: {len(again):,} drawn again, {len(locked):,} locked"]
    pairs = [(new, old) for new, old in zip(again, locked, strict=True) if new != old]
    said = [f"unit {old.position}: {_how(new, old)}" for new, old in pairs[:DIFFERENCES_SHOWN]]
    return said + ([f"and {len(pairs) - len(said):,} further units"] if len(pairs) > len(said) else [])


def _how(new: Unit, old: Unit) -> str:
    names = [field.name for field in fields(Unit) if getattr(new, field.name) != getattr(old, field.name)]
    return ", ".join(
        f"{name.replace('_', ' ')} {getattr(new, name)!r}, not {getattr(old, name)!r}" for name in names
    )


def items_of_earlier_waves(audit: Audit) -> set[int]:
    """Items of the human sample that were drawn before its latest wave."""
    draws = Draw.objects.filter(plan__audit=audit, is_human=True)
    latest = draws.aggregate(latest=Max("wave"))["latest"] or 1
    return set(draws.filter(wave__lt=latest).values_list("item", flat=True))
