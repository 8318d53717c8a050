"""Whatever is put into a statistic (nothing, one, all alike, missing, huge), out comes a number, a value whose being
undefined is documented, or a ValueError: no other error, and no warning (every warning is an error here).

Estimates of a mean have a test of their own, `test_any_estimate`.
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditing.stats import (
    acceptance,
    agreement,
    allocation,
    bayes,
    bounds,
    calibration,
    cascades,
    comparisons,
    conformal,
    design,
    finite,
    intervals,
    lift,
    planning,
    preferences,
    raters,
    sequential,
    severity,
    slices,
    stages,
    switching,
    votes,
    z14,
)

SAID = ("nan", "inf", "undefined", "none")  # how a docstring speaks of what is not a number
NUMBERS = st.sampled_from(
    [0.0, 1.0, -1.0, 2.0, 0.5, 0.3, 5.0, 1e-17, 1e-300, 1e300, -1e300, math.nan, math.inf]
)
SHARES = st.sampled_from([0.0, 0.01, 0.05, 0.5, 0.9, 1.0, 1e-17, -0.1, 1.5, math.nan, math.inf])
COUNTS = st.sampled_from([-1, 0, 1, 2, 3, 7, 60, 5000])
LEVELS = st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.999999, 1.0, -1.0, math.nan])
ANSWERS = st.sampled_from(["yes", "no", "maybe", None, math.nan, 1, 2.5, 1e300, True])
GRADES = st.sampled_from([0.0, 1.0, 2.0, 3.0, 1e300, -1e300, -2.0, 0.25, None, math.nan, math.inf])
NAMES = st.sampled_from(["a", "b", "c"])
LIKELIHOODS = st.sampled_from(["binomial", "poisson", "hypergeometric", "normal"])
SIDES = st.sampled_from(["two-sided", "lower", "upper", "left"])
ZERO_ONE = st.sampled_from([0.0, 1.0, 0.0, 1.0, math.nan, 2.0])
PRIORS = st.tuples(NUMBERS, NUMBERS)


def several(values, most=6):
    return st.lists(values, max_size=most)


def columns(**values):
    """Lists of one length, as keyword arguments."""
    return st.sampled_from([0, 1, 2, 3, 6, 40]).flatmap(
        lambda size: st.fixed_dictionaries(
            {name: st.lists(of, min_size=size, max_size=size) for name, of in values.items()}
        )
    )


def tables(values):
    """Raters x items, now and then of no rater or of no item, and sometimes all alike."""
    shape = st.tuples(st.integers(0, 4), st.integers(0, 6))
    return shape.flatmap(
        lambda size: st.one_of(
            st.lists(
                st.lists(values, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
            ),
            values.map(lambda one: [[one] * size[1]] * size[0]),
        )
    )


def options(**values):
    return st.fixed_dictionaries(values)


def both(first, second):
    return st.tuples(first, second).map(lambda parts: {**parts[0], **parts[1]})


RATINGS = options(ratings=tables(ANSWERS), confidence=LEVELS)
WEIGHTS = st.sampled_from([None, "linear", "quadratic", "ordinal", "cubic"])
WEIGHED = options(ratings=tables(st.one_of(ANSWERS, GRADES)), weights=WEIGHTS, confidence=LEVELS)
PAIRS = both(columns(a=ANSWERS, b=ANSWERS), options(confidence=LEVELS))
LOTS = options(
    lot_size=st.sampled_from([-1, 0, 1, 2, 8, 150, 10**7]),
    aql=st.sampled_from([1.5, 0.01, 1000.0, 3.3, math.nan]),
)
STAGES = several(
    st.builds(stages.Stage, COUNTS, st.one_of(st.none(), st.integers(-1, 4)), st.integers(-1, 6)), 3
)
WATCHED = options(values=several(SHARES, 30), confidence=LEVELS, bounds=st.tuples(NUMBERS, NUMBERS))
CROSSED = {"items": NAMES, "texts": NAMES}
CASES = {
    acceptance.single_plan: LOTS,
    acceptance.double_plan: LOTS,
    acceptance.multiple_plan: LOTS,
    acceptance.decide: options(estimate_low=NUMBERS, estimate_high=NUMBERS, at_least=NUMBERS),
    agreement.agreement_band: options(value=NUMBERS, error=NUMBERS, confidence=LEVELS),
    agreement.brennan_prediger: WEIGHED,
    agreement.cohen_kappa: both(PAIRS, options(weights=WEIGHTS)),
    agreement.confusion: columns(a=ANSWERS, b=ANSWERS),
    agreement.conger_kappa: WEIGHED,
    agreement.fleiss_kappa: WEIGHED,
    agreement.gwet_ac: WEIGHED,
    agreement.icc: options(
        ratings=tables(GRADES),
        form=st.sampled_from(["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]),
        confidence=LEVELS,
    ),
    agreement.krippendorff_alpha: options(
        ratings=tables(st.one_of(ANSWERS, GRADES)),
        level=st.sampled_from(["nominal", "ordinal", "interval", "ratio"]),
        confidence=LEVELS,
        resamples=st.just(50),
    ),
    agreement.raw_agreement: PAIRS,
    allocation.allocate: options(
        sizes=several(st.sampled_from([-3, 0, 1, 2, 9, 10**12])),
        n=COUNTS,
        allocation=st.sampled_from(["proportional", "equal"]),
        minimum=COUNTS,
    ),
    allocation.neyman_allocation: both(columns(sizes=NUMBERS, spreads=NUMBERS), options(n=NUMBERS)),
    allocation.smoothed_spread: columns(k=NUMBERS, n=NUMBERS),
    bayes.bayes_factor: options(
        k=NUMBERS,
        n=NUMBERS,
        materiality=SHARES,
        prior=PRIORS,
        likelihood=st.sampled_from(["binomial", "poisson"]),
    ),
    bayes.impartial_prior: options(materiality=SHARES),
    bayes.posterior_interval: options(
        k=NUMBERS,
        n=NUMBERS,
        prior=PRIORS,
        confidence=LEVELS,
        side=SIDES,
        likelihood=LIKELIHOODS,
        population=st.one_of(st.none(), COUNTS),
    ),
    bounds.most_likely_error: options(taints=several(SHARES), n=COUNTS),
    bounds.poisson_upper_bound: options(k=NUMBERS, n=COUNTS, confidence=LEVELS),
    bounds.stringer_bound: options(taints=several(SHARES), n=COUNTS, confidence=LEVELS),
    calibration.brier: columns(outcomes=ZERO_ONE, probabilities=SHARES),
    calibration.expected_calibration_error: both(
        columns(outcomes=ZERO_ONE, probabilities=SHARES),
        options(bins=COUNTS, confidence=LEVELS, resamples=st.just(20)),
    ),
    calibration.reliability_curve: both(
        columns(outcomes=ZERO_ONE, probabilities=SHARES), options(bins=COUNTS, confidence=LEVELS)
    ),
    cascades.fit_threshold: both(
        columns(confidence=SHARES, correct=ZERO_ONE), options(risk=SHARES, error=SHARES, step=COUNTS)
    ),
    comparisons.adjust_p_values: options(
        p_values=several(SHARES), level=SHARES, method=st.sampled_from(["bh", "by", "holm", "other"])
    ),
    comparisons.cusum: options(values=several(NUMBERS), target=NUMBERS, slack=NUMBERS, limit=NUMBERS),
    comparisons.ewma: options(values=several(NUMBERS), target=NUMBERS, weight=SHARES),
    comparisons.mcnemar: options(b=COUNTS, c=COUNTS, exact=st.booleans()),
    comparisons.p_chart_limits: options(share=SHARES, n=COUNTS, sigmas=NUMBERS),
    comparisons.trusted_prefix: options(
        correct=several(st.booleans(), 60), risk=SHARES, error=SHARES, step=COUNTS
    ),
    conformal.conformal_rank: options(n=COUNTS, alpha=SHARES),
    conformal.conformal_threshold: options(scores=several(NUMBERS), alpha=SHARES),
    design.anticipated_variance: columns(spread=NUMBERS, inclusion=SHARES),
    design.draw: options(
        frame=several(st.sampled_from(["a", "b", "c", 1, 2.0, None, math.nan, True])),
        n=COUNTS,
        method=st.sampled_from(["simple", "systematic", "stratified", "pps", "other"]),
    ),
    design.fixed_interval: options(sizes=several(NUMBERS), n=COUNTS, start=SHARES),
    design.frame_hash: options(ids=several(st.sampled_from(["a", "b", 1, 2.0, None, math.nan]))),
    design.mixed_with_uniform: options(sizes=several(NUMBERS), tau=SHARES),
    design.pps_probabilities: options(sizes=several(NUMBERS), n=COUNTS),
    finite.hypergeometric_cdf: options(k=COUNTS, N=COUNTS, D=COUNTS, n=COUNTS),
    intervals.hypergeometric: options(k=COUNTS, n=COUNTS, N=COUNTS, confidence=LEVELS, side=SIDES),
    intervals.proportion: options(
        k=NUMBERS,
        n=NUMBERS,
        method=st.sampled_from(["wilson", "clopper-pearson", "jeffreys", "wald"]),
        confidence=LEVELS,
        side=SIDES,
    ),
    lift.mean_of_pairs: both(columns(change=NUMBERS, **CROSSED), options(confidence=LEVELS)),
    lift.share_of_pairs: both(columns(happened=ZERO_ONE, **CROSSED), options(confidence=LEVELS)),
    planning.attribute_sample_size: options(
        materiality=SHARES,
        expected=NUMBERS,
        confidence=LEVELS,
        likelihood=LIKELIHOODS,
        population=st.one_of(st.none(), COUNTS),
    ),
    planning.expected_width: options(
        n=COUNTS, share=SHARES, confidence=LEVELS, population=st.one_of(st.none(), COUNTS)
    ),
    planning.oc_curve: options(
        n=COUNTS, c=COUNTS, p=several(SHARES), likelihood=LIKELIHOODS, population=st.one_of(st.none(), COUNTS)
    ),
    planning.oc_curve_double: options(
        n1=COUNTS, accept1=COUNTS, reject1=COUNTS, n2=COUNTS, accept2=COUNTS, p=several(SHARES, 2)
    ),
    planning.precision_sample_size: options(
        precision=st.sampled_from([0.0, 0.02, 0.3, 1.0, math.nan]), expected=SHARES, confidence=LEVELS
    ),
    planning.predicted_saving: options(
        r_squared=SHARES,
        residual_cv=NUMBERS,
        n=st.one_of(st.none(), COUNTS),
        population=st.one_of(st.none(), COUNTS),
    ),
    planning.sample_size_proportion: options(
        margin=SHARES, share=SHARES, confidence=LEVELS, population=st.one_of(st.none(), COUNTS)
    ),
    planning.two_point_plan: options(
        p1=SHARES,
        pa1=LEVELS,
        p2=SHARES,
        pa2=SHARES,
        likelihood=LIKELIHOODS,
        population=st.one_of(st.none(), COUNTS),
    ),
    preferences.bradley_terry: both(
        columns(first=NAMES, second=NAMES, outcome=st.sampled_from(["first", "second", "tie"])),
        options(
            ties=st.sampled_from(["half", "davidson", "drop"]), position=st.booleans(), confidence=LEVELS
        ),
    ),
    raters.alternative_annotator_test: options(
        ratings=tables(ANSWERS), judge=several(ANSWERS), scoring=st.sampled_from(["accuracy", "neg_rmse"])
    ),
    raters.dawid_skene: both(
        columns(item=NAMES, rater=NAMES, label=ANSWERS),
        options(smoothing=st.sampled_from([0.0, 1.0, -1.0, math.nan]), iterations=st.integers(-1, 30)),
    ),
    raters.leniency: both(columns(item=NAMES, rater=NAMES, value=GRADES), options(confidence=LEVELS)),
    sequential.betting_sequence: both(WATCHED, options(population=st.one_of(st.none(), COUNTS))),
    sequential.e_process: options(
        values=several(SHARES, 30), mean_at_most=NUMBERS, bounds=st.tuples(NUMBERS, NUMBERS), alpha=SHARES
    ),
    sequential.hoeffding_sequence: WATCHED,
    sequential.sequential_plan: options(p1=SHARES, p2=SHARES, alpha=SHARES, beta=SHARES),
    severity.severity_score: options(
        counts=st.dictionaries(st.sampled_from(["minor", "major", "huge"]), NUMBERS), words=NUMBERS
    ),
    slices.pool_slices: both(columns(estimates=NUMBERS, standard_errors=NUMBERS), options(confidence=LEVELS)),
    slices.rate_error: columns(k=NUMBERS, n=NUMBERS, population=NUMBERS),
    slices.standing_out: both(
        columns(estimates=NUMBERS, standard_errors=NUMBERS, shares=SHARES), options(level=SHARES)
    ),
    stages.multistage_sample_size: options(
        materiality=SHARES, expected=several(st.integers(-1, 4), 3), confidence=LEVELS
    ),
    stages.staged_curve: options(
        stages=STAGES, p=several(SHARES), likelihood=st.sampled_from(["binomial", "poisson"])
    ),
    switching.switch: options(
        state=st.sampled_from(switching.STATES), results=several(st.sampled_from("ARMX"), 30)
    ),
    votes.label_entropy: options(labels=several(ANSWERS)),
    votes.majority_vote: columns(item=NAMES, label=ANSWERS),
    votes.rater_accuracy: both(
        columns(item=NAMES, rater=NAMES, label=ANSWERS), options(reference=st.dictionaries(NAMES, ANSWERS))
    ),
    z14.code_letter: options(lot_size=st.sampled_from([-1, 0, 1, 2, 8, 10**7])),
}


def undefined_numbers(value):
    """Does a result hold a number that is none, however deep."""
    if dataclasses.is_dataclass(value):
        return any(undefined_numbers(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, Mapping):
        return any(map(undefined_numbers, value.values()))
    if isinstance(value, np.ndarray):
        return undefined_numbers(value.tolist())
    if isinstance(value, list | tuple):
        return any(map(undefined_numbers, value))
    return isinstance(value, float) and not math.isfinite(value)


@pytest.mark.parametrize("function", CASES, ids=lambda function: function.__name__)
def test_any_input_gives_an_answer_or_a_reason(function):
    @given(CASES[function])
    @settings(max_examples=30, deadline=None, derandomize=True)
    def holds(arguments):
        try:
            found = function(**arguments)
        except ValueError:
            return
        if undefined_numbers(found):
            told = f"{function.__doc__} {type(found).__doc__}".casefold()
            assert any(word in told for word in SAID), f"{found} is not documented"

    holds()
