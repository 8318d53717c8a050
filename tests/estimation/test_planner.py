"""The planner: sizes by the tables and formulas, savings by their bounds, and the same answer at every door."""

import json
from dataclasses import replace

import pytest
from django.core.management import call_command

from auditing.core.errors import BadInput
from auditing.estimation.inputs import evidence_of_audit
from auditing.estimation.learning import keep_experience
from auditing.estimation.planner import Known, Question, answer, known_of
from auditing.estimation.services import make_estimates
from auditing.sops.schema import SopSpec
from auditing.stats.planning import oc_curve
from tests.cast import SOP, make_batch
from tests.estimation.building import drawn_audit, judge_all, label_drawn
from tests.web.editor_forms import signed_in

JUDGED = Known(population=2000, r_squared=0.75, residual_cv=1.0, labels=400, audits=3, minutes=1.5)


def test_a_margin_takes_cochrans_number():
    found = answer(Question(margin=0.05, pass_rate=0.5))
    assert (found.plan.n, found.plan.n_alone, found.saving.ratio) == (385, 385, 1.0)
    assert found.plan.half_width == pytest.approx(0.05, abs=0.001)


def test_judges_save_what_they_explained_before_and_no_more_than_the_bound():
    found = answer(Question(population=2000), JUDGED)
    assert (found.saving.uniform, found.saving.active) == (pytest.approx(4), pytest.approx(8))
    alone = found.plan.n_alone
    assert 1 / found.plan.n == pytest.approx((1 / alone - 1 / 2000) * 4 + 1 / 2000, rel=0.02)
    assert "75%" in found.saving.reason
    assert answer(Question(population=2000, method="active"), JUDGED).plan.n < found.plan.n
    assert answer(Question(population=2000, use_judges=False), JUDGED).plan.n == alone


def test_a_plan_counts_on_what_judges_did_save_not_on_the_bound():
    known = replace(JUDGED, gain=1.3, gains=7)
    found = answer(Question(population=2000), known)
    assert found.saving.ratio == 1.3
    assert "a label was worth 1.3 labels" in found.saving.reason
    assert found.plan.n > answer(Question(population=2000), JUDGED).plan.n
    assert answer(Question(population=2000), replace(JUDGED, gain=0.6, gains=7)).saving.ratio == 1


def test_the_fewest_labels_are_called_a_floor_and_compared_for_their_own_interval():
    wide, wider = (answer(Question(population=2000, margin=margin), JUDGED) for margin in (0.07, 0.08))
    assert wide.plan.n == wider.plan.n == 30
    assert wide.plan.n_alone == wider.plan.n_alone
    assert any("30 labels are the floor" in sentence for sentence in wide.words)


def test_a_plan_by_strata_without_strata_says_so():
    assert "plain random sample" in answer(Question(method="stratified")).words[-1]


def test_what_labels_were_worth_is_read_from_earlier_audits(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 8})
    label_drawn(audit, lambda item: "yes" if item.position % 2 else "no")
    label_drawn(audit, lambda item: "3", criterion="helpful")
    judge_all(audit, lambda item: "yes" if item.position % 2 else "no")
    judge_all(audit, lambda item: "3", criterion="helpful")
    make_estimates(by=lead, audit=audit)
    figure = audit.estimates.get(criterion="item_passes", slice_field="", basis="assisted")
    known = known_of(collection=batch.collection)
    assert known.gains == 1
    assert known.gain == pytest.approx((1 / 8 - 1 / 12) / (1 / figure.n_effective - 1 / 12))


def test_nothing_is_promised_where_nothing_is_known():
    assert "no saving is promised" in answer(Question()).saving.reason


def test_zero_failures_show_a_rate_and_tell_who_is_protected():
    found = answer(Question(goal="zero-failure", tolerable=0.05))
    assert (found.plan.n, found.plan.accept) == (59, 0)
    assert "one-sided" in found.words[1]
    assert found.acceptance == {"rule": "count", "at_least": 0.95, "accept": 0}


def test_a_small_batch_needs_fewer():
    assert answer(Question(goal="zero-failure", tolerable=0.05, population=100)).plan.n < 59


def test_the_tables_name_their_letter():
    plan = answer(Question(goal="aql", population=150, aql=1.5)).plan
    assert (plan.n, plan.accept, plan.reject) == (32, 1, 2)


def test_both_risks_are_kept():
    question = Question(goal="two-point", acceptable=0.01, tolerable=0.05, alpha=0.05, beta=0.1)
    good, bad = answer(question).plan.risks
    assert (good, bad) == (pytest.approx(0.95, abs=0.03), pytest.approx(0.1, abs=0.03))
    assert good >= 0.95
    assert bad <= 0.1


def test_a_sequential_plan_says_when_it_stops():
    plan = answer(Question(goal="sequential", tolerable=0.1, acceptable=0.01)).plan
    good, bad = plan.stops
    assert 20 < good < 200
    assert bad < 400
    assert (plan.n, plan.expected) == (50, good)


def test_the_curve_of_a_sequential_plan_is_that_of_its_own_rule():
    plan = answer(Question(goal="sequential", tolerable=0.08, acceptable=0.02)).plan
    assert plan.risks[0] > 0.95
    assert plan.risks[1] <= 0.05  # the rule's own promise, at the rate that must not pass
    accepted = dict(plan.curve)
    assert accepted[min(accepted, key=lambda rate: abs(rate - 0.08))] <= 0.08  # of 150 simulated batches
    assert dict(plan.refused)[max(accepted)] > 0.9


