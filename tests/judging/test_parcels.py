"""Runs by the provider's Batch API: half the price, nothing waited for, nothing handed in twice."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from auditing.accounts.models import User
from auditing.datasets.models import Collection
from auditing.judging import parcels
from auditing.judging.adapters import opening_of, price_table
from auditing.judging.lifecycle import ParcelState
from auditing.judging.models import Call, CallState, Parcel, Reply, Reservation, Run, Verdict
from auditing.judging.schema import read_judge
from auditing.judging.selectors import outcomes, progress
from auditing.judging.services import cancel, resume, retry_failed, set_price, set_run_budget, work
from auditing.rubrics.models import RubricVersion
from judges.architectures.single import Single
from judges.contracts import Request, Subject
from judges.money import most_cost
from judges.pricing import BATCH_FACTOR
from judges.providers.batches import BatchDesk
from judges.simulator import Faults, Simulator
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run

LONG_AGO = timezone.now() - timedelta(hours=1)


@pytest.fixture
def batch_run(lead: User, collection: Collection, rubric_version: RubricVersion) -> Callable[..., Run]:
    """A queued run that goes by batch."""

    def make(size: int = 12, payloads: list[dict[str, Any]] | None = None, **content: Any) -> Run:
        version = make_judge("patient", delivery="batch", **content)
        batch = make_batch(collection, lead, size=size, payloads=payloads)
        return queue_run(batch, rubric_version, version, lead)

    return make


def look_again(run: Run) -> None:
    """As if a minute had passed."""
    Parcel.objects.filter(run=run).update(looked_at=LONG_AGO)
    work(run)
    run.refresh_from_db()


def requests(simulator: Simulator) -> int:
    return simulator.stats.requests.total()


def test_every_item_is_judged_at_half_the_price(
    batch_run: Callable[..., Run], make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run, live = batch_run(), make_run()
    assert work(run).judged == 12
    Reply.objects.all().delete()
    work(live)
    run.refresh_from_db()
    assert run.state == "finished"
    assert requests(simulator) == 24
    assert progress(run).spent == (progress(live).spent or 0) / 2
    values = [
        list(Verdict.objects.filter(run=one).order_by("item__position", "criterion").values_list("value"))
        for one in (run, live)
    ]
    assert values[0] == values[1]


def test_nobody_waits_for_the_provider(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(batch_delay=3600)
    run = batch_run()
    assert work(run).judged == 0
    found = progress(run)
    assert (found.away, found.queued, found.done) == (12, 0, 0)
    assert found.away_since is not None
    assert run.state == "running"
    look_again(run)
    assert requests(simulator) == 0
    simulator.batches.made[Parcel.objects.get().provider_id].due = 0
    look_again(run)
    assert (run.state, progress(run).done, Parcel.objects.get().state) == (
        "finished",
        12,
        ParcelState.FETCHED,
    )
    assert progress(run).away_since is None


def test_a_provider_is_not_asked_again_at_once(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(batch_delay=3600)
    run = batch_run()
    work(run)
    simulator.batches.made[Parcel.objects.get().provider_id].due = 0
    work(run)
    assert progress(run).away == 12


@pytest.mark.parametrize("moment", ["before it was handed in", "after it was handed in"])
def test_a_crash_hands_nothing_in_twice(
    moment: str, batch_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: Any
) -> None:
    simulator = simulate()
    run, submit = batch_run(), BatchDesk.submit

    def killed(desk: BatchDesk, mark: str, lines: Any, last_word: Any) -> str:
        if moment.startswith("after"):
            submit(desk, mark, lines, last_word)
        raise KeyboardInterrupt

    monkeypatch.setattr(BatchDesk, "submit", killed)
    with pytest.raises(KeyboardInterrupt):
        work(run)
    monkeypatch.undo()
    assert Parcel.objects.get().state == ParcelState.PACKED
    Parcel.objects.update(held_at=LONG_AGO)
    work(run)
    run.refresh_from_db()
    assert run.state == "finished"
    assert len(simulator.batches.made) == 1
    assert requests(simulator) == 12


def test_a_crash_while_fetching_pays_nothing_again(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: Any
) -> None:
    simulator = simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    monkeypatch.setattr(parcels, "AT_ONCE", 5)
    run, keep = batch_run(), parcels._keep

    def killed(parcel: Parcel, results: Any) -> None:
        keep(parcel, results)
        raise KeyboardInterrupt

    monkeypatch.setattr(parcels, "_keep", killed)
    with pytest.raises(KeyboardInterrupt):
        work(run)
    monkeypatch.setattr(parcels, "_keep", keep)
    assert Reply.objects.count() == 5
    Parcel.objects.update(held_at=None)
    look_again(run)
    assert (run.state, progress(run).done, requests(simulator)) == ("finished", 12, 12)
    assert [(row.requests, row.spent) for row in run.spending.all()] == [(12, progress(run).spent)]


def test_each_line_of_an_item_that_takes_several_calls_is_read(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: Any
) -> None:
    simulator = simulate()
    monkeypatch.setattr(parcels, "AT_ONCE", 5)
    run = batch_run(calls="per_criterion")
    work(run)
    assert progress(run).done == 12
    assert requests(simulator) == 24
    assert all(exchange["cached"] for call in Call.objects.filter(run=run) for exchange in call.exchanges)


def test_items_that_are_alike_share_a_line_and_it_is_paid_once(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run = batch_run(payloads=[{"input": "Q?", "output": "A."}] * 3)
    set_run_budget(by=None, run=run, budget=Decimal(1))
    work(run)
    assert (progress(run).done, requests(simulator)) == (3, 1)
    assert [(row.requests, row.spent) for row in run.spending.all()] == [(1, progress(run).spent)]


def test_what_befell_a_shared_line_befell_each_of_its_items(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulate(faults=Faults(rate_500=1.0))
    run = batch_run(payloads=[{"input": "Q?", "output": "A."}] * 2)
    work(run)
    errors = [call.error for call in Call.objects.filter(run=run)]
    assert errors[0].startswith("ServerFault")
    assert errors == errors[:1] * 2


def test_items_that_are_delivered_again_make_no_batch(
    batch_run: Callable[..., Run], make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate()
    work(make_run())
    run = batch_run()
    work(run)
    assert (progress(run).done, len(simulator.batches.made), requests(simulator)) == (12, 0, 12)
    assert not run.spending.exists()


def test_a_line_is_counted_though_somebody_else_has_kept_the_same_reply_meanwhile(
    batch_run: Callable[..., Run], make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(batch_delay=3600)
    run = batch_run()
    work(run)
    work(make_run())
    simulator.batches.made[Parcel.objects.get().provider_id].due = 0
    look_again(run)
    assert (progress(run).done, requests(simulator)) == (12, 24)
    assert [row.requests for row in run.spending.all()] == [12]


def test_lines_that_failed_or_expired_can_be_retried_in_a_new_batch(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(faults=Faults(rate_500=0.3, hang=0.3))
    run = batch_run(40)
    work(run)
    run.refresh_from_db()
    found = progress(run)
    assert run.state == "finished"
    assert found.failed > 0
    assert found.done + found.failed == 40
    kinds = {call.error.partition(":")[0] for call in Call.objects.filter(state=CallState.FAILED)}
    assert kinds == {"ServerFault", "TimedOut"}
    simulator.faults = Faults()
    retry_failed(by=None, run=run)
    work(run)
    assert progress(run).done == 40
    assert [parcel.size for parcel in Parcel.objects.all()] == [40, found.failed]


def test_a_repair_is_asked_live(batch_run: Callable[..., Run], simulate: Callable[..., Simulator]) -> None:
    simulator = simulate(faults=Faults(malformed=0.5))
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run = batch_run(20)
    work(run)
    repaired = [call for call in Call.objects.filter(run=run) if len(call.exchanges) == 2]
    assert repaired
    assert requests(simulator) == 20 + len(repaired)
    assert [exchange["cached"] for exchange in repaired[0].exchanges] == [True, False]
    assert len(simulator.batches.made) == 1


def test_a_batch_that_is_refused_pauses_the_run_and_loses_nothing(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate()
    simulator.batches.fail = "Enqueued token limit reached."
    run = batch_run()
    assert "Enqueued token limit reached" in work(run).reason
    run.refresh_from_db()
    assert (run.state, progress(run).queued) == ("paused", 12)
    simulator.batches.fail = ""
    resume(by=None, run=run)
    work(run)
    assert progress(run).done == 12


def test_what_is_too_large_for_one_batch_goes_in_several(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: Any
) -> None:
    simulator = simulate()
    small = {"timeout": 60.0, "most_lines": 5, "most_bytes": 10**8}
    monkeypatch.setattr(BatchDesk.__init__, "__kwdefaults__", small)
    run = batch_run()
    work(run)
    assert progress(run).done == 12
    files = [one.fields["input_file_id"] for one in simulator.batches.made.values()]
    assert max(len(simulator.batches.files[name].splitlines()) for name in files) <= 5


def test_money_is_held_for_what_is_away_and_settled_when_it_comes(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(batch_delay=3600)
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run = batch_run()
    set_run_budget(by=None, run=run, budget=Decimal(1))
    work(run)
    assert Reservation.objects.get().amount > 0
    simulator.batches.made[Parcel.objects.get().provider_id].due = 0
    look_again(run)
    assert not Reservation.objects.exists()
    assert sum(row.spent for row in run.spending.all()) == progress(run).spent


def test_what_cannot_be_paid_is_refused_and_never_handed_in(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run = batch_run()
    set_run_budget(by=None, run=run, budget=Decimal("0.000001"))
    assert "is spent" in work(run).reason
    run.refresh_from_db()
    assert simulator.batches.files == {}
    assert (run.state, outcomes(run)) == ("paused", [("over_budget", 12)])
    assert not Reservation.objects.exists()
    set_run_budget(by=None, run=run, budget=Decimal(1))
    work(resume(by=None, run=run))
    assert progress(run).done == 12


def test_a_call_of_which_only_a_line_can_be_paid_is_refused(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run = batch_run(3, calls="per_criterion")
    spec, item = run.judge_version.spec, run.audit.batch.items.first()
    line = most_cost(opening_of(spec, run.audit.rubric, item)[0], price_table()) or Decimal(0)
    set_run_budget(by=None, run=run, budget=(line * BATCH_FACTOR * Decimal("1.3")).quantize(Decimal("1e-8")))
    assert "is spent" in work(run).reason
    assert simulator.batches.files == {}
    assert Parcel.objects.count() == 1


def test_what_costs_nothing_needs_no_money(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulate()
    set_price(by=None, model="simulated", prompt=Decimal(0), completion=Decimal(0))
    run = batch_run()
    set_run_budget(by=None, run=run, budget=Decimal(0))
    work(run)
    assert progress(run).done == 12


def test_nothing_more_is_handed_in_once_the_run_is_cancelled(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: Any
) -> None:
    simulator = simulate(batch_delay=3600)
    monkeypatch.setattr(parcels, "MOST_CALLS", 4)
    run, submit = batch_run(), BatchDesk.submit

    def then_cancelled(desk: BatchDesk, mark: str, lines: Any, last_word: Any) -> str:
        batch_id = submit(desk, mark, lines, last_word)
        cancel(by=None, run=Run.objects.get(pk=run.pk))
        return batch_id

    monkeypatch.setattr(BatchDesk, "submit", then_cancelled)
    work(run)
    assert len(simulator.batches.made) == 1


def test_what_can_be_paid_is_judged_before_the_rest_is_refused(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(batch_delay=3600)
    set_price(by=None, model="simulated", prompt=Decimal(10), completion=Decimal(10))
    run = batch_run(60)
    set_run_budget(by=None, run=run, budget=Decimal("0.20"))
    work(run)
    run.refresh_from_db()
    away = progress(run).away
    assert (run.state, 0 < away < 60) == ("running", True)
    look_again(run)
    assert Parcel.objects.filter(run=run).count() == 2  # it does not ask for money at every look
    set_run_budget(by=None, run=run, budget=Decimal("0.0001"))
    simulator.batches.made[Parcel.objects.get(state=ParcelState.SENT).provider_id].due = 0
    look_again(run)
    assert (run.state, run.reason) == ("paused", "the budget of $0.00 is spent")
    assert (progress(run).done, progress(run).failed) == (away, 60 - away)
    assert ("over_budget", 60 - away) in outcomes(run)


def test_money_that_others_hold_is_waited_for(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run = batch_run()
    set_run_budget(by=None, run=run, budget=Decimal(1))
    other = Reservation.objects.create(run=run, worker=uuid4(), amount=Decimal(1), held_at=timezone.now())
    work(run)
    run.refresh_from_db()
    assert (run.state, progress(run).queued) == ("running", 12)
    other.delete()
    Parcel.objects.update(ended_at=LONG_AGO)
    work(run)
    assert progress(run).done == 12


@pytest.mark.parametrize("by_batch", [True, False])
def test_an_item_that_breaks_the_judge_fails_alone(
    by_batch: bool,
    batch_run: Callable[..., Run],
    make_run: Callable[..., Run],
    simulate: Callable[..., Simulator],
    monkeypatch: Any,
) -> None:
    simulate()
    run = (batch_run if by_batch else make_run)(3)
    broken, opening = str(run.audit.batch.items.first().pk), Single.opening

    def breaking(judge: Single, subject: Subject) -> list[Request]:
        if subject.item_id == broken:
            raise ValueError("no such thing")
        return opening(judge, subject)

    monkeypatch.setattr(Single, "opening", breaking)
    work(run)
    run.refresh_from_db()
    assert (run.state, progress(run).done) == ("finished", 2)
    assert "ValueError: no such thing" in Call.objects.get(run=run, state=CallState.FAILED).error


def test_a_cancelled_run_is_stopped_at_the_provider(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(batch_delay=3600)
    run = batch_run()
    work(run)
    cancel(by=None, run=run)
    parcels.withdraw(run)
    parcel = Parcel.objects.get()
    assert simulator.batches.made[parcel.provider_id].fields["status"] == "cancelled"
    assert (parcel.state, progress(run).queued) == (ParcelState.FETCHED, 12)
    assert not run.spending.exists()


def test_what_a_cancelled_batch_had_answered_is_booked(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulator = simulate(batch_delay=3600)
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    run = batch_run()
    set_run_budget(by=None, run=run, budget=Decimal(1))
    work(run)
    simulator.batches.answered = 5
    cancel(by=None, run=run)
    assert Reservation.objects.exists()
    parcels.withdraw(run)
    line = run.spending.get()
    assert (line.requests, line.spent > 0, Reply.objects.count()) == (5, True, 5)
    assert not Reservation.objects.exists()


def test_a_parcel_that_is_being_handed_in_when_its_run_is_cancelled_is_stopped_later(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: Any
) -> None:
    simulator = simulate(batch_delay=3600)
    simulator.batches.answered = 5
    run, submit = batch_run(), BatchDesk.submit

    def cancelled_first(desk: BatchDesk, mark: str, lines: Any, last_word: Any) -> str:
        cancel(by=None, run=Run.objects.get(pk=run.pk))
        parcels.withdraw(run)
        return submit(desk, mark, lines, last_word)

    monkeypatch.setattr(BatchDesk, "submit", cancelled_first)
    work(run)
    assert Parcel.objects.get().state == ParcelState.SENT
    parcels.withdraw(run)
    assert Parcel.objects.get().state == ParcelState.FETCHED
    assert run.spending.get().requests == 5


def test_a_worker_that_was_thought_dead_hands_nothing_in(
    batch_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: Any
) -> None:
    simulator = simulate()
    run, lines = batch_run(), parcels._lines

    def slowly(parcel: Parcel) -> Any:
        yield from lines(parcel)
        Parcel.objects.update(held_at=timezone.now())  # by another

    monkeypatch.setattr(parcels, "_lines", slowly)
    work(run)
    assert simulator.batches.made == {}
    assert Parcel.objects.get(state=ParcelState.PACKED).held_at is not None


def test_the_delivery_is_not_part_of_what_is_answered(rubric_version: RubricVersion) -> None:
    by_batch = read_judge({"model": "m", "delivery": "batch"})
    live = read_judge({"model": "m"})
    rubric = rubric_version.spec
    assert by_batch.build(rubric).fingerprint() == live.build(rubric).fingerprint()
    assert read_judge(by_batch.to_content()) == by_batch
    assert "delivery" not in live.to_content()
