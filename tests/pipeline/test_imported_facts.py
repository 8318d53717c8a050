"""What stations say of labels and judges' opinions that came with the batch."""

from auditing.estimation.services import make_estimates
from auditing.pipeline.facts import judges_are_imported, labelled_but_not_drawn
from auditing.pipeline.stages import stations
from tests.estimation.building import drawn_audit, judge_all, label_drawn
from tests.ratings.ratings_of import rate

IMPORTED = {"labels": {"source": "imported"}, "judges": []}


def said_of(audit, name):
    return next(station.detail for station in stations(audit) if station.name == name)


def test_labels_that_nobody_drew_are_counted_apart(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 5}, **IMPORTED)
    rate(batch, "ann", "correct", ["yes"] * 12)
    assert labelled_but_not_drawn(audit) == 7


def test_imported_judges_and_unusable_labels_are_named(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12}, **IMPORTED)
    assert "no judge is asked" in said_of(audit, "Judge")
    judge_all(audit, lambda item: "yes")
    assert judges_are_imported(audit)
    assert said_of(audit, "Judge") == "opinions imported, none asked"
    for name, answer in (("ann", "yes"), ("ben", "no")):
        label_drawn(audit, lambda item, a=answer: a if item.position <= 2 else "yes", rater=name)
        label_drawn(audit, lambda item: "3", criterion="helpful", rater=name)
    make_estimates(by=lead, audit=audit)
    assert said_of(audit, "Review") == "12 of 12 labels imported, 2 of them left open"
