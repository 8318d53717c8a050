"""Audits whose human sample waits for the judges, and the loop: what one audit's labels do to the next one's draw."""

import json

import numpy as np
import pytest
from django.core.management import call_command

from auditing.audits.lifecycle import AuditState
from auditing.estimation.learning import guide_of
from auditing.estimation.models import Experience
from auditing.pipeline.services import advance
from auditing.reviews.models import ReviewTask
from auditing.sampling.selectors import replay
from auditing.stats.design import mixed_with_uniform
from tests.cast import SOP, make_audit, make_batch, make_sop
from tests.ratings.ratings_of import rate

SIZE = 80


@pytest.fixture
def sop_of(collection, rubric_version, lead):
    def made(name="special", **sampling):
        return make_sop(
            collection,
            rubric_version,
            lead,
            SOP
            | {
                "sop": name,
                "sampling": {"human": 40} | sampling,
                "labels": {"source": "imported", "reference": "adjudicated"},
                "acceptance": SOP["acceptance"] | {"criterion": "correct"},
            },
        )

    return made


@pytest.fixture
def batch_of(collection, producer, lead):
    """A batch in which sport is hard for the judge: there it is right half the time, elsewhere always."""

    def made(seed, labelled=True, size=SIZE):
        batch = make_batch(collection, lead, size=size, producer=producer)
        generator = np.random.default_rng(seed)
        truth = generator.random(size) < 0.7
        topics = [item.slices["topic"] for item in batch.items.order_by("position")]
        hard = np.array([topic == "sport" for topic in topics])
        said = np.where(hard & (generator.random(size) < 0.5), ~truth, truth)
        rate(batch, "gpt", "correct", ["yes" if one else "no" for one in said], kind="judge")
        if labelled:
            rate(batch, "adjudicated", "correct", ["yes" if one else "no" for one in truth])
        return batch

    return made


def through(audit, lead):
    advance(by=lead, audit=audit)
    audit.refresh_from_db()
    return audit


def test_strata_of_the_judges_scores_are_drawn_once_there_are_scores(batch_of, sop_of, lead):
    version = sop_of(method="two-phase", allocation="equal")
    audit = through(make_audit(batch_of(1), version, lead), lead)
    assert audit.state == AuditState.ESTIMATED
    assert {(s.name, s.human_drawn) for s in audit.plan.strata.all()} == {
        ("1: score up to 0", 20),
        ("2: score up to 1", 20),
    }
    assert replay(audit.plan).same
    estimate = audit.estimates.get(criterion="correct", slice_field="", basis="human")
    assert "stratified" in estimate.method
    truth = audit.batch.items.filter(ratings__rater__name="adjudicated", ratings__value="yes").count() / SIZE
    assert estimate.low <= truth <= estimate.high


def test_it_waits_for_scores_where_there_are_none(batch, sop_of, lead):
    audit = make_audit(batch, sop_of(method="two-phase", human=4), lead)
    results = advance(by=lead, audit=audit)
    assert results[-1].detail == "judges' scores, to draw the auditors' sample by"
    assert ReviewTask.objects.count() == 0


def test_the_first_active_audit_is_uniform_and_the_next_goes_where_labels_are_uncertain(
    batch_of, sop_of, lead
):
    version = sop_of(method="active", tau=0.2, human=120)
    first = through(make_audit(batch_of(1, size=160), version, lead), lead)
    assert {round(draw.human_probability, 9) for draw in first.plan.draws.all()} == {0.75}
    assert first.plan.learned["earlier_audits"] == []
    version = sop_of("second", method="active", tau=0.2, human=40)
    second = through(make_audit(batch_of(2, size=160), version, lead), lead)
    assert second.plan.learned["earlier_audits"] == [first.pk]
    assert second.plan.learned["earlier_labels"] == 120
    assert (
        "aipw" in second.estimates.get(criterion="correct", slice_field="", basis="assisted").method.lower()
    )
    chance = {
        topic: np.mean(
            [draw.human_probability for draw in second.plan.draws.filter(item__slices__topic=topic)]
        )
        for topic in ("history", "sport")
    }
    assert chance["sport"] > 1.3 * chance["history"]
    assert replay(second.plan).same


def test_sizes_are_frozen_with_the_plan_and_replay_from_it(batch_of, sop_of, lead):
    version = sop_of(method="active", tau=0.2)
    through(make_audit(batch_of(1), version, lead), lead)
    second = through(make_audit(batch_of(2), version, lead), lead)
    draws = list(second.plan.draws.order_by("item__external_id"))
    sizes = mixed_with_uniform([draw.size for draw in draws], 0.2)
    expected = 40 * sizes / sizes.sum()
    assert [draw.human_probability for draw in draws] == pytest.approx(expected.tolist())
    Experience.objects.all().delete()
    assert replay(second.plan).same


def test_a_plan_never_learns_from_labels_of_its_own_batch(batch_of, sop_of, lead):
    version = sop_of(method="active")
    batch = batch_of(1)
    through(make_audit(batch, version, lead), lead)
    again = through(make_audit(batch, version, lead), lead)
    assert again.plan.learned["earlier_audits"] == []


def test_labels_of_the_batch_change_nothing_about_its_guide(batch_of, sop_of, lead):
    version = sop_of(method="active")
    through(make_audit(batch_of(1), version, lead), lead)
    audit = make_audit(batch_of(2, labelled=False), version, lead)
    advance(by=lead, audit=audit)
    before = dict(audit.plan.draws.values_list("item__external_id", "size"))
    rate(audit.batch, "adjudicated", "correct", ["no"] * SIZE)
    assert guide_of(audit).sizes == before


def test_neyman_shares_by_what_earlier_audits_saw(batch_of, sop_of, lead):
    through(make_audit(batch_of(1), sop_of("first", method="simple"), lead), lead)
    version = sop_of("second", method="stratified", by="topic", allocation="neyman")
    audit = through(make_audit(batch_of(2), version, lead), lead)
    assert set(audit.plan.learned["spreads"]) == {"history", "science", "sport"}
    assert replay(audit.plan).same


def test_an_audit_leaves_its_labels_and_what_they_explain_behind(batch_of, sop_of, lead):
    audit = through(make_audit(batch_of(1), sop_of(method="simple"), lead), lead)
    left = audit.experience
    assert (left.labels, left.pooled_labels, left.criterion) == (40, 40, "correct")
    assert left.examples["columns"] == [
        "judge gpt: correct",
        "judge gpt: item_passes",
        "slice topic",
        "slice producer",
    ]
    assert 0 < left.r_squared < 1


def test_the_replay_command_says_where_it_differs(batch_of, sop_of, lead, capsys):
    audit = through(make_audit(batch_of(1), sop_of(method="active"), lead), lead)
    call_command("replay", audit.pk, "--json")
    first = json.loads(capsys.readouterr().out)
    assert (first["same"], first["units"], first["differences"]) == (True, SIZE, [])
    draw = audit.plan.draws.get(position=3)
    draw.human_probability = 0.25
    draw.save()
    with pytest.raises(SystemExit) as left:
        call_command("replay", audit.pk)
    assert left.value.code == 1
    assert "unit 3: human probability 0.5, not 0.25" in capsys.readouterr().out
