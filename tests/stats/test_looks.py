"""Looking again: what each look may err, how many labels to add, and that all looks together keep to what is said."""

import numpy as np
import pytest
from scipy import stats

from auditing.stats.design import anticipated_variance
from auditing.stats.estimation import estimate_mean
from auditing.stats.looks import error_of_look, labels_to_decide


@pytest.mark.parametrize("planned", [1, 2, 5])
def test_planned_looks_spend_what_is_stated_and_no_more(planned):
    spent = [error_of_look(0.05, planned, look) for look in range(1, planned + 1)]
    assert sum(spent) == pytest.approx(0.05)


def test_looks_that_nobody_planned_never_add_as_much_again():
    beyond = [error_of_look(0.05, 2, look) for look in range(3, 30)]
    assert beyond[0] == 0.025
    assert sum(beyond) < 0.05


@pytest.mark.parametrize(("error", "planned", "look"), [(0, 1, 1), (1, 1, 1), (0.05, 0, 1), (0.05, 1, 0)])
def test_looks_that_make_no_sense_are_refused(error, planned, look):
    with pytest.raises(ValueError, match=r"error|look"):
        error_of_look(error, planned, look)


def test_more_labels_are_needed_the_nearer_the_bar_and_never_more_than_there_are():
    wanted = [labels_to_decide(far, 0.06, (0.05, 0.025), 100, 2000) for far in (0.05, 0.02, 0.001)]
    assert wanted == sorted(wanted)
    assert wanted[-1] <= 2000
    assert labels_to_decide(0.02, 0.06, (0.05, 0.025), 100) > wanted[1]


def test_on_the_bar_no_number_can_tell():
    assert labels_to_decide(0.0, 0.06, (0.05, 0.025), 100, 2000) is None


def test_a_bound_beyond_the_bar_by_that_number_of_labels():
    """At 50 % chance the bound would be on the bar; 80 % take the room of 0.84 standard errors more."""
    n = labels_to_decide(0.03, 0.05, (0.05, 0.05), 200)
    now, then = 0.05 / 1.645, 0.03 / (1.645 + 0.8416)
    assert n == pytest.approx(200 * (now / then) ** 2, rel=0.001)


def accepted_in_two_looks(truth, rng, bar, first=100):
    """What the first look says, or the second, with as many more labels as the first made look needed."""
    N, order = len(truth), rng.permutation(len(truth))
    found = estimate_mean(truth[order[:first]], first / N, population=N, confidence=0.9)
    if found.low > bar or found.high < bar:
        return found.low > bar
    half = found.estimate - found.low if found.estimate > bar else found.high - found.estimate
    wanted = labels_to_decide(abs(found.estimate - bar), half, (0.05, 0.025), first, N)
    more = min(N - first, max(10, (wanted or N) - first))
    chances = [first / N, more / (N - first)]
    weights = [1 / anticipated_variance(np.ones(N), np.full(N, chances[0]))]
    rest = anticipated_variance(np.ones(N - first), np.full(N - first, chances[1])) * (1 - first / N) ** 2
    if not rest:
        return False
    index = order[: first + more]
    again = estimate_mean(
        truth[index],
        np.repeat(chances, [first, more]),
        population=N,
        labelled_index=index,
        waves=[1] * first + [2] * more,
        wave_weights=[*weights, 1 / rest],
        confidence=0.95,
    )
    return again.low > bar


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_batches_at_the_bar_are_accepted_no_more_often_than_both_looks_may_err(rate):
    """Where it is hardest, with a second wave whose size goes by the first: 5 % and 2.5 %, and the simulation's own."""
    truth = np.zeros(2000)
    truth[: round(2000 * rate)] = 1
    repetitions = 1000
    wrong = np.mean(
        [accepted_in_two_looks(truth, np.random.default_rng(run), truth.mean()) for run in range(repetitions)]
    )
    assert wrong <= 0.075 + 2.33 * np.sqrt(0.075 * 0.925 / repetitions)


def decided_in_two_planned_looks(truth, rng, bar, first=100):
    """1: accepted, -1: rejected, 0: open, by bounds to decide by that share 5 % between the two looks."""
    N, order = len(truth), rng.permutation(len(truth))
    by = {"population": N, "confidence": 0.95, "use": "compliance"}
    found = estimate_mean(truth[order[:first]], first / N, **by)
    if found.low >= bar or found.high < bar:
        return 1 if found.low >= bar else -1
    half = found.estimate - found.low if found.estimate >= bar else found.high - found.estimate
    wanted = labels_to_decide(abs(found.estimate - bar), half, (0.025, 0.025), first, N)
    more = min(N - first - 1, max(1, (wanted or N) - first))
    index, left = order[: first + more], N - first
    again = estimate_mean(
        truth[index],
        np.repeat([first / N, more / left], [first, more]),
        labelled_index=index,
        waves=[1] * first + [2] * more,
        wave_weights=[1 / (N / first - 1), N / left / (left / more - 1)],
        **by,
    )
    return 1 if again.low >= bar else -1 if again.high < bar else 0


@pytest.mark.slow
@pytest.mark.parametrize("passing", [1800, 1940])
def test_two_planned_looks_by_exact_bounds_err_in_five_percent_on_either_side(passing):
    truth, repetitions = np.repeat([1.0, 0.0], [passing, 2000 - passing]), 600
    for bar, wrong in (((passing + 1) / 2000, 1), (passing / 2000, -1)):
        found = [
            decided_in_two_planned_looks(truth, np.random.default_rng(run), bar) for run in range(repetitions)
        ]
        assert stats.binom.sf(found.count(wrong) - 1, repetitions, 0.05) > 0.01, found.count(wrong)
