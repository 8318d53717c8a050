"""How many labels judges save, as far as earlier audits can tell, with the bound and the reason."""

from dataclasses import dataclass

from auditing.estimation.planner.knowledge import Known
from auditing.estimation.planner.questions import Question
from auditing.stats.planning import predicted_saving

FEWEST = 30  # labels below which no judge can be shown to help
MOST_EXPLAINED = 0.99  # nothing learned from so few labels is taken for certain


@dataclass(frozen=True)
class Saving:
    """ratio: how many times fewer labels the plan counts on. uniform, active: the bounds for uniform draws,
    1 / (1 - R2), and for draws where labels are uncertain, (1 + CV2) / (1 - R2). What earlier audits got out of their
    labels is less than the bounds, so the ratio is the smaller of the two.
    """

    ratio: float
    uniform: float
    active: float
    reason: str


NO_SAVING = Saving(1.0, 1.0, 1.0, "A rule that counts failures looks at people's labels alone.")
NOTHING_KNOWN = (
    "No earlier audit of this collection tells how well its judges predict people's labels, so no saving is promised. "
    "An audit with 30 labels is enough to tell."
)


def saving_of(question: Question, known: Known) -> Saving:
    """What the bounds allow; nothing where judges are left out, or nothing is known of them."""
    if not question.use_judges:
        return Saving(1.0, 1.0, 1.0, "Judges are left out.")
    if known.r_squared is None:
        return Saving(1.0, 1.0, 1.0, NOTHING_KNOWN)
    seen = f"{known.labels:,} labels of {known.audits} earlier audit{'' if known.audits == 1 else 's'}"
    if known.r_squared <= 0:
        return Saving(1.0, 1.0, 1.0, f"By {seen}, the judges explain nothing of how labels vary.")
    explained, unequal = min(known.r_squared, MOST_EXPLAINED), known.residual_cv or 0.0
    uniform, active = predicted_saving(explained), predicted_saving(explained, unequal)
    reason = (
        f"By {seen}, judges and metadata explain {explained:.0%} of how labels vary. That bounds the saving at "
        f"1 / (1 − {explained:.2f}) = {uniform:.1f} times for uniform draws, and at {active:.1f} times where "
        "uncertain items are drawn more often."
    )
    bound = active if question.method == "active" else uniform
    if known.gain is None:
        return Saving(bound, uniform, active, reason)
    audits = "the earlier audit" if known.gains == 1 else f"the {known.gains} earlier audits"
    reason += (
        f" What judges did save is less: in {audits} that estimated with them a label was worth {known.gain:.2g} "
        "labels of a plain random sample in the middle, and that is what the plan counts on."
        if known.gain < bound
        else f" In {audits} that estimated with them a label was worth as much as that, {known.gain:.2g} in the middle."
    )
    return Saving(max(1.0, min(bound, known.gain)), uniform, active, reason)
