"""Plans and draws, and the proof that a plan can be drawn again."""

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.sampling.drawing import Parameters, Sample, draw_units
from auditing.sampling.frame import frame_of
from auditing.sampling.models import Draw, Plan


def plans_visible_to(user: User) -> QuerySet[Plan]:
    return Plan.objects.filter(audit__in=audits_visible_to(user)).select_related("audit__batch")


def plan_of(audit: Audit) -> Plan | None:
    """None before the draw, and for an audit that is not opened yet."""
    return Plan.objects.filter(audit=audit.pk).first()


def draws_of(audit: Audit) -> QuerySet[Draw]:
    """The judge sample in the order of presentation."""
    return Draw.objects.filter(plan__audit=audit).select_related("item")


def human_draws(plan: Plan) -> QuerySet[Draw]:
    """The human sample in the order of presentation."""
    return plan.draws.filter(is_human=True)


def redraw(plan: Plan) -> Sample:
    """The sample drawn again from the batch's items, the plan's parameters and its seed."""
    parameters = Parameters.from_dict(plan.parameters)
    frame = frame_of(plan.audit.batch, by=parameters.by)
    return draw_units(frame.ids, frame.strata, parameters, plan.seed)


def replay(plan: Plan) -> bool:
    """Does drawing again give the locked sample, bit for bit: frame, units, order, probabilities, opinions?"""
    sample = redraw(plan)
    drawn_again = [
        (u.external_id, u.position, u.stratum, u.judge_probability, u.human_probability, u.opinions)
        for u in sample.units
    ]
    locked = plan.draws.order_by("position").values_list(
        "item__external_id", "position", "stratum", "judge_probability", "human_probability", "opinions"
    )
    return sample.frame_hash == plan.frame_hash and drawn_again == list(locked)
