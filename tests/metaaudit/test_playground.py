"""A judge's draft on ten items, beside the published version's words and the rulings."""

import pytest

from auditing.adjudication.models import Ruling
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Forbidden
from auditing.judging.ledger import spent_on_trials
from auditing.judging.models import TrialCall, TrialState, Verdict
from auditing.judging.services import set_price, work
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


def test_what_it_costs_counts_in_the_month_of_the_collection(start, endpoint, collection):
    for model in ("strict", "simulated"):
        set_price(by=None, model=model, prompt=10, completion=10)
    work_on(start(most=2))
    assert spent_on_trials(collection) > 0


def test_a_draft_that_is_not_right_is_refused(start):
    with pytest.raises(BadInput, match="model"):
        start(content={"temperature": 0})
