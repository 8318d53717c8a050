"""Audits simulated from the draw to the decision, through the product's own functions: do their intervals hold, and
how often does a batch just below the bar pass?
"""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from auditing.estimation.calculation import calculated
from auditing.estimation.deciding import case_of, propose
from auditing.estimation.inputs import Evidence, _strata, numbers_for
from auditing.estimation.measures import Measure, share_of
from auditing.estimation.models import Outcome
from auditing.estimation.spreading import cut_points, named, spread_by
from auditing.sampling.drawing import Guide, Parameters, draw_humans, draw_units
from auditing.sops.acceptance import Acceptance

ITEMS, LABELS, AUDITS = 1000, 150, 150
MEASURE = Measure("correct", "pass_rate", share_of("yes"), (0.0, 1.0))
OPINION = ["item", "rater", "criterion", "value", "number"]


def ways(judge_size):
    common = {"by": "", "judge_size": judge_size, "human_size": LABELS, "overlap": 0.0, "opinions": 1}
    return {
        "active": Parameters("active", allocation="", tau=0.2, **common),
        "two-phase": Parameters("two-phase", allocation="neyman", strata=4, **common),
    }


def delivery(rng, rate):
    """Which items pass, and what earlier audits predict of each: and they are right."""
    logit = special.logit(rate) + 1.2 + 2.5 * rng.normal(size=ITEMS)
    passes = rng.random(ITEMS) < special.expit(logit)
    return passes, special.expit(logit)


def guide_of(rng, predicted, names, way):
    """What the draw goes by: the predicted spread, or strata with the spread of earlier labels."""
    sizes = np.maximum(np.sqrt(predicted * (1 - predicted)), 0.05)
    if way == "active":
        return Guide(sizes=dict(zip(names, sizes, strict=True)))
    scores = pd.Series(predicted)
    strata = named(scores, cut_points(scores, 4))
    earlier = (rng.random(ITEMS) < predicted).astype(float)[:200]
    return Guide(strata=dict(zip(names, strata, strict=True)), spreads=spread_by(strata[:200], earlier))


def audited(rng, way, judge_size, rate):
    """Draw, label and put together the evidence of one audit; and the batch's true pass rate."""
    passes, predicted = delivery(rng, rate)
    names = [f"item {position:04d}" for position in range(ITEMS)]
    parameters, seed = ways(judge_size)[way], int(rng.integers(2**31))
    units = draw_units(names, None, parameters, seed).units
    units = draw_humans(units, parameters, seed, guide_of(rng, predicted, names, way))
    place = {name: position for position, name in enumerate(names)}
    drawn = pd.DataFrame(
        [
            (place[u.external_id], u.human_probability, u.is_human, u.stratum, u.position, u.wave)
            for u in units
        ],
        columns=["item", "human_probability", "is_human", "stratum", "position", "wave"],
    ).set_index("item")
    items = pd.DataFrame({"cluster": "", "external_id": names, "prediction": predicted}).join(drawn)
    items["judged"] = items.index.isin(drawn.index)
    items["drawn"] = items.pop("is_human").eq(True)
    items["stratum"] = _strata(items, pd.DataFrame(index=items.index), parameters.to_dict())
    chosen = items.index[items["drawn"]]
    answers = np.where(passes[chosen], "yes", "no")
    labels = pd.DataFrame(
        {"item": chosen, "rater": "ann", "criterion": "correct", "value": answers, "number": np.nan}
    )
    nothing = pd.DataFrame(columns=OPINION)
    seen = Evidence(
        items, pd.DataFrame(index=items.index), labels, nothing, None, predicted=("correct", "pass_rate")
    )
    return seen, float(passes.mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "judge_size", "rate"),
    [("active", None, 0.95), ("two-phase", None, 0.85), ("two-phase", 600, 0.95)],
)
def test_whole_audits_hold_what_they_promise(way, judge_size, rate):
    rng = np.random.default_rng(8)
    missed = below = passed = 0
    for _ in range(AUDITS):
        seen, truth = audited(rng, way, judge_size, rate)
        found = calculated(numbers_for(seen, MEASURE), MEASURE, "assisted", 0.95, "batch", "").result
        missed += not found.low <= truth <= found.high
        below += truth < found.low
        rule = Acceptance(at_least=truth + 1e-6, criterion="correct", basis="assisted")
        passed += propose(case_of(seen, rule, MEASURE, {})).outcome == Outcome.ACCEPT
    for found, promised in ((missed, 0.05), (below, 0.03), (passed, 0.05)):
        assert stats.binom.sf(found - 1, AUDITS, promised) > 0.01, (missed, below, passed)
