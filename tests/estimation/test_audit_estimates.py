"""Estimates of an audit: stored probabilities, slices, missing labels, judges beside humans."""

import pytest

from auditing.audits.lifecycle import AuditState
from auditing.core.errors import Conflict
from auditing.estimation.models import Estimate
from auditing.estimation.services import make_estimates
from auditing.journal.models import Entry
from tests.cast import make_batch, make_rubric
from tests.estimation.building import drawn_audit, judge_all, label_drawn, only

UNEQUAL = {"method": "stratified", "by": "topic", "allocation": "equal", "human": 4, "judge": "all"}


@pytest.fixture
def lopsided(collection, lead):
    """Nine items of topic a, three of topic b."""
    return make_batch(collection, lead, name="lopsided", size=12, topics=("a", "a", "a", "b"))


def is_a(item):
    return "yes" if item.slices["topic"] == "a" else "no"


def test_the_stored_probabilities_weigh_the_labels(lopsided, rubric_version, lead):
    audit = drawn_audit(lopsided, rubric_version, lead, sampling=UNEQUAL)
    label_drawn(audit, is_a)
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="human", slice_field="")
    assert found.estimate == pytest.approx(9 / 12)  # two of each topic were seen: unweighted it would be 1/2
    assert (found.n_human, found.population) == (4, 12)
    assert found.low < 0.75 < found.high


def test_an_sop_may_ask_about_the_process_behind_the_batch(batch, rubric_version, lead):
    audit = drawn_audit(
        batch,
        rubric_version,
        lead,
        sampling={"method": "simple", "human": 12},
        estimates={"target": "process"},
    )
    label_drawn(audit, lambda item: "yes" if item.position <= 9 else "no")
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="human", slice_field="")
    assert (found.target, found.side) == ("process", "two-sided")
    assert found.estimate == pytest.approx(0.75)
    assert found.low < 0.75 < found.high  # seeing the whole batch is not enough


def test_everything_labelled_is_a_census_without_an_interval(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12})
    label_drawn(audit, lambda item: "yes" if item.position <= 9 else "no")
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="human", slice_field="")
    assert (found.estimate, found.low, found.high) == (0.75, 0.75, 0.75)


def test_each_slice_is_estimated_from_its_own_items(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12})
    label_drawn(audit, lambda item: "no" if item.slices["topic"] == "sport" else "yes")
    found = make_estimates(by=lead, audit=audit)
    of = {
        one.slice_value: one.estimate
        for one in found
        if one.slice_field == "topic" and one.criterion == "correct" and one.basis == "human"
    }
    assert of == {"history": 1.0, "science": 1.0, "sport": 0.0}
    assert not [one for one in found if one.slice_field == "producer"]  # one producer is no comparison


def test_a_drawn_item_without_a_label_widens_the_interval_to_its_worst_case(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12})
    label_drawn(audit, lambda item: None if item.position == 12 else "yes")
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="human", slice_field="")
    assert found.unscored["labels"] == 1
    assert found.high == pytest.approx(1)
    assert found.low <= 11 / 12
    assert "worst case" in found.note


def test_what_humans_leave_open_is_no_label(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12})
    label_drawn(audit, lambda item: "yes")
    label_drawn(audit, lambda item: "no" if item.position == 1 else "yes", rater="ben")
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="human", slice_field="")
    assert found.unscored["labels"] == 1
    assert (found.n_human, found.high) == (11, 1)


def test_a_judge_that_is_right_narrows_the_interval(collection, rubric_version, lead):
    batch = make_batch(collection, lead, name="large", size=240)
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 60, "overlap": 0})

    def truth(item):
        return "no" if item.position % 4 == 0 else "yes"

    def judged(item):
        return truth(item) if item.position % 23 else "yes"

    label_drawn(audit, truth)
    judge_all(audit, judged)
    estimates = make_estimates(by=lead, audit=audit)
    human = only(estimates, criterion="correct", basis="human", slice_field="")
    assisted = only(estimates, criterion="correct", basis="assisted", slice_field="")
    assert assisted.high - assisted.low < human.high - human.low
    assert assisted.low < 0.75 < assisted.high
    assert assisted.labels_saved > 0
    assert (human.n_judged, assisted.n_judged) == (0, 240)


def test_judges_who_saw_unequal_shares_of_the_strata_are_weighed(collection, rubric_version, lead):
    batch = make_batch(collection, lead, name="mixed", size=800, topics=("a",) * 9 + ("b",))
    unequal = {"method": "stratified", "by": "topic", "allocation": "equal", "judge": 160, "human": 80}
    audit = drawn_audit(batch, rubric_version, lead, sampling={**unequal, "overlap": 0})

    def truth(item):
        return "yes" if is_a(item) == "yes" or item.position % 20 == 0 else "no"

    label_drawn(audit, truth)
    judge_all(audit, is_a)
    drawn = batch.items.filter(draws__plan__audit=audit)
    assert {topic: drawn.filter(slices__topic=topic).count() for topic in "ab"} == {"a": 80, "b": 80}
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="assisted", slice_field="")
    assert found.method.startswith("PPI++")
    assert found.low < sum(truth(item) == "yes" for item in batch.items.all()) / 800 < found.high


def test_without_a_judge_the_assisted_estimate_is_refused_with_a_reason(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead)
    label_drawn(audit, lambda item: "yes")
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="assisted", slice_field="")
    assert (found.estimate, found.method) == (None, "refused")
    assert "no judge" in found.note


def test_without_any_label_there_is_a_reason_and_no_number(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead)
    found = only(make_estimates(by=lead, audit=audit), criterion="correct", basis="human", slice_field="")
    assert found.estimate is None
    assert found.note


def test_a_mean_of_levels_stays_on_the_scale(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12})
    label_drawn(audit, lambda item: str(1 + item.position % 3), criterion="helpful")
    found = only(make_estimates(by=lead, audit=audit), criterion="helpful", basis="human", slice_field="")
    assert (found.estimand, found.estimate) == ("mean", pytest.approx(2))


def test_estimating_again_replaces_and_each_time_is_on_record(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead)
    label_drawn(audit, lambda item: "yes")
    first = make_estimates(by=lead, audit=audit)
    assert audit.state == AuditState.ESTIMATED
    make_estimates(by=lead, audit=audit)
    assert Estimate.objects.filter(audit=audit).count() == len(first)
    assert Entry.objects.filter(verb="estimated").count() == 2


def test_nothing_is_estimated_before_the_draw(audit, lead):
    with pytest.raises(Conflict, match="not drawn"):
        make_estimates(by=lead, audit=audit)


def test_a_long_name_of_an_option_has_room(batch, lead):
    option = "an-option-" + "x" * 49
    rubric = {
        "rubric": "kinds",
        "criteria": [{"key": "kind", "scale": {"type": "nominal", "options": [option, "b"], "good": option}}],
    }
    audit = drawn_audit(
        batch, make_rubric(lead, rubric), lead, rubric="kinds@1", acceptance={"criterion": "kind"}
    )
    label_drawn(audit, lambda item: option, criterion="kind")
    found = make_estimates(by=lead, audit=audit)
    assert f"share_of_{option}" in {one.estimand for one in found}
