"""A program judge in the run machinery: verdicts without an endpoint."""

from collections.abc import Callable
from typing import Any

import pytest

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.core.errors import BadInput
from auditing.datasets.models import Collection
from auditing.judging.estimating import cost_estimate
from auditing.judging.models import Call, Run, Verdict
from auditing.judging.schema import read_judge
from auditing.judging.selectors import progress
from auditing.judging.services import create_judge, publish, work
from auditing.rubrics.models import RubricVersion
from tests.judging.building import queue_run

NO_EIGHT = {"check": "regex", "pattern": "8", "holds": "no"}
PROGRAM: dict[str, Any] = {
    "architecture": "program",
    "criteria": {"correct": {"checks": [NO_EIGHT], "otherwise": "yes"}},
}


@pytest.fixture
def program_run(lead: User, collection: Collection, rubric_version: RubricVersion) -> Callable[..., Run]:
    """A queued run of a program over twelve items."""
    from tests.cast import make_batch

    def make(content: dict[str, Any]) -> Run:
        judge_version = publish(by=None, judge=create_judge(by=None, name="rules", content=content))
        return queue_run(make_batch(collection, lead, size=12), rubric_version, judge_version, lead)

    return make


def test_a_run_needs_no_endpoint_and_answers_what_it_has_rules_for(program_run: Callable[..., Run]) -> None:
    run = program_run(PROGRAM)
    assert work(run).reason == ""
    run.refresh_from_db()
    assert run.state == "finished"
    assert Verdict.objects.filter(run=run).count() == 12
    for verdict in Verdict.objects.filter(run=run).select_related("item"):
        assert verdict.criterion == "correct"
        assert verdict.value == ("no" if "8" in verdict.item.payload["output"] else "yes")
    assert not any(call.exchanges for call in Call.objects.filter(run=run))
    assert progress(run).spent == 0


def test_the_whole_batch_is_seen_though_a_sample_is_judged(program_run: Callable[..., Run]) -> None:
    duplicate = {"check": "near_duplicate", "holds": "no", "fails": "yes"}
    run = program_run({"architecture": "program", "criteria": {"correct": {"checks": [duplicate]}}})
    first, *_, last = run.audit.batch.items.order_by("pk")
    type(last).objects.filter(pk=last.pk).update(payload=first.payload)
    work(run)
    values = dict(Verdict.objects.filter(run=run).values_list("item", "value"))
    assert values[last.pk] == "no"
    assert values[first.pk] == "yes"


def test_the_content_reads_back() -> None:
    spec = read_judge(PROGRAM)
    assert read_judge(spec.to_content()) == spec
    assert spec.to_content()["criteria"]["correct"]["otherwise"] == "yes"
    assert (spec.models, spec.endpoints) == ((), ())


@pytest.mark.parametrize(
    ("criteria", "field", "complaint"),
    [
        ({}, "criteria", "is missing"),
        ({"correct": {"checks": []}}, "criteria.correct.checks", "at least one check"),
        ({"correct": {"checks": [{"check": "length"}]}}, "criteria.correct.checks[0]", "`holds` or `fails`"),
        (
            {"correct": {"checks": [{"check": "regex", "pattern": "(", "holds": "no"}]}},
            "criteria.correct.checks[0]",
            "missing ): (",
        ),
        (
            {"correct": {"checks": [{"check": "length", "fails": False}]}},
            "criteria.correct.checks[0].fails",
            "quotes",
        ),
    ],
)
def test_what_is_not_right_is_named(criteria: dict[str, Any], field: str, complaint: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_judge({"architecture": "program", "criteria": criteria})
    assert caught.value.field == field
    assert complaint in str(caught.value)


def test_a_criterion_that_the_rubric_lacks_is_refused(rubric_version: RubricVersion) -> None:
    spec = read_judge({"architecture": "program", "criteria": {"corect": {"checks": [NO_EIGHT]}}})
    with pytest.raises(BadInput, match="did you mean 'correct'"):
        spec.build(rubric_version.spec)


def test_an_audit_estimates_no_cost_for_it(program_run: Callable[..., Run]) -> None:
    audit = Audit.objects.get(pk=program_run(PROGRAM).audit_id)
    (estimate,) = cost_estimate(audit)
    assert (estimate.problem, estimate.prompt_tokens, estimate.cost) == ("", 0, 0)
