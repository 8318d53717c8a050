"""No reference value is forgotten: the tests that take each method's values, and a proof that they take all."""

import importlib
import json

import pytest

from tests.stats.reference import SHARED

FILES = sorted((SHARED / "reference").glob("*.json"))
TESTED_BY = {
    "acceptance": {
        "test_code_letters_reference": ["aql_code_letters"],
        "test_generated_tables_reference": ["aql_single_plan_table"],
        "test_plan_lookup_reference": ["aql_single_plan_lookup"],
        "test_staged_plan_reference": ["aql_double_multiple_plan"],
    },
    "agreement": {
        "test_cohen_kappa_value_reference": ["cohen_kappa", "weighted_kappa_linear"],
        "test_cohen_kappa_interval_reference": ["cohen_kappa"],
        "test_prevalence_paradox_reference": ["kappa_paradox_kappa_and_AC1"],
        "test_scott_pi_is_fleiss_kappa_of_two": ["scott_pi"],
        "test_gwet_of_two_raters_reference": ["gwet_ac1_ac2"],
        "test_gwet_value_reference": ["gwet_ac1", "gwet_ac2"],
        "test_gwet_interval_reference": ["gwet_ac1", "gwet_ac2"],
        "test_fleiss_kappa_reference": ["fleiss_kappa", "fleiss_kappa_multirater"],
        "test_conger_reference": ["conger_kappa"],
        "test_brennan_prediger_value_reference": ["brennan_prediger"],
        "test_brennan_prediger_interval_reference": ["brennan_prediger"],
        "test_alpha_reference": ["krippendorff_alpha"],
        "test_alpha_of_the_toy_data_reference": ["krippendorff_alpha"],
        "test_alpha_with_quadratic_weights_is_interval_alpha": ["krippendorff_alpha"],
        "test_alpha_by_level_reference": [
            f"krippendorff_alpha_{level}" for level in ("nominal", "ordinal", "interval")
        ],
        "test_alpha_levels_match_the_matching_weights": [
            f"krippendorff_alpha_irrCAC_{name}" for name in ("unweighted", "quadratic", "ratio")
        ],
        "test_ordinal_alpha_is_krippendorffs": ["TRAP_krippendorff_ordinal_vs_irrCAC_ordinal"],
        "test_icc_reference": ["icc_shrout_fleiss_1_1__2_1__3_1__1_k__2_k__3_k"],
        "test_agreement_band_reference": ["agreement_benchmark_cumprob_landis_koch"],
    },
    "bayes": {
        "test_bayesian_sample_size_reference": ["planning_bayesian", "planning_bayesian_default_prior"],
        "test_upper_bound_reference": ["bayes_upper_bound_beta11"],
        "test_gamma_upper_bound_reference": ["bayes_upper_bound_gamma11"],
        "test_credible_interval_reference": ["beta_binomial_posterior"],
        "test_bayes_factor_reference": ["bayes_factor_H_less_than_materiality"],
    },
    "calibration": {
        "test_brier_reference": ["brier"],
        "test_calibration_error_reference": ["ece_equal_width"],
    },
    "comparisons": {
        "test_benjamini_hochberg_reference": ["benjamini_hochberg"],
        "test_holm_reference": ["holm"],
        "test_mcnemar_reference": ["mcnemar_no_cc"],
        "test_exact_mcnemar_reference": ["mcnemar_exact_p"],
        "test_p_chart_reference": ["p_chart_limits"],
        "test_cusum_reference": ["cusum_upper"],
        "test_trust_or_escalate_reference": ["fixed_sequence_selective"],
    },
    "conformal": {"test_rank_reference": ["split_conformal_quantile_index"]},
    "design": {
        "test_neyman_reference": ["neyman_allocation", "neyman_allocation_fractional"],
        "test_systematic_reference": ["systematic_items"],
        "test_monetary_units_reference": ["mus_fixed_interval"],
    },
    "estimation": {
        "test_simple_random_sample_reference": ["srs_mean_ci_fpc"],
        "test_horvitz_thompson_is_unbiased": ["horvitz_thompson_unbiased_by_enumeration"],
        "test_stratified_reference": ["stratified_most_likely_error"],
        "test_published_ppi_reference": ["ppi_mean"],
        "test_ppi_without_slope_is_the_classical_mean": ["ppi_lambda0_equals_classical"],
        "test_rogan_gladen_interval_reference": ["lee2025_ci"],
    },
    "intervals": {
        "test_wilson_reference": ["wilson_ci"],
        "test_clopper_pearson_reference": ["clopper_pearson_ci"],
        "test_two_sided_reference": ["wilson", "clopper_pearson", "jeffreys_equal_tailed"],
        "test_zero_errors_upper_bound": ["clopper_upper_zero_errors"],
        "test_binomial_upper_bound": ["upper_bound_one_sided_binomial"],
        "test_hypergeometric_upper_bound": ["upper_bound_one_sided_hypergeometric"],
    },
    "planning": {
        "test_attribute_sample_size_reference": ["planning_frequentist"],
        "test_aicpa_table_reference": ["planning_table_AICPA_A1_5pct_risk"],
        "test_monetary_unit_sample_size_reference": ["planning_MUS_poisson"],
        "test_precision_sample_size_reference": ["planning_min_precision"],
        "test_sample_size_for_a_margin_reference": ["sample_size_proportion", "sample_size_proportion_fpc"],
        "test_two_point_plan_reference": [
            f"two_point_plan_{likelihood}" for likelihood in ("binomial", "poisson", "hypergeometric")
        ],
        "test_oc_curve_reference": ["oc_prob_accept_binomial"],
        "test_oc_curve_of_a_finite_lot_reference": ["oc_prob_accept_hypergeometric"],
        "test_double_plan_reference": ["oc_prob_accept_double"],
        "test_poisson_bound_reference": ["upper_bound_one_sided_poisson"],
        "test_stringer_reference": ["stringer_bound"],
        "test_most_likely_error_reference": ["most_likely_error_taints"],
    },
    "raters": {
        "test_anaesthetists_reference": ["dawid_skene_em"],
        "test_toy_labels_reference": ["dawid_skene_toy"],
        "test_alternative_annotator_test_reference": ["alt_test"],
    },
    "real_data": {"test_label_efficiency_reference": ["label_efficiency_regression"]},
    "sequential": {
        "test_hoeffding_reference": ["cs_predmix_hoeffding_two_sided"],
        "test_betting_reference": ["cs_betting_grid"],
        "test_wald_lines_reference": ["wald_sequential_lines_h1_h2_s"],
    },
    "severity": {"test_quality_score_reference": ["mqm_raw_quality_score"]},
    "stages": {"test_stage_size_reference": ["planning_two_stage_n_per_stage"]},
    "switching": {
        "test_switching_reference": ["aql_switching_sequence_Z1.4"],
        "test_each_clause_of_the_iso_rule": ["aql_switching_ISO2859-1_1999"],
    },
    "votes": {
        "test_accuracy_on_gold_reference": ["worker_accuracy_on_gold"],
        "test_accuracy_against_the_majority_reference": ["worker_accuracy_on_aggregates"],
        "test_label_entropy_reference": ["label_entropy_uncertainty"],
    },
}


def entries(methods):
    """The entries of these methods, each written out so that it can be looked up."""
    return {
        json.dumps(entry, sort_keys=True)
        for path in FILES
        for entry in json.loads(path.read_text())
        if methods is None or entry["method"] in methods
    }


def taken_by(module, test):
    """The entries that a test is parametrised with."""
    function = getattr(importlib.import_module(f"tests.stats.test_{module}"), test)
    taken = set()
    for mark in function.pytestmark:
        for parameter in mark.args[1] if mark.name == "parametrize" else ():
            case = parameter[-1] if isinstance(parameter, tuple) else parameter
            taken.add(json.dumps(case, sort_keys=True))
    return taken


@pytest.mark.skipif(
    not FILES, reason="reference values absent: set DOKIMA_SHARED to the folder that holds them"
)
def test_every_reference_value_is_taken_by_a_test():
    taken = set()
    for module, tests in TESTED_BY.items():
        for test, methods in tests.items():
            of_test = taken_by(module, test)
            assert of_test, f"{module}.{test} takes no reference value"
            assert of_test <= entries(methods), f"{module}.{test} takes values of other methods than it names"
            taken |= of_test
    assert entries(None) - taken == set()
