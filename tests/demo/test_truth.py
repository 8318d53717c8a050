"""What the product says of the simulated world, held against the truth that was planted in it."""

import pytest
from scipy import stats

from auditing.audits.models import Audit
from auditing.datasets.models import Item
from auditing.demo import world
from auditing.demo.history import PAST, make_history
from auditing.demo.invoices import truth_of
from auditing.demo.simulation import base_url
from auditing.estimation.models import Estimate
from auditing.journal.services import first_broken_entry
from auditing.judging.models import Verdict
from auditing.metaaudit.selectors import comparisons, evidence
from auditing.reviews.models import Review

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def make_world():
    everybody = world.people()
    world.endpoint(base_url())
    world.simulated_judges()
    place = world.collection(everybody)
    make_history(everybody, place, world.procedure(everybody, place), lambda what, done: None)


def most_misses(intervals: int, confidence: float = 0.95) -> int:
    """With intervals that hold, more misses than this happen once in a thousand."""
    return int(stats.binom.ppf(0.999, intervals, 1 - confidence))


def counts():
    return [model.objects.count() for model in (Item, Audit, Review, Verdict, Estimate)]


def misses_of_pass_rates():
    """(estimate, truth) for every interval of a batch's pass rate that leaves the truth out."""
    for audit in Audit.objects.filter(state="decided"):
        truth = [audit.rubric.passes(truth_of(item.payload)) for item in audit.batch.items.all()]
        rate = sum(truth) / len(truth)
        for estimate in audit.estimates.filter(criterion="item_passes", slice_field=""):
            if not estimate.low <= rate <= estimate.high:
                yield estimate, rate


def misses_of_judges(criterion):
    """(comparison, truth) where the accuracy interval of a judge leaves out its accuracy on the whole batch."""
    for audit in Audit.objects.filter(state="decided"):
        truth = {item.pk: truth_of(item.payload)[criterion] for item in audit.batch.items.all()}
        for one in comparisons(evidence(batch=audit.batch, audit=audit), criterion=criterion):
            if one.rater_kind != "judge":
                continue
            verdicts = Verdict.objects.filter(
                run__audit=audit, run__judge_version__judge__name=one.rater, criterion=criterion
            )
            right = [value == truth[item] for item, value in verdicts.values_list("item_id", "value")]
            low, high = one.accuracy_interval
            if not low <= sum(right) / len(right) <= high:
                yield one, sum(right) / len(right)


def test_the_intervals_cover_the_planted_truth_and_a_second_time_adds_nothing():
    make_world()
    decided = Audit.objects.filter(state="decided").count()
    assert decided == len(PAST) - 1
    assert Audit.objects.filter(state="ruling").count() == 1
    assert len(list(misses_of_pass_rates())) <= most_misses(2 * decided)
    assert len(list(misses_of_judges("total_correct"))) <= most_misses(3 * decided)
    assert all(audit.reports.exists() for audit in Audit.objects.filter(state="decided"))
    assert first_broken_entry() is None

    before = counts()
    make_world()
    assert counts() == before
