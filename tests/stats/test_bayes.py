import numpy as np
import pytest
from scipy import stats

from auditing.stats.bayes import bayes_factor, bayesian_sample_size, impartial_prior, posterior_interval
from tests.stats.reference import cases, prior


@pytest.mark.parametrize("case", cases("planning_bayesian_default_prior") + cases("planning_bayesian"))
def test_bayesian_sample_size_reference(case):
    inputs = case["inputs"]
    n = bayesian_sample_size(
        inputs["materiality"],
        inputs["expected"],
        inputs["conf_level"],
        inputs["likelihood"],
        prior(inputs["prior"]),
        precision=inputs.get("min_precision"),
    )
    assert n == case["expected"]


@pytest.mark.parametrize("case", cases("bayes_upper_bound_beta11"))
def test_upper_bound_reference(case):
    inputs = case["inputs"]
    found = posterior_interval(
        inputs["x"], inputs["n"], prior(inputs["prior"]), inputs["conf_level"], "upper"
    )
    assert found.high == pytest.approx(case["expected"], abs=case["tolerance"])
    assert found.low == 0


@pytest.mark.parametrize("case", cases("bayes_upper_bound_gamma11"))
def test_gamma_upper_bound_reference(case):
    inputs = case["inputs"]
    chosen = prior(inputs["prior"])
    found = posterior_interval(inputs["x"], inputs["n"], chosen, inputs["conf_level"], "upper", "poisson")
    assert found.high == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("beta_binomial_posterior"))
def test_credible_interval_reference(case):
    inputs = case["inputs"]
    found = posterior_interval(inputs["x"], inputs["n"], prior(inputs["prior"]), inputs["cred"])
    assert [found.low, found.high] == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("bayes_factor_H_less_than_materiality"))
def test_bayes_factor_reference(case):
    inputs = case["inputs"]
    materiality = inputs["materiality"]
    impartial = inputs["prior"].startswith("impartial")
    chosen = impartial_prior(materiality) if impartial else prior(inputs["prior"])
    found = bayes_factor(inputs["x"], inputs["n"], materiality, chosen)
    assert found == pytest.approx(case["expected"], abs=case["tolerance"])


def test_an_impartial_prior_has_even_odds():
    assert stats.beta(*impartial_prior(0.03)).cdf(0.03) == pytest.approx(0.5)
    assert bayes_factor(0, 0, 0.03, impartial_prior(0.03)) == pytest.approx(1)


def test_overwhelming_evidence_stays_finite():
    assert 1e100 < bayes_factor(0, 5000, 0.1) < float("inf")


def test_the_batch_posterior_is_the_sum_over_batches():
    """Posterior of the defects in a batch of 30 by Bayes' rule, batch by batch: 2 found in 12."""
    defects = np.arange(31)
    weight = stats.betabinom(30, 1, 1).pmf(defects) * stats.hypergeom(30, defects, 12).pmf(2)
    cumulated = np.cumsum(weight / weight.sum())
    expected = defects[np.searchsorted(cumulated, [0.025, 0.975])] / 30
    found = posterior_interval(2, 12, likelihood="hypergeometric", population=30)
    assert [found.low, found.high] == pytest.approx(expected)
    assert found.estimate == pytest.approx((defects * weight).sum() / weight.sum() / 30)


def test_a_census_leaves_no_doubt():
    found = posterior_interval(3, 20, likelihood="hypergeometric", population=20)
    assert found.low == found.estimate == found.high == pytest.approx(0.15)


@pytest.mark.parametrize("expected", [0, 0.01, 0.025, 1, 3])
@pytest.mark.parametrize("likelihood", ["binomial", "poisson", "hypergeometric"])
def test_the_sample_is_enough_and_none_smaller_is(expected, likelihood):
    population = 900 if likelihood == "hypergeometric" else None

    def bound(n):
        errors = n * expected if expected < 1 else expected
        errors = np.ceil(errors - 1e-9) if population else errors
        return posterior_interval(errors, n, side="upper", likelihood=likelihood, population=population).high

    n = bayesian_sample_size(0.05, expected, likelihood=likelihood, population=population)
    assert bound(n) < 0.05
    assert all(bound(smaller) >= 0.05 for smaller in range(max(1, int(expected)), n))


def test_knowledge_saves_units():
    assert bayesian_sample_size(0.03, prior=(1, 30)) < bayesian_sample_size(0.03)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: bayesian_sample_size(), "materiality, a precision"),
        (lambda: bayesian_sample_size(0.05, 0.06), "below the materiality"),
        (lambda: bayesian_sample_size(1.5), "between 0 and 1"),
        (lambda: bayesian_sample_size(0.05, likelihood="hypergeometric"), "needs the population"),
        (lambda: bayesian_sample_size(0.01, 5, likelihood="hypergeometric", population=100), "large enough"),
        (lambda: posterior_interval(3, 2), "0 <= k <= n"),
        (lambda: posterior_interval(0, 2, (0, 1)), "positive"),
        (lambda: posterior_interval(0, 2, likelihood="normal"), "unknown likelihood"),
        (lambda: bayes_factor(0, 2, 1.0), "between 0 and 1"),
        (lambda: impartial_prior(0), "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
