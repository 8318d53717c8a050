"""The value in error of a sample drawn in proportion to a value: by hand, and on the page of a real draw."""

import numpy as np
import pytest
from django.urls import reverse

from auditing.estimation.overstatement import overstatement
from auditing.estimation.services import make_estimates
from auditing.stats.bounds import stringer_bound
from tests.cast import make_batch
from tests.estimation.building import drawn_audit, label_drawn


def found(labels, sizes, probabilities):
    arrays = (np.array(values, dtype=float) for values in (labels, sizes, probabilities))
    return overstatement(*arrays, "amount", 0.95)["overstatement"]


def test_without_an_error_the_bound_is_that_of_none_found():
    one = found([1] * 60, [10] * 60, [0.1] * 60)
    assert (one["value"], one["likely"], one["in_error"]) == (pytest.approx(6000), 0, 0)
    assert one["bound_share"] == pytest.approx(1 - 0.05 ** (1 / 60))


def test_what_was_sure_to_be_drawn_is_counted():
    one = found([0, 1, 1], [500, 300, 200], [1, 1, 1])
    assert (one["likely"], one["bound"], one["value"]) == (500, 500, 1000)


def test_counted_and_bounded_value_add_up():
    one = found([0, *[1] * 29, 0.5], [1000, *[10] * 30], [1, *[0.25] * 30])
    assert one["value"] == pytest.approx(1000 + 1200)
    assert one["bound"] == pytest.approx(1000 + 1200 * stringer_bound([0.5], 30))


def test_an_item_without_a_label_counts_as_wholly_in_error():
    labels = [1.0] * 20
    assert found([*labels, np.nan], [5] * 21, [0.5] * 21) == found([*labels, 0], [5] * 21, [0.5] * 21)


def payloads(number):
    return [{"input": f"Invoice {i}", "output": "paid", "amount": 10 + i % 7} for i in range(number)]


@pytest.fixture
def audited(collection, rubric_version, lead):
    batch = make_batch(collection, lead, payloads=payloads(80))
    sampling = {"method": "pps", "by": "amount", "human": 40}
    audit = drawn_audit(batch, rubric_version, lead, sampling=sampling)
    label_drawn(audit, lambda item: "no" if item.position % 20 == 0 else "yes")
    make_estimates(by=lead, audit=audit)
    return audit


def test_the_batch_s_value_follows_from_the_chances(audited):
    one = audited.estimates.get(criterion="correct", basis="human", slice_field="")
    shown = one.beside["overstatement"]
    assert shown["value"] == pytest.approx(sum(payload["amount"] for payload in payloads(80)))
    assert 0 <= shown["likely_share"] < shown["bound_share"] < 1


def test_the_page_shows_it_with_its_name_and_its_confidence(client, viewer, audited):
    client.force_login(viewer)
    address = reverse("audit-estimates", args=[audited.pk])
    text = client.get(f"{address}?measure=correct:pass_rate").text
    assert "Stringer bound, one-sided" in text
    assert "of amount is in items that fail, at 95% confidence" in text
