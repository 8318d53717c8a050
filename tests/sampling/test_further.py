"""Further waves: drawn among what is left, locked with their chances and weights, and drawn again bit for bit."""

from collections import Counter

import pytest

from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.sampling.selectors import replay
from auditing.sampling.services import draw_more, draw_sample
from tests.cast import SOP, make_audit, make_batch, make_sop

ERRORS = (0.05, 0.025)


@pytest.fixture
def drawn(collection, rubric_version, lead, producer):
    """An audit of a batch of 60 items, twenty in each of three strata, drawn in some way."""

    def made(**sampling):
        batch = make_batch(collection, lead, size=60, producer=producer)
        for item in batch.items.all():
            item.slices = {"topic": "abc"[item.position % 3]}
            item.save()
        content = SOP | {"sop": "waves", "sampling": sampling}
        audit = make_audit(batch, make_sop(collection, rubric_version, lead, content), lead)
        draw_sample(by=lead, audit=audit)
        return audit

    return made


SIMPLE = {"method": "simple", "human": 12}
STRATIFIED = {"method": "stratified", "by": "topic", "human": 12}
DESIGNS = [SIMPLE, STRATIFIED, SIMPLE | {"judge": 40}, STRATIFIED | {"judge": 42, "allocation": "equal"}]


def humans(plan, wave):
    return plan.draws.filter(is_human=True, wave=wave)


@pytest.mark.parametrize("sampling", DESIGNS)
def test_a_wave_comes_from_what_is_left_and_is_drawn_again_bit_for_bit(drawn, lead, sampling):
    audit = drawn(**sampling)
    before = set(humans(audit.plan, 1).values_list("item", "opinions"))
    plan = draw_more(by=lead, audit=audit, size=9, errors=ERRORS)
    assert replay(plan).same
    assert set(humans(plan, 1).values_list("item", "opinions")) == before
    assert (humans(plan, 2).count(), plan.human_size) == (9, 21)


@pytest.mark.parametrize("sampling", DESIGNS)
def test_two_waves_more_keep_what_was_fixed_of_the_first(drawn, lead, sampling):
    audit = drawn(**sampling)
    first = draw_more(by=lead, audit=audit, size=9, errors=ERRORS).waves
    plan = draw_more(by=lead, audit=audit, size=6, errors=(*ERRORS, 0.0125))
    assert replay(plan).same
    assert plan.waves[:2] == first
    assert [wave["size"] for wave in plan.waves] == [12, 9, 6]
    assert [wave["error"] for wave in plan.waves] == [0.05, 0.025, 0.0125]


def test_chances_are_those_within_the_wave_and_those_of_all_waves_together(drawn, lead):
    plan = draw_more(by=lead, audit=drawn(**SIMPLE), size=12, errors=ERRORS)
    assert set(humans(plan, 1).values_list("wave_probability", flat=True)) == {12 / 60}
    assert set(humans(plan, 2).values_list("wave_probability", flat=True)) == {12 / 48}
    assert set(plan.draws.values_list("human_probability", flat=True)) == {24 / 60}
    assert set(plan.draws.filter(is_human=False).values_list("wave_probability", flat=True)) == {None}


def test_weights_are_the_inverse_of_the_variance_to_be_expected(drawn, lead):
    """By hand: N S^2 (1 / pi - 1) / N^2 over 60 items; of the 48 left, those 48."""
    plan = draw_more(by=lead, audit=drawn(**SIMPLE), size=12, errors=ERRORS)
    one, two = (wave["weight"] for wave in plan.waves)
    assert one == pytest.approx(60**2 / (60 * 4))
    assert two == pytest.approx(60**2 / (48 * 3))


def test_each_stratum_gets_its_share_of_the_wave(drawn, lead):
    plan = draw_more(by=lead, audit=drawn(**STRATIFIED), size=9, errors=ERRORS)
    assert Counter(humans(plan, 2).values_list("stratum", flat=True)) == {"a": 3, "b": 3, "c": 3}
    assert [stratum.human_drawn for stratum in plan.strata.all()] == [7, 7, 7]
    assert [stratum.size for stratum in plan.strata.all()] == [20, 20, 20]


def test_a_wave_of_all_that_is_left_is_certain(drawn, lead):
    audit = drawn(**SIMPLE)
    plan = draw_more(by=lead, audit=audit, size=48, errors=ERRORS)
    assert plan.waves[1]["weight"] is None
    with pytest.raises(Conflict, match="items left"):
        draw_more(by=lead, audit=audit, size=1, errors=ERRORS)


@pytest.mark.parametrize("size", [0, -3, 49])
def test_a_size_that_cannot_be_drawn_is_refused(drawn, lead, size):
    with pytest.raises(BadInput, match="from 1 to 48"):
        draw_more(by=lead, audit=drawn(**SIMPLE), size=size, errors=ERRORS)


def test_a_wave_needs_an_item_of_every_stratum(drawn, lead):
    with pytest.raises(BadInput, match="every stratum") as caught:
        draw_more(by=lead, audit=drawn(**STRATIFIED), size=2, errors=ERRORS)
    assert caught.value.field == "size"


def test_a_systematic_sample_has_no_further_wave(drawn, lead):
    with pytest.raises(Conflict, match="simple or stratified"):
        draw_more(by=lead, audit=drawn(method="systematic", human=12), size=5, errors=ERRORS)


def test_an_auditor_draws_nothing(drawn, auditor):
    with pytest.raises(Forbidden):
        draw_more(by=auditor, audit=drawn(**SIMPLE), size=5, errors=ERRORS)
