"""The pages about money: what was spent, what may be, and the word before a dear start."""

from decimal import Decimal

import pytest
from django.urls import reverse

from auditing.accounts.models import User
from auditing.datasets.models import Collection
from auditing.judging.budgets import budget_of
from auditing.judging.ledger import this_month
from auditing.judging.models import Run, Spending
from auditing.judging.services import save_endpoint, set_collection_budget, set_price
from auditing.rubrics.models import RubricVersion
from tests.cast import SOP, make_audit, make_batch, make_sop
from tests.judging.building import JUDGE, MODEL, make_judge
from tests.web.objects import World, make_world


@pytest.fixture
def world(audit, lead: User, auditors, viewer) -> World:
    world = make_world(audit, lead, auditors, viewer)
    spent = {"spent": Decimal("12.5"), "requests": 40, "tokens": 9000}
    Spending.objects.create(run=world.run, month=this_month(), **spent)
    return world


@pytest.mark.parametrize("by", ["collection", "judge", "month", "run"])
def test_what_was_spent_is_shown_by_each(client, world: World, lead: User, by: str) -> None:
    client.force_login(lead)
    page = client.get(reverse("spending"), {"by": by}).content.decode()
    assert "$12.50" in page
    assert {"collection": str(world.batch.collection), "judge": "careful"}.get(by, "") in page


def test_months_outside_the_filter_are_left_out(client, world: World, lead: User) -> None:
    client.force_login(lead)
    assert "Nothing spent" in client.get(reverse("spending"), {"until": "2020-01-31"}).content.decode()


def test_the_lines_as_csv(client, world: World, lead: User) -> None:
    client.force_login(lead)
    lines = client.get(reverse("spending-csv"), {"by": "judge"}).content.decode("utf-8-sig").splitlines()
    assert lines[0] == "name,spent,written_off,estimated,runs,trials,requests,unpriced,tokens"
    assert lines[1].startswith("careful,12.5")


def test_what_is_only_estimated_is_said_where_it_is_shown(client, world: World, lead: User) -> None:
    Spending.objects.update(estimated=Decimal("2.5"))
    client.force_login(lead)
    assert "a part estimated" in client.get(reverse("spending")).content.decode()
    assert "$2.50 of the budget" in client.get(reverse("run", args=[world.run.pk])).content.decode()


def test_nothing_of_elsewhere_is_counted(client, world: World, outsider: User) -> None:
    client.force_login(outsider)
    assert "Nothing spent" in client.get(reverse("spending")).content.decode()


def test_a_collections_budget_is_set(client, world: World, lead: User) -> None:
    client.force_login(lead)
    address = reverse("collection-budget", args=[world.batch.collection.slug])
    client.post(address, {"monthly": "100", "confirm_above": "5"})
    assert budget_of(world.batch.collection).monthly == 100


def test_a_runs_budget_is_set_and_shown(client, world: World, lead: User) -> None:
    set_price(by=None, model="careful-1", prompt=Decimal(1), completion=Decimal(1))
    client.force_login(lead)
    client.post(reverse("run-budget", args=[world.run.pk]), {"budget": "20"})
    assert Run.objects.get(pk=world.run.pk).budget == 20
    assert "$7.50" in client.get(reverse("run", args=[world.run.pk])).content.decode()


def test_the_cost_page_shows_the_estimate(client, world: World, lead: User) -> None:
    client.force_login(lead)
    assert (
        "What the judges will cost"
        in client.get(reverse("audit-cost", args=[world.audit.pk])).content.decode()
    )


def test_the_cost_page_warns_where_the_month_has_less(
    client, collection: Collection, rubric_version: RubricVersion, lead: User
) -> None:
    save_endpoint(by=None, name="default", base_url="http://127.0.0.1:9/v1")
    set_price(by=None, model=MODEL, prompt=Decimal(99_000), completion=Decimal(0))
    make_judge()
    sop = make_sop(collection, rubric_version, lead, {**SOP, "judges": [JUDGE]})
    audit = make_audit(make_batch(collection, lead), sop, lead)
    client.force_login(lead)
    page = client.get(reverse("audit-cost", args=[audit.pk]))
    assert page.context["total"] > 1
    assert "budget will not do" not in page.content.decode()
    set_collection_budget(by=lead, collection=collection, monthly=Decimal(1), confirm_above=Decimal(1))
    assert "budget will not do" in client.get(reverse("audit-cost", args=[audit.pk])).content.decode()
