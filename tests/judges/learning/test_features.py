import math

import pytest

from judges.learning.features import BUCKETS, fields_of, grams, measures


def test_fields_are_those_that_most_items_have():
    payloads = [{"output": "x", "images": ["y"]}, {"output": "x", "input": "y"}, {"output": "x", "meta": 1}]
    assert fields_of(payloads) == ("output",)


def test_pairs_of_fields_are_compared():
    found = measures({"a": "Sony TV 40 KDL40", "b": "sony tv 42"}, ["a", "b"])
    assert found["a and b: shared words"] == pytest.approx(2 / 5)
    assert found["a and b: share of the second in the first"] == pytest.approx(2 / 3)
    assert found["a and b: shared numbers"] == 0
    assert math.isnan(found["a and b: shared codes"])


def test_two_records_are_compared_key_by_key():
    left, right = {"name": "Sony TV", "price": "100"}, {"name": "Sony", "price": "80.0", "colour": "red"}
    found = measures({"left": left, "right": right}, ["left", "right"])
    assert found["left and right, price: distance of numbers"] == pytest.approx(0.2)
    assert found["left and right, name: shared words"] == pytest.approx(0.5)
    assert not any("colour" in name for name in found)


def test_an_item_without_a_field_has_gaps_not_errors():
    found = measures({}, ["a", "b"])
    assert math.isnan(found["a and b: shared words"])
    assert found["a: words (log)"] == 0


def test_a_word_counts_in_its_own_field():
    one, other = grams({"a": "word word"}, ["a", "b"]), grams({"b": "word"}, ["a", "b"])
    assert set(one) != set(other)
    assert all(0 <= bucket < BUCKETS for bucket in one)
    assert max(one.values()) == pytest.approx(1 + math.log(2))


def test_deep_and_odd_payloads_have_features():
    deep = []
    for _ in range(500):
        deep = [deep, "x"]
    assert measures({"a": deep, "b": {"c": None, "d": 3}}, ["a", "b"])
    assert grams({"a": deep, "b": "\ud800\0"}, ["a", "b"])


def test_candidates_are_compared_with_each_other():
    payload = {"input": "x", "candidates": {"a": {"name": "Sony TV"}, "b": {"name": "Sony"}}}
    fields = fields_of([payload])
    assert fields == ("candidate a", "candidate b", "input")
    found = measures(payload, fields)
    assert found["candidate a and candidate b, name: shared words"] == pytest.approx(0.5)
    assert grams(payload, fields) == grams({**payload}, fields) != {}


def test_numbers_as_far_apart_as_can_be_have_a_distance():
    assert (
        measures({"a": {"n": "1e308"}, "b": {"n": "-1e308"}}, ["a", "b"])["a and b, n: distance of numbers"]
        == 2
    )
