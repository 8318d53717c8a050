"""Every public function gives a frozen result that turns into JSON as it is: no numpy, no NaN."""

import dataclasses
import json
import math
from uuid import UUID

import numpy as np
import pytest

from auditing.stats import (
    acceptance,
    agreement,
    bayes,
    bounds,
    calibration,
    comparisons,
    conformal,
    design,
    intervals,
    planning,
    preferences,
    raters,
    sequential,
    severity,
    stages,
    switching,
    votes,
)
from auditing.stats.results import plain

RNG = np.random.default_rng(1)
TABLE = RNG.integers(0, 3, (4, 60))
ITEM, RATER = (axis.ravel() for axis in np.meshgrid(np.arange(60), np.arange(4)))
RESULTS = {
    "single_plan": lambda: acceptance.single_plan(np.int64(150), np.float64(1.5)),
    "double_plan": lambda: acceptance.double_plan(5000, "1.5", severity="tightened"),
    "multiple_plan": lambda: acceptance.multiple_plan(5000, 65.0, "S-4"),
    "switch_iso": lambda: switching.switch_iso("normal", [switching.InspectedLot(True, 0)]),
    "two_point_plan": lambda: planning.two_point_plan(0.02, 0.95, 0.1, 0.05, "hypergeometric", 400),
    "staged_curve": lambda: stages.staged_curve(
        [stages.Stage(5, None, 2), stages.Stage(5, 1, 2)], [0.1, 0.2]
    ),
    "posterior_interval": lambda: bayes.posterior_interval(np.int64(0), np.int64(60)),
    "proportion": lambda: intervals.proportion(np.int64(0), np.int64(30), "jeffreys"),
    "hypergeometric": lambda: intervals.hypergeometric(np.int64(2), np.int64(20), np.int64(20)),
    "hoeffding_sequence": lambda: sequential.hoeffding_sequence(np.array([True, False])),
    "betting_sequence": lambda: sequential.betting_sequence([1, 0, 1], population=3),
    "sequential_plan": lambda: sequential.sequential_plan(0.01, 0.1, 0.05, 0.1),
    "draw": lambda: design.draw(
        np.arange(9), np.int64(3), "stratified", np.int64(7), strata=np.arange(9) % 2
    ),
    "cohen_kappa": lambda: agreement.cohen_kappa(TABLE[0], TABLE[1], "linear"),
    "cohen_kappa, bootstrap": lambda: agreement.cohen_kappa(TABLE[0], TABLE[1], interval="bootstrap"),
    "cohen_kappa, one category": lambda: agreement.cohen_kappa([1, 1], [1, 1]),
    "fleiss_kappa": lambda: agreement.fleiss_kappa(TABLE),
    "conger_kappa": lambda: agreement.conger_kappa(TABLE, "quadratic"),
    "krippendorff_alpha": lambda: agreement.krippendorff_alpha(TABLE, "ratio"),
    "krippendorff_alpha, one rater": lambda: agreement.krippendorff_alpha(TABLE[:1]),
    "gwet_ac": lambda: agreement.gwet_ac(TABLE, "ordinal"),
    "brennan_prediger": lambda: agreement.brennan_prediger(TABLE),
    "icc": lambda: agreement.icc(TABLE, "2,k"),
    "icc, never differ": lambda: agreement.icc([[1, 2, 3], [1, 2, 3]]),
    "agreement_band": lambda: agreement.agreement_band(np.float64(0.7), np.float64(0.1)),
    "confusion": lambda: agreement.confusion(TABLE[0], TABLE[1]),
    "dawid_skene": lambda: raters.dawid_skene(ITEM, RATER, TABLE.ravel()),
    "leniency": lambda: raters.leniency(ITEM, RATER, TABLE.ravel()),
    "leniency, no degrees of freedom": lambda: raters.leniency(["i", "i"], ["a", "b"], [1, 2]),
    "alternative_annotator_test": lambda: raters.alternative_annotator_test(TABLE, TABLE[0]),
    "majority_vote": lambda: votes.majority_vote(ITEM, TABLE.ravel()),
    "rater_accuracy": lambda: votes.rater_accuracy(ITEM, RATER, TABLE.ravel(), {0: 1}),
    "bradley_terry": lambda: preferences.bradley_terry(["a", "b"], ["b", "a"], ["first", "tie"]),
    "severity_score": lambda: severity.severity_score({"minor": np.int64(3)}, 100),
    "adjust_p_values": lambda: comparisons.adjust_p_values([0.01, 0.2]),
    "mcnemar": lambda: comparisons.mcnemar(np.int64(2), np.int64(5)),
    "cusum": lambda: comparisons.cusum([1, 2], 1, 0.5, 5),
    "expected_calibration_error": lambda: calibration.expected_calibration_error([0, 1], [0.2, 0.7]),
}
NUMBERS = {
    "attribute_sample_size": lambda: planning.attribute_sample_size(0.05, likelihood="poisson"),
    "bayesian_sample_size": lambda: bayes.bayesian_sample_size(0.05),
    "multistage_sample_size": lambda: stages.multistage_sample_size(0.05, (1, 0)),
    "stringer_bound": lambda: bounds.stringer_bound([0.5], 100),
    "conformal_threshold": lambda: conformal.conformal_threshold(np.arange(50), 0.1),
    "label_entropy": lambda: votes.label_entropy(TABLE[0]),
    "bayes_factor": lambda: bayes.bayes_factor(1, 50, 0.05),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_are_frozen_and_plain(name):
    result = RESULTS[name]()
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False)) == result.to_dict()
    field = dataclasses.fields(result)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(result, field, None)


@pytest.mark.parametrize("name", NUMBERS)
def test_single_numbers_are_pythons_own(name):
    assert type(NUMBERS[name]()) in (int, float)


@pytest.mark.parametrize("name", ["cohen_kappa", "fleiss_kappa", "krippendorff_alpha", "gwet_ac", "icc"])
def test_coefficients_name_value_interval_and_n(name):
    result = RESULTS[name]()
    assert result.low <= result.value <= result.high
    assert result.n == 60


def test_what_json_does_not_know_becomes_its_text():
    assert plain({1: UUID(int=1), "x": math.inf}) == {"1": "00000000-0000-0000-0000-000000000001", "x": None}
