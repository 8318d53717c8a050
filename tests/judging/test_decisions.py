"""A decision model in the run machinery."""

from collections.abc import Callable

import pytest

from auditing.accounts.models import User
from auditing.core.errors import BadInput
from auditing.datasets.models import Collection
from auditing.judging.models import Call, Verdict
from auditing.judging.schema import read_judge
from auditing.judging.selectors import call_view
from auditing.judging.services import work
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import RubricSpec
from judges.simulator import Simulator
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run


def test_it_is_run_like_any_other_and_its_probabilities_are_kept(
    lead: User,
    collection: Collection,
    rubric_version: RubricVersion,
    simulate: Callable[..., Simulator],
) -> None:
    version = make_judge("decider", architecture="decision", model="simulated")
    assert version.content == read_judge(version.content).to_content()
    simulate()
    run = queue_run(make_batch(collection, lead, size=5), rubric_version, version, lead)
    work(run)
    verdicts = Verdict.objects.filter(run=run, outcome="scored")
    assert verdicts.count() == 10
    assert all(
        verdict.probabilities[verdict.value] == pytest.approx(verdict.probability) for verdict in verdicts
    )
    (shown,) = call_view(Call.objects.filter(run=run)[0]).exchanges
    assert [role for role, _ in shown.messages] == ["system", "user"]
    assert len(shown.parameters["questions"]) >= 2


def test_a_rubric_that_marks_errors_cannot_be_put_to_it() -> None:
    scale = {"type": "taxonomy", "categories": ["accuracy"], "severities": {"minor": 1}}
    rubric = RubricSpec.from_content({"rubric": "r", "criteria": [{"key": "errors", "scale": scale}]})
    with pytest.raises(BadInput, match="errors: a decision model cannot be asked"):
        read_judge({"architecture": "decision", "model": "m"}).build(rubric)


def test_what_it_has_no_use_for_is_refused() -> None:
    with pytest.raises(BadInput, match="temperature"):
        read_judge({"architecture": "decision", "model": "m", "temperature": 0})
