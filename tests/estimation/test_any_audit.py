"""Whatever few people and judges say of a small batch, the audit gets its estimates and a proposal."""

import random

import pytest

from auditing.estimation.services import make_estimates, propose_decision
from tests.cast import make_batch
from tests.estimation.building import drawn_audit, judge_all, label_drawn

METHODS = [
    {"method": "simple"},
    {"method": "stratified", "by": "topic", "allocation": "proportional"},
]


@pytest.mark.parametrize("seed", range(12))
def test_any_answers_end_in_estimates_and_a_proposal(collection, rubric_version, lead, seed):
    chance = random.Random(seed)
    batch = make_batch(
        collection, lead, name=f"any {seed}", size=chance.choice([6, 9, 14]), topics=("a", "a", "b")
    )
    sampling = {**chance.choice(METHODS), "human": chance.randint(2, 6), "judge": "all"}
    audit = drawn_audit(batch, rubric_version, lead, sampling=sampling)
    passing = chance.choice([0.0, 0.5, 0.9, 1.0])

    def answer(_):
        return "yes" if chance.random() < passing else "no"

    def grade(_):
        return str(chance.randint(1, 3))

    for who in (label_drawn, judge_all):
        who(audit, answer)
        who(audit, grade, criterion="helpful")
    estimates = make_estimates(by=lead, audit=audit)
    assert estimates
    for one in estimates:
        assert one.estimate is None or one.low <= one.estimate <= one.high
    propose_decision(by=lead, audit=audit)
