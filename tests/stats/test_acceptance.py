import pytest

from auditing.stats.acceptance import (
    code_letter,
    decide,
    double_plan,
    multiple_plan,
    plan_for_code,
    single_plan,
)
from auditing.stats.stages import Stage, staged_curve
from auditing.stats.z14 import AQLS, LETTERS, SAMPLE_SIZES, TABLES, double_for_code, multiple_for_code
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


@pytest.mark.parametrize("case", cases("aql_double_multiple_plan"))
def test_staged_plan_reference(case):
    inputs, expected = case["inputs"], case["expected"]
    for lot_size in (int(end) for end in inputs["lot_size"].split("-")):
        asked = (lot_size, inputs["aql"], inputs["level"], inputs["severity"])
        single = single_plan(*asked)
        assert [single.n, single.accept, single.reject] == expected["single"]
        assert numbers(double_plan(*asked)) == expected["double"]
        assert numbers(multiple_plan(*asked)) == expected["multiple"]


def numbers(plan):
    return [[stage.n, stage.accept, stage.reject] for stage in plan.stages]


# rows of the published tables beyond AQL 10 (defects per 100 units), (n, accept) from AQL 15 on
HIGH = {
    ("normal", "A"): "3:1 2:1 2:2 2:3 2:5 2:7 2:10 2:14 2:21 2:30",
    ("normal", "D"): "8:3 8:5 8:7 8:10 8:14 8:21 8:30 8:44 5:44 3:44",
    ("normal", "F"): "20:7 20:10 20:14 20:21 13:21 13:30 13:44 8:44 5:44 3:44",
    ("normal", "R"): "80:21 50:21 32:21 20:21 13:21 13:30 13:44 8:44 5:44 3:44",
    ("tightened", "A"): "5:1 3:1 2:1 2:2 2:3 2:5 2:8 2:12 2:18 2:27",
    ("tightened", "E"): "13:3 13:5 13:8 13:12 13:18 13:27 13:41 8:41 5:41 3:41",
    ("reduced", "A"): "2:0 2:1 2:2 2:3 2:5 2:7 2:10 2:14 2:21 2:30",
    ("reduced", "B"): "2:0 2:1 2:2 2:3 2:5 2:7 2:10 2:14 2:21 2:30",
    ("reduced", "C"): "2:1 2:1 2:2 2:3 2:5 2:7 2:10 2:14 2:21 2:30",
}


@pytest.mark.parametrize(("severity", "code"), HIGH)
def test_rows_of_defects_per_hundred_units(severity, code):
    found = [plan_for_code(code, aql, severity) for aql in AQLS[16:]]
    assert " ".join(f"{n}:{accept}" for n, accept, _ in found) == HIGH[severity, code]


@pytest.mark.parametrize("severity", TABLES)
def test_every_cell_of_every_table_has_a_plan(severity):
    """Arrows end somewhere; a looser AQL never asks for fewer errors per unit inspected."""
    for code in LETTERS[: TABLES[severity].letters]:
        plans = [plan_for_code(code, aql, severity) for aql in AQLS]
        assert all(n in SAMPLE_SIZES and 0 <= accept < reject for n, accept, reject in plans)
        share = [accept / n for n, accept, _ in plans]
        assert share == sorted(share)


@pytest.mark.parametrize("code", ["A", "C", "F", "L", "R"])
def test_tightened_inspection_is_never_laxer(code):
    for aql in AQLS:
        by_severity = (plan_for_code(code, aql, severity) for severity in ("reduced", "normal", "tightened"))
        reduced, normal, tightened = (
            float(staged_curve([Stage(*plan)], aql / 100, "poisson").accepted) for plan in by_severity
        )
        assert min(reduced, normal) >= tightened - 1e-12


@pytest.mark.parametrize("severity", ["normal", "tightened"])
def test_staged_plans_judge_like_the_single_plan(severity):
    """The standard matched them: a wrong number would show. Where one sample is 200 the sizes fit together best."""
    compared = 0
    for aql in AQLS:
        n, accept, reject = plan_for_code("L", aql, severity)
        double, multiple = double_for_code("L", aql, severity), multiple_for_code("L", aql, severity)
        if n == 200 and double and multiple:
            rates = [(accept + 0.5) / n, (accept + 2) / n * 1.2, accept / n / 2]
            single = staged_curve([Stage(n, accept, reject)], rates, "poisson")
            for stages in (double, multiple):
                staged = staged_curve(stages, rates, "poisson")
                assert staged.accepted == pytest.approx(single.accepted, abs=0.07)
                assert (staged.inspected < n).all()
                compared += 1
    assert compared == 2 * len(TABLES[severity].numbers)


def test_where_no_staged_plan_is_the_single_plan_is_given():
    plan = multiple_plan(500, 0.25)
    assert (plan.kind, numbers(plan)) == ("single", [[50, 0, 1]])
    assert multiple_plan(16, 10.0).kind == "double"
    assert double_plan(2, 1000).kind == "single"


def test_reduced_double_plans_keep_the_gap():
    assert numbers(double_plan(5000, 1.5, severity="reduced")) == [[50, 1, 5], [50, 4, 7]]
    with pytest.raises(ValueError, match="use the double plan"):
        multiple_plan(5000, 1.5, severity="reduced")


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


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: single_plan(1, 1.0), "at least 2 units"),
        (lambda: single_plan(100, 1.1), "AQL 1.1 is not in the table"),
        (lambda: single_plan(100, 1.0, "IV"), "unknown inspection level"),
        (lambda: single_plan(100, 1.0, severity="harsh"), "unknown severity"),
        (lambda: plan_for_code("S", 1.0, "normal"), "no code letter 'S'"),
        (lambda: decide(float("nan"), 1.0, 0.9), "not an interval"),
    ],
)
def test_what_the_standard_does_not_know_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
