"""What a further wave could do for an audit that is to be continued: how large, at what price in error, or why not."""

from dataclasses import dataclass

from auditing.audits.models import Audit
from auditing.estimation.models import Decision, Outcome
from auditing.estimation.services import errors_of_looks
from auditing.sampling.models import Plan
from auditing.sampling.selectors import can_grow, items_left
from auditing.sops.acceptance import COUNTED, Acceptance
from auditing.stats.looks import labels_to_decide

NOTHING_LEFT = "Every item that could be drawn is drawn: no further wave can be."
A_COUNT_IS_FIXED = (
    "A count is about a sample of a fixed size: what keeps it open are drawn items without a label, and further items "
    "would not settle those."
)
OTHER_DESIGN = (
    "Waves are combined for simple and stratified samples only. To see more of this batch, open another audit of it "
    "under an SOP that draws more."
)


@dataclass(frozen=True)
class Offer:
    """size: items that should decide; left: items that could be drawn. errors: what each look may err, the coming one
    last; empty for a rule that may look at any time. planned: looks that the SOP has planned. refusal: why there is no
    further wave; empty where there can be one.
    """

    size: int = 0
    left: int = 0
    errors: tuple[float, ...] = ()
    planned: int = 1
    refusal: str = ""

    @property
    def look(self) -> int:
        return len(self.errors)

    @property
    def error(self) -> float:
        """Of all looks together."""
        return sum(self.errors)


def offer_of(audit: Audit, decision: Decision) -> Offer:
    """What another wave would be, for an audit whose decision is to continue."""
    rule, plan = audit.sop.acceptance, audit.plan
    assert rule is not None  # without one there is no decision
    if refusal := _refusal(rule, plan):
        return Offer(refusal=refusal)
    left = items_left(plan)
    if rule.rule == "sequential":
        return Offer(size=min(rule.wave, left), left=left)
    errors = errors_of_looks(rule, max(len(plan.waves), 1) + 1)
    wanted = _labels_wanted(decision, rule, plan, errors[-1])
    return Offer(min(left, max(wanted, _fewest(plan))), left, errors, rule.looks)


def can_continue(audit: Audit) -> bool:
    """Is it to be continued, by its rule or by who decided, and can a further wave be drawn?"""
    decision, rule = Decision.objects.filter(audit=audit).first(), audit.sop.acceptance
    if decision is None or rule is None or (decision.outcome or decision.proposed) != Outcome.CONTINUE:
        return False
    return not _refusal(rule, audit.plan)


def _refusal(rule: Acceptance, plan: Plan) -> str:
    if rule.rule in COUNTED:
        return A_COUNT_IS_FIXED
    if not items_left(plan):
        return NOTHING_LEFT
    return "" if rule.rule == "sequential" or can_grow(plan) else OTHER_DESIGN


def _labels_wanted(decision: Decision, rule: Acceptance, plan: Plan, error: float) -> int:
    """Further labels after which the next look should decide; as many again where nothing is estimated yet."""
    seen = decision.evidence
    if seen.get("estimate") is None:
        return plan.human_size
    estimate, above = seen["estimate"], seen["estimate"] >= rule.at_least
    half_width = estimate - seen["low"] if above else seen["high"] - estimate
    now = (1 - seen["confidence"]) / 2
    then = error / 2 if rule.side == "two-sided" else error
    population = seen["population"] if seen["target"] == "batch" else None
    distance = abs(estimate - rule.at_least)
    enough = labels_to_decide(distance, half_width, (now, then), seen["n_human"], population)
    return items_left(plan) if enough is None else enough - seen["n_human"]


def _fewest(plan: Plan) -> int:
    """As many as each stratum's least; one where there are none."""
    strata = plan.strata.count()
    return strata * int(plan.parameters["minimum_per_stratum"]) if strata > 1 else 1
