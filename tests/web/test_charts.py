"""Charts: drawn in the page's colours, safe with any label, and never without their numbers."""

import xml.etree.ElementTree as ET

import pytest

from auditing.core.drawing import COLOURS
from auditing.web.charts import (
    Bar,
    Bin,
    Chart,
    Interval,
    Point,
    bar_chart,
    confusion_matrix,
    interval_chart,
    line_chart,
    reliability_chart,
)

NASTY = '<script>alert("x")</script>\0\x1b & "quoted"'


def all_charts(palette: str = "page") -> list[Chart]:
    return [
        interval_chart([Interval("a", 0.9, 0.85, 0.95)], title="Intervals", target=0.9, palette=palette),
        bar_chart([Bar("a", 3), Bar("b", 5)], title="Bars", palette=palette),
        line_chart(
            [Point("2026-01-01", 0.9, 0.8, 0.95), Point("2026-02-01", 0.8)], title="Line", palette=palette
        ),
        reliability_chart([Bin(0.1, 0.2, 0.1, 0.3, 20)], title="Reliability", palette=palette),
    ]


def drawing(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)


def words_in(chart: Chart) -> str:
    return " ".join(text for element in drawing(chart).iter() for text in element.itertext())


def test_every_chart_is_drawn_with_the_themes_variables_only() -> None:
    for chart in all_charts():
        assert "var(--chart-" in chart.svg
        assert not any(placeholder in chart.svg for placeholder in COLOURS)


def test_for_a_telephone_every_chart_is_drawn_again_so_narrow_that_its_letters_keep_their_size() -> None:
    long = interval_chart([Interval("a producer with a long name", 0.9, 0.8, 0.95)], title="Long")
    for chart in [*all_charts(), long]:
        assert float(ET.fromstring(chart.narrow).attrib["width"]) <= 360


def test_on_paper_there_is_one_drawing() -> None:
    assert all(chart.narrow == "" for chart in all_charts("print"))


def test_on_paper_the_colours_are_fixed() -> None:
    for chart in all_charts("print"):
        assert "var(" not in chart.svg
        assert "#0b6b85" in chart.svg


def test_a_drawing_has_nothing_that_the_content_policy_forbids() -> None:
    for chart in all_charts():
        for element in drawing(chart).iter():
            assert element.tag.rpartition("}")[2] not in {"script", "style"}
            assert "style" not in element.attrib
            assert not any(name.startswith("on") for name in element.attrib)


def test_a_chart_is_an_image_named_by_its_title() -> None:
    for chart in all_charts():
        root = drawing(chart)
        assert (root.get("role"), root.get("aria-label")) == ("img", chart.title)


def test_hostile_labels_are_text() -> None:
    chart = interval_chart([Interval(NASTY, 0.5, 0.4, 0.6)], title=NASTY)
    assert "<script" not in chart.svg
    assert '<script>alert("x")</script>' in words_in(chart)


def test_a_row_without_an_estimate_stands_in_the_table_only() -> None:
    chart = interval_chart(
        [Interval("drawn", 0.5, 0.4, 0.6), Interval("unknown", None, None, None)], title="T"
    )
    assert "drawn" in words_in(chart)
    assert "unknown" not in words_in(chart)
    assert chart.rows[1] == ("unknown", "–", "–", "–")


def test_the_table_names_series_only_where_there_are_any() -> None:
    plain = bar_chart([Bar("a", 1)], title="T")
    stacked = bar_chart([Bar("a", 1, "x"), Bar("a", 2, "y")], title="T")
    assert plain.columns == ("", "value")
    assert stacked.columns == ("", "series", "value")
    assert stacked.rows == (("a", "x", "1"), ("a", "y", "2"))


def test_the_target_is_drawn() -> None:
    without = interval_chart([Interval("a", 0.5, 0.4, 0.6)], title="T")
    with_target = interval_chart([Interval("a", 0.5, 0.4, 0.6)], title="T", target=0.55)
    assert "var(--chart-target)" not in without.svg
    assert "var(--chart-target)" in with_target.svg


@pytest.mark.parametrize("percent", [True, False])
def test_numbers_are_written_as_asked(percent: bool) -> None:
    chart = interval_chart([Interval("a", 0.9412, 0.9, 0.97)], title="T", percent=percent)
    assert chart.rows[0][1] == ("94.1%" if percent else "0.9412")


def test_a_confusion_matrix_tints_by_the_share_of_its_row_and_links_its_cells() -> None:
    matrix = confusion_matrix(
        [[8, 2], [0, 0]],
        labels=["yes", "no"],
        row_name="reference",
        column_name="rater",
        title="T",
        url_of=lambda row, column: f"/{row}/{column}/",
    )
    agree, differ = matrix.rows[0].cells
    assert (agree.count, agree.css, agree.url) == (8, "heat-agree matrix-diagonal heat-4", "/yes/yes/")
    assert (differ.css, differ.url) == ("heat-differ heat-2", "/yes/no/")
    assert matrix.rows[0].total == 10
    assert "heat-1" not in matrix.rows[1].cells[0].css


def test_rows_of_several_series_share_a_label_or_have_one_each():
    apart = interval_chart(
        [Interval("a", 0.9, 0.8, 1, "humans"), Interval("b", 0.5, 0.4, 0.6, "judges")], title="x"
    )
    together = interval_chart(
        [Interval("a", 0.9, 0.8, 1, "humans"), Interval("a", 0.5, 0.4, 0.6, "judges")], title="x"
    )
    heights = [float(drawing(chart).get("height")) for chart in (apart, together)]
    assert heights[0] < heights[1]  # a row of two series is taller than two rows of one


def test_the_numbers_behind_a_line_are_written_as_people_write_them():
    chart = line_chart([Point(0.08750000000000001 * 100, 0.5)], title="x", x_title="percent")
    assert chart.columns == ("percent", "value")
    assert chart.rows == (("8.75", "50.0%"),)