def test_neither_risk_field_changes_a_sequential_plan():
    asked = {"goal": "sequential", "tolerable": 0.1, "acceptable": 0.01}
    assert answer(Question(**asked)).words == answer(Question(**asked, alpha=0.2, beta=0.3)).words


def test_money_and_hours_per_stratum():
    known = Known(population=1000, strata={"a": 900, "b": 100}, spreads={"a": 0.1, "b": 0.5})
    question = Question(
        population=1000, method="stratified", by="kind", allocation="neyman", minutes=3, hourly=40
    )
    found = answer(question, known)
    assert [cost.name for cost in found.costs] == ["a", "b"]
    assert sum(cost.labels for cost in found.costs) == found.plan.n
    assert found.costs[1].labels / 100 > found.costs[0].labels / 900
    assert found.money == pytest.approx(found.plan.n * 3 / 60 * 40)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"goal": "luck"}, "goal"),
        ({"goal": "aql"}, "population"),
        ({"goal": "two-point", "acceptable": 0.1}, "acceptable"),
        ({"aql": 3.0}, "aql"),
        ({"margin": 1.5}, "margin"),
        ({"population": 1}, "population"),
    ],
)
def test_what_cannot_be_planned_names_the_field(asked, field):
    with pytest.raises(BadInput) as caught:
        answer(Question(**asked))
    assert caught.value.field == field


@pytest.mark.parametrize("goal", ["precision", "zero-failure", "two-point", "aql", "sequential"])
def test_every_plan_is_part_of_a_valid_sop(goal):
    sop = answer(Question(goal=goal, population=3000)).to_dict()["sop"]
    SopSpec.from_content(
        SOP | {"sampling": sop["sampling"], "acceptance": sop["acceptance"] or SOP["acceptance"]}
    )


def test_the_command_answers_for_a_batch(batch, capsys):
    call_command(
        "plan_audit", "--batch", batch.name, "--goal", "zero-failure", "--tolerable", "0.3", "--json"
    )
    told = json.loads(capsys.readouterr().out)
    assert told["question"]["population"] == 12
    assert told["plan"]["accept"] == 0
    assert told["plan"]["n"] < 12


def test_the_page_answers_as_one_types_and_the_plan_goes_into_a_draft(batch, sop_version, lead):
    client = signed_in(lead)
    query = f"goal=zero-failure&tolerable=30&batch={batch.pk}"
    page = client.get(f"/planner/?{query}", headers={"HX-Request": "true"}).content.decode()
    assert "Accept the batch if none of them fails" in page
    assert "<html" not in page
    answered = client.post("/planner/use/", {"plan": query, "sop": sop_version.sop.pk})
    assert answered.status_code == 302
    draft = sop_version.sop.versions.get(state="draft").content
    assert draft["acceptance"] == {"rule": "count", "at_least": 0.7, "accept": 0, "criterion": "item_passes"}
    assert (draft["sampling"]["method"], draft["sampling"]["opinions"]) == ("simple", 2)


def test_the_page_says_what_is_wrong(lead):
    page = signed_in(lead).get("/planner/?goal=aql&population=").content.decode()
    assert "No plan yet" in page


def test_between_the_numbers_of_reduced_inspection_a_batch_is_accepted_too():
    found = answer(Question(goal="aql", population=5000, aql=1.5, severity="reduced"))
    assert (found.plan.n, found.plan.accept, found.plan.reject) == (80, 3, 6)
    accepted = float(oc_curve(80, 5, 0.075, "hypergeometric", 5000))
    assert found.plan.risks[1] == pytest.approx(accepted) == pytest.approx(0.438, abs=0.01)
    assert any("With 4 or 5 failing it is accepted too" in words for words in found.words)


@pytest.mark.parametrize("population", [20, 30, 50, 77])
def test_a_plan_for_a_small_batch_keeps_the_risks_that_it_was_made_for(population):
    zero = answer(Question(goal="zero-failure", tolerable=0.05, population=population)).plan
    two = answer(Question(goal="two-point", tolerable=0.15, population=population, alpha=0.05, beta=0.1)).plan
    assert zero.risks[1] <= 0.05 + 1e-9
    assert two.risks[0] >= 0.95
    assert two.risks[1] <= 0.1 + 1e-9


def test_the_curve_of_a_small_batch_is_drawn_at_rates_that_it_can_have():
    curve = answer(Question(goal="zero-failure", tolerable=0.3, population=12)).plan.curve
    assert all(round(12 * rate, 9).is_integer() for rate, _ in curve)
    accepted = [probability for _, probability in curve]
    assert accepted == sorted(accepted, reverse=True)


def test_nothing_and_empty_text_are_one_stratum(collection, lead):
    batch = make_batch(collection, lead, size=12, topics=("b", None, "", "a"))
    known = known_of(collection=collection, batch=batch, by="topic")
    assert list(known.strata.items()) == [("(none)", 6), ("a", 3), ("b", 3)]


def test_labels_and_audits_are_of_one_pool(batch, rubric_version, lead):
    """A second audit of the same batch learns nothing from the first: its labels may be the same."""
    for name in ("first", "second"):
        audit = drawn_audit(batch, rubric_version, lead, sop=name)
        label_drawn(audit, lambda item: "yes", rater=name)
        label_drawn(audit, lambda item: "3", criterion="helpful", rater=name)
        left = keep_experience(audit, evidence_of_audit(audit))
    known = known_of(collection=batch.collection)
    assert (known.labels, known.audits) == (left.labels, 1)
