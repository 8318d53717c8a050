"""Fitting a cascade on the page: the curve, the choice, and what stands in the way."""

import pytest
from django.urls import reverse

from auditing.ratings.models import Rating
from tests.cast import make_batch
from tests.ratings.ratings_of import rate

QUERY = {"criterion": "correct", "first": "cheap", "first_cost": 0, "second": "strong", "second_cost": 0.02}


@pytest.fixture
def rated(collection, lead):
    """A cheap judge that is right where it is sure, and a strong one that is always right."""
    batch = make_batch(collection, lead, name="rated", size=160)
    truth = ["yes" if place % 2 else "no" for place in range(160)]
    rate(batch, "key", "correct", truth, kind="gold")
    rate(batch, "strong", "correct", truth, kind="judge")
    rate(batch, "cheap", "correct", [*truth[:80], *["yes"] * 80], kind="judge")
    cheap = Rating.objects.filter(rater__name="cheap")
    cheap.filter(item__position__lte=80).update(probability=0.97)
    cheap.filter(item__position__gt=80).update(probability=0.6)
    return batch


def test_the_curve_and_the_choice(client, viewer, rated):
    client.force_login(viewer)
    url = reverse("batch-cascade", args=[rated.pk])
    assert "Choose the judges" in client.get(url).text
    page = client.get(url, QUERY)
    assert page.context["found"].accept() == {"cheap": 0.97}
    assert page.context["found"].chosen.cost == pytest.approx(0.01)
    for words in ("Cost against error on correct", "cheap alone", "What to accept", "Decided by strong"):
        assert words in page.text


def test_what_a_budget_buys(client, viewer, rated):
    client.force_login(viewer)
    url = reverse("batch-cascade", args=[rated.pk])
    page = client.get(url, QUERY | {"budget": 0.012})
    assert page.context["found"].accept() == {"cheap": 0.97}
    assert "For every risk" not in page.text
    dear = QUERY | {"first_cost": 0.01, "budget": 0.001}
    assert "No cascade of cheap and strong costs as little as $0.00100" in client.get(url, dear).text


def test_what_stands_in_the_way_is_said(client, viewer, rated):
    client.force_login(viewer)
    url = reverse("batch-cascade", args=[rated.pk])
    assert "is not known" in client.get(url, QUERY | {"second_cost": ""}).text
    assert "name two judges" in client.get(url, QUERY | {"second": ""}).text
    assert "gave no confidence" in client.get(url, QUERY | {"first": "strong", "second": "cheap"}).text


def test_others_find_nothing(client, outsider, rated):
    client.force_login(outsider)
    assert client.get(reverse("batch-cascade", args=[rated.pk])).status_code == 404
