"""What may come in through any door."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from auditing.core.boundary import clean, require_moment, require_storable, whole_number
from auditing.core.errors import BadInput

EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=EAST),
        datetime(9999, 12, 31, 23, tzinfo=WEST),
        datetime(1899, 12, 31, tzinfo=UTC),
        datetime(2201, 1, 1, tzinfo=UTC),
    ],
)
def test_a_moment_at_the_ends_of_the_calendar_is_refused(moment):
    with pytest.raises(BadInput, match="between 1900 and 2200") as refused:
        require_moment(moment, "due_at")
    assert refused.value.field == "due_at"


def test_a_moment_comes_back_in_utc():
    moment = require_moment(datetime(2026, 3, 2, 10, tzinfo=EAST))
    assert (moment.tzinfo, moment.day, moment.hour) == (UTC, 1, 20)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_no_database_takes_is_refused(text):
    with pytest.raises(BadInput, match="at character 2"):
        require_storable(text, "note")


@pytest.mark.parametrize("text", ["", "abc", "²", "٣", "-1", "1.0", " 1", "9" * 19, None])
def test_what_is_no_whole_number(text):
    assert whole_number(text) is None


def test_whole_numbers():
    assert [whole_number(given) for given in ("0", "17", 5, str(2**63 - 1))] == [0, 17, 5, 2**63 - 1]


def test_a_document_is_looked_through():
    deep: object = "bottom"
    for _ in range(900):
        deep = [deep]
    for wrong in (deep, float("nan"), "\ud800", {"\x00": 1}):
        with pytest.raises(BadInput):
            clean({"content": [wrong]}, "content")
