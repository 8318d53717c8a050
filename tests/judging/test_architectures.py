"""Every architecture as content: read, written back, built under a rubric, and put to work."""

from collections.abc import Callable
from typing import Any

import pytest

from auditing.accounts.models import User
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Batch, Collection
from auditing.judging.adapters import fingerprint_of
from auditing.judging.models import Run, Verdict
from auditing.judging.schema import KINDS, read_judge
from auditing.judging.services import work
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import RubricSpec
from judges.simulator import Persona, Simulator
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run

MEMBERS = [{"name": name, "model": name} for name in ("a", "b", "c")]
EXAMPLE = {"id": "x", "batch": "elsewhere/w1", "payload": {"output": "4"}, "values": {"correct": "yes"}}
JUDGES: dict[str, dict[str, Any]] = {
    "single": {"model": "a", "calls": "per_criterion", "reference": "hide", "examples": [EXAMPLE]},
    "panel": {"architecture": "panel", "combine": "median", "members": MEMBERS},
    "weighted panel": {
        "architecture": "panel",
        "combine": "weighted",
        "needs": 1,
        "members": [MEMBERS[0] | {"skill": 0.9}, MEMBERS[1] | {"skill": {"correct": 0.8, "helpful": 0.6}}],
    },
    "cascade": {
        "architecture": "cascade",
        "stages": [
            {
                "name": "cheap",
                "architecture": "probability_weighted",
                "model": "a",
                "accept": {"correct": 0.8, "helpful": None},
            },
            {"name": "panel", "architecture": "panel", "accept": 0.9, "members": MEMBERS},
            {"name": "person", "architecture": "human"},
        ],
    },
    "self_consistency": {"architecture": "self_consistency", "model": "a", "samples": 3},
    "probability_weighted": {"architecture": "probability_weighted", "model": "a"},
    "critique_and_revise": {"architecture": "critique_and_revise", "model": "a", "critic": {"model": "b"}},
    "debate": {
        "architecture": "debate",
        "first": {"model": "a"},
        "second": {"model": "b"},
        "third": {"model": "c"},
    },
}
PREFERENCE = {
    "rubric": "which",
    "criteria": [{"key": "better", "scale": {"type": "preference", "options": ["a", "b", "tie"]}}],
}


@pytest.fixture
def judged(
    db: None,
    simulate: Callable[..., Simulator],
    collection: Collection,
    rubric_version: RubricVersion,
    lead: User,
) -> Callable[..., Run]:
    """A run of a judge over six items, worked off."""

    def make(content: dict[str, Any]) -> Run:
        simulate(personas={name: Persona(skill=0.8) for name in "abc"})
        batch = make_batch(collection, lead, size=6)
        run = queue_run(batch, rubric_version, make_judge(**content), lead)
        work(run)
        run.refresh_from_db()
        return run

    return make


@pytest.mark.parametrize("name", JUDGES)
def test_content_reads_back_as_the_same_judge(name: str) -> None:
    spec = read_judge(JUDGES[name])
    assert read_judge(spec.to_content()) == spec
    assert read_judge(spec.to_content()).to_content() == spec.to_content()


@pytest.mark.parametrize("name", JUDGES)
def test_each_is_put_to_work_like_any_other(name: str, judged: Callable[..., Run]) -> None:
    run = judged(JUDGES[name])
    assert (run.state, run.reason) == ("finished", "")
    verdicts = Verdict.objects.filter(run=run)
    assert verdicts.count() == 12
    assert set(verdicts.values_list("outcome", flat=True)) <= {"scored", "abstained"}
    roles = [exchange["role"] for call in run.calls.all() for exchange in call.exchanges]
    assert all(roles) or name in ("probability_weighted",)


def test_what_a_panel_says_is_kept_with_its_votes(judged: Callable[..., Run]) -> None:
    run = judged(JUDGES["panel"])
    verdict = Verdict.objects.filter(run=run, criterion="correct").first()
    assert verdict is not None
    assert sum(verdict.probabilities.values()) == pytest.approx(1)
    assert [vote["name"] for vote in verdict.details["votes"]] == ["a", "b", "c"]
    assert {exchange["role"] for exchange in verdict.call.exchanges} == {"a", "b", "c"}


def test_a_preference_is_judged_in_both_orders(
    simulate: Callable[..., Simulator], collection: Collection, lead: User
) -> None:
    from tests.cast import make_rubric

    simulate()
    pairs = [{"input": "Why?", "candidates": {"a": f"good {n}", "b": f"bad {n}"}} for n in range(4)]
    batch = make_batch(collection, lead, payloads=pairs)
    judge = make_judge(architecture="pairwise", model="simulated")
    run = queue_run(batch, make_rubric(lead, PREFERENCE), judge, lead)
    work(run)
    verdicts = Verdict.objects.filter(run=run)
    assert set(verdicts.values_list("outcome", flat=True)) <= {"scored", "order_inconsistent"}
    assert {exchange["role"] for exchange in verdicts[0].call.exchanges} == {"as given", "swapped"}


