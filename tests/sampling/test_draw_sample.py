"""Drawing an audit's sample from the database, and locking it."""

import time

import pytest

from auditing.audits.lifecycle import AuditState
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.datasets.models import Item
from auditing.journal.models import Entry
from auditing.sampling.models import Draw
from auditing.sampling.selectors import draws_of, human_draws, replay
from auditing.sampling.services import draw_sample, extend_sample
from auditing.stats.design import frame_hash
from tests.cast import SOP, make_audit, make_batch, make_sop


def sop_with(**sampling):
    return SOP | {"sop": "other", "sampling": SOP["sampling"] | sampling}


def test_the_plan_says_all_that_is_needed_to_draw_it_again(audit, lead):
    plan = draw_sample(by=lead, audit=audit)
    assert (plan.method, plan.seed, plan.frame_size) == ("stratified", audit.seed, 12)
    assert (plan.judge_size, plan.human_size) == (12, 6)
    assert plan.parameters["by"] == "topic"
    assert plan.frame_hash == frame_hash([f"item-{number}" for number in range(1, 13)])
    assert "PCG64" in plan.generator
    assert replay(plan).same


def test_the_audit_moves_on_and_the_journal_says_so(audit, lead):
    draw_sample(by=lead, audit=audit)
    audit.refresh_from_db()
    assert audit.state == AuditState.DRAWN
    assert Entry.objects.get(verb="drew the sample of").details["human"] == 6


def test_every_unit_carries_its_probability_and_half_of_the_human_sample_two_opinions(audit, lead):
    plan = draw_sample(by=lead, audit=audit)
    assert set(plan.draws.values_list("human_probability", flat=True)) == {0.5}
    assert sorted(human_draws(plan).values_list("opinions", flat=True)) == [1, 1, 1, 2, 2, 2]
    assert {s.name: (s.size, s.human_drawn) for s in plan.strata.all()} == {
        "history": (4, 2),
        "science": (4, 2),
        "sport": (4, 2),
    }


def test_a_further_wave_leaves_the_strata_as_large_as_they_are(batch, rubric_version, lead):
    content = SOP | {"sop": "waves", "sampling": {"method": "simple", "judge": 8, "human": 3}}
    version = make_sop(batch.collection, rubric_version, lead, content)
    plan = draw_sample(by=lead, audit=make_audit(batch, version, lead))
    extend_sample(by=lead, audit=plan.audit, size=2)
    assert list(plan.strata.values_list("name", "size", "judge_drawn", "human_drawn")) == [("", 12, 8, 5)]


def test_drawing_twice_is_refused_and_changes_nothing(audit, lead):
    draw_sample(by=lead, audit=audit)
    before = list(Draw.objects.values_list("item", "position", "opinions"))
    with pytest.raises(Conflict, match="drawn and locked"):
        draw_sample(by=lead, audit=audit)
    assert list(Draw.objects.values_list("item", "position", "opinions")) == before


def test_two_audits_with_one_seed_draw_the_same_items(batch, sop_version, lead):
    first, second = (make_audit(batch, sop_version, lead, seed=5) for _ in range(2))
    for audit in (first, second):
        draw_sample(by=lead, audit=audit)
    assert list(draws_of(first).values_list("item", "opinions")) == list(
        draws_of(second).values_list("item", "opinions")
    )


def test_a_changed_draw_does_not_replay(audit, lead):
    plan = draw_sample(by=lead, audit=audit)
    draw = human_draws(plan).first()
    draw.human_probability = 0.4
    draw.save()
    assert not replay(plan).same


def test_an_item_that_left_the_frame_does_not_replay(audit, lead):
    plan = draw_sample(by=lead, audit=audit)
    Item.objects.filter(batch=audit.batch, external_id="item-3").update(external_id="item-99")
    assert not replay(plan).same


def test_items_without_the_slice_are_a_stratum_of_their_own(batch, rubric_version, collection, lead):
    Item.objects.filter(batch=batch, position__lte=3).update(slices={})
    audit = make_audit(batch, make_sop(collection, rubric_version, lead), lead)
    plan = draw_sample(by=lead, audit=audit)
    assert plan.strata.get(name="(none)").size == 3


def test_strata_by_producer(batch, rubric_version, collection, lead):
    version = make_sop(collection, rubric_version, lead, sop_with(by="producer"))
    plan = draw_sample(by=lead, audit=make_audit(batch, version, lead))
    assert [stratum.name for stratum in plan.strata.all()] == ["Acme Annotation"]


def test_a_judge_sample_smaller_than_the_batch_holds_the_human_sample(
    batch, rubric_version, collection, lead
):
    version = make_sop(collection, rubric_version, lead, sop_with(method="simple", judge=8, human=4))
    plan = draw_sample(by=lead, audit=make_audit(batch, version, lead))
    assert plan.draws.count() == 8
    assert human_draws(plan).count() == 4
    assert {round(draw.human_probability, 9) for draw in plan.draws.all()} == {round(4 / 12, 9)}


def test_items_that_went_missing_stop_the_draw(audit, lead):
    Item.objects.filter(batch=audit.batch, external_id="item-3").delete()
    with pytest.raises(BadInput, match="12 items but has 11"):
        draw_sample(by=lead, audit=audit)
    audit.refresh_from_db()
    assert audit.state == AuditState.OPENED


def test_who_may_not_run_audits_may_not_draw(audit, auditor, outsider):
    for somebody in (auditor, outsider):
        with pytest.raises(Forbidden):
            draw_sample(by=somebody, audit=audit)


@pytest.mark.slow
def test_a_hundred_thousand_items_are_drawn_in_bulk(collection, rubric_version, lead):
    batch = make_batch(collection, lead, payloads=[{"input": "?"}] * 100_000)
    version = make_sop(collection, rubric_version, lead, sop_with(human=2000))
    audit = make_audit(batch, version, lead)
    start = time.monotonic()
    plan = draw_sample(by=lead, audit=audit)
    assert time.monotonic() - start < 120
    assert plan.judge_size == 100_000


def with_amounts(batch, amount_of):
    items = list(Item.objects.filter(batch=batch))
    for item in items:
        item.payload["amount"] = amount_of(item.position)
    Item.objects.bulk_update(items, ["payload"])


def test_chances_grow_with_a_number_of_the_payload(batch, rubric_version, collection, lead):
    with_amounts(batch, lambda position: position)
    version = make_sop(collection, rubric_version, lead, sop_with(method="pps", by="amount", human=4))
    plan = draw_sample(by=lead, audit=make_audit(batch, version, lead))
    for draw in plan.draws.select_related("item"):
        assert draw.human_probability == pytest.approx(4 * draw.item.position / 78)
        assert draw.size == draw.item.position
    assert replay(plan).same


@pytest.mark.parametrize("amount", [0, None, "much"])
def test_an_item_that_could_never_be_drawn_is_named(batch, rubric_version, collection, lead, amount):
    with_amounts(batch, lambda position: amount if position == 5 else 1)
    version = make_sop(collection, rubric_version, lead, sop_with(method="pps", by="amount", human=4))
    with pytest.raises(BadInput, match="item item-5 has no number above 0 in 'amount'"):
        draw_sample(by=lead, audit=make_audit(batch, version, lead))


def test_the_same_seed_draws_the_same_on_any_database(batch, sop_version, lead):
    """The digest of this draw is the same on PostgreSQL and on SQLite."""
    plan = draw_sample(by=lead, audit=make_audit(batch, sop_version, lead, seed=5))
    assert replay(plan).draw_hash == ("5ae229f24fd1fd4341c15a125f524e1158b4413008f57ad81dfa6f2ab03ca1c8")
