"""How far two humans agree with one another, however many there are."""

import pytest

from auditing.metaaudit.comparisons import compare_all
from auditing.metaaudit.selectors import REFERENCE, evidence, reference_labels, with_reference
from auditing.metaaudit.yardstick import yardstick
from auditing.rubrics.schema import RubricSpec
from tests.cast import RUBRIC
from tests.ratings.ratings_of import rate

SPEC = RubricSpec.from_content(RUBRIC)


def test_twenty_humans_have_a_yardstick_over_all_their_pairs(batch):
    for place in range(20):
        rate(batch, f"human {place}", "correct", ["yes"] * 6 + ["no"] * 5 + ["yes" if place % 2 else "no"])
    found = yardstick(evidence(batch=batch, rubric=SPEC), criterion="correct", figure="accuracy")
    assert found.pairs == 190
    assert found.value == pytest.approx(
        (90 * 12 + 100 * 11) / (190 * 12)
    )  # 90 pairs of like places agree in all


@pytest.mark.parametrize("figure", ["accuracy", "kappa", "ac1", "alpha"])
@pytest.mark.parametrize("criterion", ["correct", "helpful"])
def test_of_one_pair_it_is_that_pairs_own_figure(batch, figure, criterion):
    rate(batch, "ann", "correct", ["yes"] * 6 + ["no"] * 6)
    rate(batch, "ben", "correct", ["yes"] * 4 + ["no"] * 8)
    rate(batch, "ann", "helpful", ["1", "2", "3", "1", "2", "3"])
    rate(batch, "ben", "helpful", ["1", "2", "2", "2", "2", "3"])
    seen = evidence(batch=batch, rubric=SPEC)
    one = compare_all(seen.frame, [("ann", "ben")], criterion=criterion, rubric=SPEC, confidence=0.95)[0]
    found = yardstick(seen, criterion=criterion, figure=figure)
    assert (found.pairs, found.value) == (1, pytest.approx(getattr(one, figure)))


def test_a_pair_that_shares_few_items_does_not_count(batch):
    rate(batch, "ann", "correct", ["yes"] * 12)
    rate(batch, "ben", "correct", ["yes"] * 12)
    rate(batch, "umpire", "correct", ["no"] * 5)
    found = yardstick(evidence(batch=batch, rubric=SPEC), criterion="correct", figure="accuracy")
    assert (found.pairs, found.value) == (1, 1.0)


def test_it_tells_no_pair_from_an_undefined_figure(batch):
    rate(batch, "ann", "correct", ["yes"] * 12)
    assert yardstick(evidence(batch=batch, rubric=SPEC), criterion="correct", figure="kappa").pairs == 0
    rate(batch, "ben", "correct", ["yes"] * 12)
    found = yardstick(evidence(batch=batch, rubric=SPEC), criterion="correct", figure="kappa")
    assert (found.pairs, found.value) == (1, None)


def test_items_that_humans_leave_open_are_counted(batch):
    rate(batch, "ann", "correct", ["yes"] * 9 + ["no"] * 3)
    rate(batch, "ben", "correct", ["yes"] * 6 + ["no"] * 6)
    found = reference_labels(
        with_reference(evidence(batch=batch, rubric=SPEC)), rater=REFERENCE, criterion="correct"
    )
    assert (found.n, found.open) == (9, 3)
    assert found.shares == {"yes": pytest.approx(6 / 9), "no": pytest.approx(3 / 9)}


def test_ac1_of_humans_who_all_say_the_same_is_one(batch):
    rate(batch, "ann", "correct", ["yes"] * 12)
    rate(batch, "ben", "correct", ["yes"] * 12)
    found = yardstick(evidence(batch=batch, rubric=SPEC), criterion="correct", figure="ac1")
    assert (found.pairs, found.value) == (1, 1.0)
