"""Files of rows, good and bad: a bad row is one problem with its line, a bad file one BadInput."""

import gzip
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from auditing.core.errors import BadInput
from auditing.datasets.readers import LONGEST_ROW, Row, first_rows, open_rows


def rows_of(path: Path) -> list[Row]:
    with open_rows(path) as stream:
        return list(stream.rows)


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_jsonl_rows_carry_their_physical_line(tmp_path):
    rows = rows_of(written(tmp_path, "x.jsonl", b'{"id": 1}\n\n{"id": "\xc3\xa9"}\n'))
    assert [(row.line, row.values) for row in rows] == [(1, {"id": 1}), (3, {"id": "é"})]


def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path):
    assert rows_of(written(tmp_path, "x.csv", b"\xef\xbb\xbfid,a\n1,2\n"))[0].values == {"id": "1", "a": "2"}
    assert rows_of(written(tmp_path, "x.jsonl", b'\xef\xbb\xbf{"id": 1}'))[0].values == {"id": 1}


def test_a_csv_row_is_named_by_the_line_it_starts_on(tmp_path):
    rows = rows_of(written(tmp_path, "x.csv", b'id,a\n1,"two\nlines"\n\n3,c\n'))
    assert [(row.line, row.values["a"]) for row in rows] == [(2, "two\nlines"), (5, "c")]
    assert rows[0].raw == '1,"two\nlines"'


@pytest.mark.parametrize(
    ("line", "says", "field"),
    [
        (b"{nonsense", "not JSON", ""),
        (b"[1, 2]", "not a JSON object", ""),
        (b'{"id": NaN}', "NaN is not a JSON number", ""),
        (b'{"id": -Infinity}', "-Infinity is not a JSON number", ""),
        (b'{"meta": {"a": 1, "a": 2}}', "stands twice", "a"),
        (b'{"id": "caf\xe9"}', "not UTF-8 at column 12 (byte 0xe9)", ""),
        (b'{"a": ' * 100_000, "nested too deeply", ""),
        (b'{"id": "' + b"x" * LONGEST_ROW + b'"}', "longer than 8 MB", ""),
    ],
)
def test_a_bad_json_row_is_one_problem_and_the_rest_can_be_read(tmp_path, line, says, field):
    bad, good = rows_of(written(tmp_path, "x.jsonl", line + b'\n{"id": "next"}\n'))
    assert (bad.line, bad.field) == (1, field)
    assert says in bad.problem
    assert (good.line, good.values) == (2, {"id": "next"})


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"id,a\n1,2,3\n4,5\n", 2, "3 cells, but the heading has 2 columns"),
        (b"id,a\n1\n4,5\n", 2, "1 cells"),
        (b"id,a\n1,caf\xe9\n4,5\n", 2, "not UTF-8"),
        (b"id,a\n1," + b"x" * LONGEST_ROW + b"\n4,5\n", 2, "longer than 8 MB"),
    ],
)
def test_a_bad_csv_row_is_one_problem_and_the_rest_can_be_read(tmp_path, content, line, says):
    bad, good = rows_of(written(tmp_path, "x.csv", content))
    assert bad.line == line
    assert says in bad.problem
    assert good.values == {"id": "4", "a": "5"}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.txt", b"a", "x.txt: not a .jsonl, .csv or .parquet file"),
        ("x.jsonl", b"", "x.jsonl: the file is empty"),
        ("x.csv", b"", "x.csv: the file is empty"),
        ("x.csv", b"id,id\n1,2\n", "x.csv, line 1, field id: two columns have this heading"),
        ("x.csv", b"id,\n1,2\n", "x.csv, line 1: column 2 has no heading"),
        ("x.csv", b'id,a\n1,2\n3,"never closed\n', "x.csv, line 3: the quoting is broken"),
        ("x.csv", "id,a\n1,2\n".encode("utf-16"), "x.csv: the file is UTF-16"),
        ("x.jsonl.gz", b"not gzip", "x.jsonl.gz: not a gzip file"),
        (
            "x.jsonl.gz",
            gzip.compress(b'{"id": 1}\n' * 9999, mtime=0)[:60],
            "x.jsonl.gz: the compressed file ends in the middle",
        ),
        ("x.parquet", b"PAR1 is not enough", "x.parquet: not a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_complaint(tmp_path, name, content, says):
    with pytest.raises(BadInput) as complaint:
        rows_of(written(tmp_path, name, content))
    assert str(complaint.value).startswith(says)
    assert "\n" not in str(complaint.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match=r"none\.jsonl: cannot be read"):
        rows_of(tmp_path / "none.jsonl")


def test_compressed_and_plain_files_give_the_same_rows(tmp_path):
    content = b'{"id": 1}\n{"id": 2}\n'
    plain = rows_of(written(tmp_path, "x.jsonl", content))
    assert rows_of(written(tmp_path, "x.jsonl.gz", gzip.compress(content))) == plain


def test_parquet_rows_count_from_one_and_dates_become_text(tmp_path):
    from datetime import datetime
    from decimal import Decimal

    table = {
        "id": ["a", "b"],
        "at": [datetime(2026, 3, 2)] * 2,
        "n": [{"x": [1]}, None],
        "d": [Decimal("1.5")] * 2,
    }
    pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "x.parquet")
    first, second = rows_of(tmp_path / "x.parquet")
    assert first.values == {"id": "a", "at": "2026-03-02T00:00:00", "n": {"x": [1]}, "d": "1.5"}
    assert (second.line, second.values["n"]) == (2, None)


