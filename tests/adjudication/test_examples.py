"""Rulings as few-shot examples."""

from collections import Counter

import pytest

from auditing.accounts.models import User
from auditing.adjudication.examples import drawn_examples
from auditing.adjudication.models import Ruling
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.core.errors import Missing
from auditing.judging.schema import read_judge
from auditing.rubrics.models import RubricVersion


@pytest.fixture
def ruled(audit: Audit, lead: User) -> Audit:
    """Ten items ruled right and two wrong; two of them ruled on `helpful` too."""
    for place, item in enumerate(audit.batch.items.all()):
        value = "no" if place < 2 else "yes"
        Ruling.objects.create(
            audit=audit, item=item, criterion="correct", value=value, by=lead, rationale="So."
        )
        if place in (0, 5):
            Ruling.objects.create(audit=audit, item=item, criterion="helpful", value="1", by=lead)
    audit.state = AuditState.DECIDED
    audit.save()
    return audit


def test_the_values_are_balanced(ruled: Audit, lead: User, rubric_version: RubricVersion) -> None:
    drawn = drawn_examples(user=lead, rubric_version=rubric_version, count=4)
    assert Counter(one["values"]["correct"] for one in drawn) == {"yes": 2, "no": 2}
    assert len({one["id"] for one in drawn}) == 4
    assert drawn == drawn_examples(user=lead, rubric_version=rubric_version, count=4)


def test_they_are_a_judges_examples(ruled: Audit, lead: User, rubric_version: RubricVersion) -> None:
    drawn = drawn_examples(user=lead, rubric_version=rubric_version, count=12)
    spec = read_judge({"model": "m", "examples": drawn})
    assert len(spec.asked[0].examples) == 12
    assert spec.asked[0].examples[0].batch == "question-answering/week-10"
    assert spec.asked[0].examples[0].rationales["correct"] == "So."
    spec.build(rubric_version.spec)


def test_a_batch_can_be_left_out_and_others_see_nothing(
    ruled: Audit, lead: User, outsider: User, rubric_version: RubricVersion
) -> None:
    with pytest.raises(Missing):
        drawn_examples(user=lead, rubric_version=rubric_version, count=4, without=ruled.batch)
    with pytest.raises(Missing):
        drawn_examples(user=outsider, rubric_version=rubric_version, count=4)
