import pytest

from auditing.stats.acceptance import code_letter, decide, plan_for_code, single_plan, switch, switching_path
from tests.stats.reference import cases

ENDS = [8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000, 10_000_000]


@pytest.mark.parametrize("case", cases("aql_code_letters"))
def test_code_letters_reference(case):
    for first, last, letters in zip([2, *(end + 1 for end in ENDS)], ENDS, case["expected"], strict=False):
        for level, letter in zip(case["inputs"]["levels"], letters, strict=True):
            assert code_letter(first, level) == code_letter(last, level) == letter


@pytest.mark.parametrize("case", cases("aql_single_plan_table"))
def test_generated_tables_reference(case):
    inputs = case["inputs"]
    generated = [
        [list(plan_for_code(code, aql, inputs["severity"])) for aql in inputs["aql"]]
        for code in inputs["codes"]
    ]
    assert generated == case["expected"]


@pytest.mark.parametrize("case", cases("aql_single_plan_lookup"))
def test_plan_lookup_reference(case):
    inputs = case["inputs"]
    for severity, expected in case["expected"].items():
        plan = single_plan(inputs["lot_size"], inputs["aql"], inputs["level"], severity)
        assert [plan.code, plan.n, plan.accept, plan.reject] == expected


@pytest.mark.parametrize("case", cases("aql_switching_sequence_Z1.4"))
def test_switching_reference(case):
    assert switch(case["inputs"]["start"], case["inputs"]["lots"]) == case["expected"]


def test_tightened_inspection_has_a_seventeenth_letter():
    assert plan_for_code("R", 0.025, "tightened") == (3150, 1, 2)


def test_an_arrow_changes_the_sample_size_too():
    assert (single_plan(150, 1.5).n, single_plan(150, 1.5).accept) == (32, 1)


def test_a_lot_smaller_than_the_sample_is_inspected_in_full():
    plan = single_plan(10, 0.65)
    assert (plan.n, plan.full_inspection) == (10, True)
    assert plan.to_dict()["code"] == "B"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.96, 0.99, "accept"), (0.95, 0.99, "accept"), (0.90, 0.94, "reject"), (0.90, 0.95, "continue")],
)
def test_decide_by_the_whole_interval(low, high, verdict):
    assert decide(low, high, at_least=0.95) == verdict


def test_reduced_inspection_ends_at_a_reject_or_a_marginal_lot():
    assert switching_path("reduced", "AAM") == ("reduced", "reduced", "normal")
    assert switch("reduced", "AR") == "normal"


def test_two_rejects_far_apart_keep_inspection_normal():
    assert switch("normal", "RAAAAR") == "normal"


def test_discontinued_stays_so_until_someone_restarts_it():
    assert switch("discontinue", "AAAAAAAAAA") == "discontinue"
    assert switch("normal", "") == "normal"


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: single_plan(1, 1.0), "at least 2 units"),
        (lambda: single_plan(100, 1.1), "AQL 1.1 is not in the table"),
        (lambda: single_plan(100, 1.0, "IV"), "unknown inspection level"),
        (lambda: single_plan(100, 1.0, severity="harsh"), "unknown severity"),
        (lambda: switch("normal", "AX"), "unknown result 'X'"),
        (lambda: switch("relaxed", "A"), "unknown state"),
        (lambda: decide(float("nan"), 1.0, 0.9), "not an interval"),
    ],
)
def test_what_the_standard_does_not_know_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
