"""What a report says beside its estimates."""

from auditing.reports.document.beside import beside_table, compared_table

ROW = {
    "criterion": "correct",
    "estimand": "pass_rate",
    "basis": "assisted",
    "slice_value": "Acme",
    "estimate": 0.9,
    "low": 0.8,
    "high": 1.0,
}
FIGURES = {"estimate": 0.85, "low": 0.7, "high": 0.95}


def test_other_ways_to_the_same_figure():
    beside = {"rogan_gladen": FIGURES, "missing": {"labels": 3, "low": 0.85, "high": 0.92}}
    table, _ = beside_table([{**ROW, "beside": beside}])
    assert [row[1:] for row in table.rows] == [
        ("Rogan-Gladen", "85.0%", "70.0% to 95.0%"),
        ("All 3 missing labels low, or high (auditors and judges)", "–", "85.0% to 92.0%"),
    ]


def test_a_refused_way_is_left_to_the_data_file():
    assert beside_table([{**ROW, "beside": {"rogan_gladen": {"refusal": "no"}}}]) == []


def test_slices_are_pooled_and_set_against_the_rest():
    rest = {"difference": -0.05, "differs": True}
    [table] = compared_table("producer", [{**ROW, "beside": {"pooled": FIGURES, "rest": rest}}])
    assert table.rows == (("Acme", "Auditors and judges", "85.0%", "70.0% to 95.0%", "-5.0 points", "lower"),)


def test_reports_from_before_have_nothing_beside():
    assert compared_table("producer", [ROW]) == beside_table([ROW]) == []