def test_every_kind_is_loaded_by_its_name() -> None:
    from auditing.judging.schema.registry import kind_named

    assert {kind_named(name).architecture for name in KINDS} == set(KINDS)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"architecture": "panel", "members": MEMBERS[:1]}, "members"),
        ({"architecture": "panel", "members": [MEMBERS[0], MEMBERS[0]]}, "members[1].name"),
        ({"architecture": "panel", "members": [MEMBERS[0], {"name": "x"}]}, "members[1].model"),
        ({"architecture": "panel", "members": [MEMBERS[0], {"name": "x", "modl": "b"}]}, "members[1]"),
        ({"architecture": "panel", "members": MEMBERS, "needs": 4}, "needs"),
        ({"architecture": "panel", "members": MEMBERS, "combine": "most"}, "combine"),
        (
            {"architecture": "cascade", "stages": [{**MEMBERS[0], "accept": 2}, MEMBERS[1]]},
            "stages[0].accept",
        ),
        (
            {"architecture": "cascade", "stages": [MEMBERS[0], {**MEMBERS[1], "accept": 1}]},
            "stages[1].accept",
        ),
        (
            {"architecture": "cascade", "stages": [{"name": "h", "architecture": "human"}, MEMBERS[0]]},
            "stages[0]",
        ),
        ({"architecture": "self_consistency", "model": "a", "temperature": 0}, "temperature"),
        ({"architecture": "probability_weighted", "model": "a", "structured": "none"}, ""),
        ({"architecture": "critique_and_revise", "model": "a", "rationale": False}, "rationale"),
        ({"architecture": "debate", "first": {"model": "a"}}, "second"),
        ({"architecture": "human"}, "architecture"),
        ({"model": "a", "examples": [{"payload": {}, "values": {}}]}, "examples[0].payload"),
        ({"model": "a", "examples": [{"payload": {"x": 1}}]}, "examples[0].values"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(content: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as error:
        read_judge(content)
    assert error.value.field == field


def test_judges_do_not_stand_in_one_another_without_end() -> None:
    content: dict[str, Any] = {"model": "a"}
    for _ in range(6):
        content = {
            "architecture": "panel",
            "members": [{"name": "x", **content}, {"name": "y", "model": "b"}],
        }
    with pytest.raises(BadInput, match="too deep"):
        read_judge(content)


@pytest.mark.parametrize(
    "content",
    [
        JUDGES["weighted panel"] | {"members": [MEMBERS[0] | {"skill": {"corect": 0.9}}, MEMBERS[1]]},
        JUDGES["weighted panel"] | {"members": MEMBERS},
        {"architecture": "pairwise", "model": "a"},
        {"model": "a", "examples": [EXAMPLE | {"values": {"correct": "perhaps"}}]},
        {"model": "a", "examples": [EXAMPLE | {"values": {"other": "yes"}}]},
    ],
)
def test_what_does_not_fit_the_rubric_is_refused(
    content: dict[str, Any], rubric_version: RubricVersion
) -> None:
    spec = read_judge(content)
    with pytest.raises(BadInput):
        spec.build(rubric_version.spec)


def test_every_architecture_has_a_fingerprint_of_its_own(rubric_version: RubricVersion) -> None:
    prints = [
        fingerprint_of(make_judge(f"j{n}", **one), rubric_version) for n, one in enumerate(JUDGES.values())
    ]
    assert len(set(prints)) == len(JUDGES)


@pytest.mark.parametrize("source", ["question-answering/week-10", "elsewhere/w1"])
def test_a_judge_is_not_put_to_items_that_it_was_shown(
    source: str, batch: Batch, rubric_version: RubricVersion, lead: User
) -> None:
    item = batch.items.first()
    assert item is not None
    own = {"id": item.external_id, "payload": item.payload, "values": {"correct": "yes"}}
    judge = make_judge(model="a", examples=[own | {"batch": source}])
    with pytest.raises(Conflict, match="as an example"):
        queue_run(batch, rubric_version, judge, lead)


def test_examples_of_other_batches_are_shown(rubric_version: RubricVersion) -> None:
    rubric: RubricSpec = rubric_version.spec
    from judges.contracts import Subject

    chat = read_judge(JUDGES["single"]).build(rubric).opening(Subject("1", {"output": "5"}))[0].messages
    assert [message["role"] for message in chat] == ["system", "user", "assistant", "user"]
