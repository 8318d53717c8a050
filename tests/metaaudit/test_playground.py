"""A judge's draft on ten items, beside the published version's words and the rulings."""

import time
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps

from auditing.adjudication.models import Ruling
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Forbidden
from auditing.judging import trying
from auditing.judging.ledger import month_left
from auditing.judging.models import CallState, Reservation, TrialCall, TrialState, Verdict
from auditing.judging.services import set_collection_budget, set_price, work
from auditing.judging.spending import grouped, spending_visible_to
from auditing.judging.trials import trial_progress
from auditing.judging.trying import work_on
from auditing.metaaudit.playground import start_playground, tally, tried
from auditing.reviews.models import ReviewTask
from judges.simulator import Persona
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run, simulated_endpoint

TRUTH = {"correct": "yes", "helpful": "3"}


@pytest.fixture
def version(db):
    return make_judge()


@pytest.fixture
def endpoint(db):
    """The published version's model is always right, the draft's always strict."""
    strict = Persona(skill={"correct": {"yes": {"no": 1.0}}, "helpful": 1.0})
    personas = {"simulated": Persona(skill=1.0), "strict": strict}
    with simulated_endpoint(personas=personas, oracle=lambda payload: TRUTH) as simulator:
        yield simulator


@pytest.fixture
def start(collection, lead, admin, rubric_version, version):
    batch = make_batch(collection, lead, size=20)

    def started(**asked):
        defaults = {"judge": version.judge, "content": {"model": "strict"}, "rubric_version": rubric_version}
        return start_playground(**{"by": admin, "batch": batch, **defaults, **asked})

    started.batch = batch
    return started


def test_the_draft_stands_beside_the_published_version(start, endpoint):
    trial = start(most=3)
    work_on(trial)
    assert trial.state == TrialState.FINISHED
    items = tried(trial)
    assert [len(one.exchanges) for one in items] == [1, 1, 1]
    correct, helpful = items[0].criteria
    assert (correct.draft.value, correct.published.value, correct.differs) == ("no", "yes", True)
    assert helpful.differs is False
    counted = tally(items)
    assert (counted.compared, counted.differing, counted.ruled) == (6, 3, 0)


def test_recorded_verdicts_are_not_paid_again(start, endpoint, version, rubric_version, lead):
    run = queue_run(start.batch, rubric_version, version, lead)
    work(run)
    Audit.objects.update(state=AuditState.DECIDED)  # nobody is blind any more
    before = Verdict.objects.count()
    trial = start(most=4)
    work_on(trial)
    assert set(TrialCall.objects.values_list("side", flat=True)) == {"draft"}
    assert all(one.recorded and one.criteria[0].published.value == "yes" for one in tried(trial))
    assert Verdict.objects.count() == before


def test_rulings_of_audits_whose_opinions_are_in_say_who_is_right(start, endpoint, audit, lead):
    item = start.batch.items.first()
    Ruling.objects.create(audit=audit, item=item, criterion="correct", value="no", by=lead)
    trial = start(item_ids=[item.external_id])
    work_on(trial)
    assert tried(trial)[0].criteria[0].ruling is None
    audit.state = AuditState.DECIDED
    audit.save()
    assert tried(trial)[0].criteria[0].right is True


def test_a_seed_draws_the_same_items_again_and_ids_are_taken_as_they_are(start):
    def keys(trial):
        return list(trial.calls.filter(side="draft").values_list("key", flat=True))

    assert keys(start(seed=5)) == keys(start(seed=5))
    assert keys(start(seed=5)) != keys(start(seed=6))
    assert keys(start(item_ids=["item-9", "item-2"])) == ["item-9", "item-2"]


@pytest.mark.parametrize("asked", [{"item_ids": ["item-99"]}, {"most": 11}, {"item_ids": ["x"] * 11}])
def test_only_ten_items_of_the_batch(start, asked):
    with pytest.raises(BadInput):
        start(**asked)


def test_who_reviews_items_of_the_batch_tries_nothing_on_it(start, audit, lead):
    audit.batch = start.batch
    audit.save()
    ReviewTask.objects.create(
        audit=audit, item=start.batch.items.first(), position=1, reviewer=lead, state="assigned"
    )
    with pytest.raises(Forbidden, match="You review items"):
        start(by=lead)


def test_neither_an_auditor_nor_a_lead_of_elsewhere_tries_anything(start, auditor, outsider):
    for user in (auditor, outsider):
        with pytest.raises(Forbidden):
            start(by=user)


def test_what_it_costs_counts_in_the_month_of_the_collection(start, endpoint, collection, lead):
    price()
    set_collection_budget(by=lead, collection=collection, monthly=Decimal(5), confirm_above=Decimal(5))
    trial = start(most=2)
    work_on(trial)
    spent = trial_progress(trial).spent
    assert spent > 0
    assert month_left(collection) == 5 - spent
    for by, name in (("collection", str(collection)), ("judge", "careful"), ("run", str(trial))):
        (line,) = grouped(spending_visible_to(lead), by)
        assert (line.name, line.spent, line.requests, line.trials) == (name, spent, 4, {trial.pk})


def test_what_earlier_trials_have_cost_is_put_into_the_books(start, endpoint):
    price()
    trial = start(most=2)
    work_on(trial)
    booked = trial.spending.values("month", "spent", "requests", "unpriced", "tokens").get()
    trial.spending.all().delete()
    import_module("auditing.judging.migrations.0008_trials_spend_and_keep_replies").count_earlier_trials(
        apps, None
    )
    assert trial.spending.values(*booked).get() == booked


def test_the_same_draft_tried_twice_is_paid_once(start, endpoint):
    price()
    work_on(start(most=3))
    asked = endpoint.stats.requests.total()
    again = start(most=3)
    work_on(again)
    assert endpoint.stats.requests.total() == asked == 6
    found = trial_progress(again)
    assert (found.done, found.spent, found.tokens) == (6, 0, 0)
    assert not again.spending.exists()
    assert all(one.exchanges[0].cached for one in tried(again))


def test_a_run_pays_for_nothing_that_was_tried(start, endpoint, version, rubric_version, lead):
    work_on(start(most=5))
    asked = endpoint.stats.requests.total()
    run = queue_run(start.batch, rubric_version, version, lead)
    work(run)
    assert endpoint.stats.requests.total() == asked + 20 - 5
    assert run.spending.get().requests == 15


def test_a_trial_stops_where_the_months_budget_is_spent(start, endpoint, collection, lead):
    price()
    monthly = Decimal("0.02")
    set_collection_budget(by=lead, collection=collection, monthly=monthly, confirm_above=monthly)
    trial = start(most=10)
    work_on(trial)
    assert (trial.state, "budget of $0.02" in trial.reason) == (TrialState.STOPPED, True)
    assert trial_progress(trial).spent <= monthly
    assert month_left(collection) >= 0
    assert not Reservation.objects.exists()


def price():
    for model in ("strict", "simulated"):
        set_price(by=None, model=model, prompt=10, completion=10)


def test_a_silent_endpoint_holds_a_worker_no_longer_than_its_time(start, monkeypatch):
    monkeypatch.setattr(trying, "GRACE", 0.1)
    with simulated_endpoint(personas={"strict": Persona()}, latency=60):
        trial = start(most=1)
        began = time.monotonic()
        work_on(trial, limit_seconds=0.1)
    assert time.monotonic() - began < 20
    assert trial.state == TrialState.UNDER_WAY
    assert trial.calls.filter(state=CallState.QUEUED).count() == trial.calls.count()