def test_the_fraction_read_reaches_the_whole(tmp_path):
    with open_rows(written(tmp_path, "x.jsonl", b'{"id": 1}\n' * 50_000)) as stream:
        next(stream.rows)
        assert 0 < stream.fraction() < 0.5
        list(stream.rows)
        assert stream.fraction() == 1


def test_a_file_with_another_separator_is_refused_not_read_as_one_column(tmp_path):
    path = written(tmp_path, "items.csv", b"id;input;output\n1;a;b\n")
    with pytest.raises(BadInput, match=r"items\.csv, line 1: only one column was found"):
        rows_of(path)


def test_nested_parquet_comes_back_as_it_was(tmp_path):
    table = pyarrow.table(
        {
            "id": ["1", "2", None],
            "tags": [["a", "bb"], [], None],
            "meta": [{"x": "y", "n": 1}, None, {"x": None, "n": 2}],
            "pairs": pyarrow.array(
                [[("k", "v")], [], None], pyarrow.map_(pyarrow.string(), pyarrow.string())
            ),
            "turns": [[{"role": "user", "content": "?"}], [], None],
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    assert [row.values for row in rows_of(tmp_path / "x.parquet")] == table.to_pylist()


def folded(length: int, rows: int) -> pyarrow.DictionaryArray:
    """One long text, said again and again in a few bytes."""
    return pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0] * rows, pyarrow.int32()), pyarrow.array(["x" * length])
    )


def test_a_small_parquet_file_that_says_a_long_text_often_is_looked_at_in_part(tmp_path):
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(
        pyarrow.table({"output": folded(LONGEST_ROW - 100, 500)}), path, compression="zstd"
    )
    assert path.stat().st_size < 3_000
    assert 1 <= len(first_rows(path, name="x.parquet")) <= 4


@pytest.mark.parametrize(("length", "lengths"), [(1_000, [1, 99_999]), (LONGEST_ROW + 1, [1, 1])])
def test_a_parquet_row_that_unfolds_too_far_is_one_problem(tmp_path, length, lengths):
    ends = pyarrow.array([0, lengths[0], sum(lengths)], pyarrow.int32())
    lists = pyarrow.ListArray.from_arrays(ends, folded(length, sum(lengths)))
    pyarrow.parquet.write_table(pyarrow.table({"output": lists}), tmp_path / "x.parquet", compression="zstd")
    *_, last = rows_of(tmp_path / "x.parquet")
    assert (last.line, last.problem) == (2, "the row is longer than 8 MB")


def test_a_csv_row_of_endless_lines_is_given_up(tmp_path):
    path = written(tmp_path, "x.csv.gz", gzip.compress(b'id,a\n1,"' + b"a\n" * 20_000_000))
    with pytest.raises(BadInput, match=r"x\.csv\.gz, line 2: the row is longer than 8 MB"):
        first_rows(path, name="x.csv.gz")


def test_a_look_unfolds_no_more_than_it_needs(tmp_path):
    line = b'{"id": 1, "a": "' + b"x" * 4_000_000 + b'"}\n'
    path = written(tmp_path, "x.jsonl.gz", gzip.compress(line * 50, 1))
    assert 1 <= len(first_rows(path, name="x.jsonl.gz")) <= 8


def test_blank_lines_without_end_are_no_rows(tmp_path):
    path = written(tmp_path, "x.jsonl.gz", gzip.compress(b"\n" * 2_000_000, 1))
    with pytest.raises(BadInput, match=r"x\.jsonl\.gz: unfolds to more than can be taken"):
        first_rows(path, name="x.jsonl.gz")
