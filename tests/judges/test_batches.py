"""Batches over real HTTP: handed in, found again, fetched, line by line."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from judges import errors
from judges.architectures.single import Single
from judges.pricing import Price
from judges.providers.batches import BatchDesk, TooMuch
from judges.simulator import Faults, Persona, Simulator
from tests.judges.bench import judge_one, spec, subjects, user_message

NOW = datetime(2030, 1, 1, tzinfo=UTC)
PRICES = {"simulated": Price(Decimal(1), Decimal(2))}


def lines(count, **changes):
    judge = Single(spec(**changes))
    return {item.item_id: judge.opening(item)[0] for item in subjects(count)}


def desk(simulator, **options):
    return BatchDesk(simulator.base_url, "secret", **options)


def test_a_line_is_answered_as_it_would_be_live_at_half_the_price():
    asked = lines(3)
    with Simulator(api_key="secret") as simulator, desk(simulator) as at:
        standing = at.look(at.submit("m1", asked.items()))
        replies = {one.key: one.completion(asked[one.key], PRICES, NOW) for one in at.results(standing)}
        live = judge_one(simulator, prices=PRICES).calls[0]
    assert (standing.status, standing.completed, standing.total) == ("completed", 3, 3)
    assert set(replies) == set(asked)
    assert replies["item-0"].text == live.response_text
    assert replies["item-0"].cost == live.cost / 2
    assert replies["item-0"].started_at == NOW


def test_a_batch_takes_its_time():
    with Simulator(batch_delay=0.3) as simulator, desk(simulator) as at:
        batch_id = at.submit("m1", lines(2).items())
        assert at.look(batch_id).is_working
        assert not simulator.stats.requests
        time.sleep(0.35)
        assert not at.look(batch_id).is_working


def test_a_batch_is_found_by_its_mark_among_many():
    with Simulator(batch_delay=9) as simulator, desk(simulator) as at:
        first = at.submit("m0", lines(1).items())
        for number in range(1, 130):
            at.submit(f"m{number}", lines(1).items())
        assert at.find("m0") == first
        assert at.find("mine") is None


def test_lines_that_fail_say_why():
    asked = lines(60)
    faults = Faults(rate_500=0.2, rate_429=0.2, hang=0.2)
    with Simulator(faults=faults) as simulator, desk(simulator) as at:
        standing = at.look(at.submit("m1", asked.items()))
        results = list(at.results(standing))
    assert standing.status == "expired"
    assert {one.key for one in results} == set(asked)
    kinds = {type(one.error) for one in results}
    assert kinds == {type(None), errors.ServerFault, errors.RateLimited, errors.TimedOut}
    failed = next(one for one in results if one.error)
    with pytest.raises(type(failed.error)):
        failed.completion(asked[failed.key], PRICES, NOW)


def test_a_refused_batch_says_why():
    with Simulator() as simulator, desk(simulator) as at:
        simulator.batches.fail = "Enqueued token limit reached."
        standing = at.look(at.submit("m1", lines(1).items()))
    assert standing.has_failed
    assert standing.reason == "Enqueued token limit reached."


def test_a_batch_can_be_withdrawn():
    with Simulator(batch_delay=9) as simulator, desk(simulator) as at:
        batch_id = at.submit("m1", lines(1).items())
        at.withdraw(batch_id)
        assert at.look(batch_id).status == "cancelled"
        assert list(at.results(at.look(batch_id))) == []


@pytest.mark.parametrize("most", [{"most_lines": 2}, {"most_bytes": 1000}])
def test_what_does_not_fit_is_not_sent(most):
    with Simulator() as simulator, desk(simulator, **most) as at:
        with pytest.raises(TooMuch):
            at.submit("m1", lines(3).items())
        assert simulator.batches.files == {}


def test_an_endpoints_error_is_in_our_tree():
    with Simulator(api_key="other") as simulator, desk(simulator) as at:
        for act in (lambda: at.submit("m", lines(1).items()), lambda: at.find("m"), lambda: at.look("b")):
            with pytest.raises(errors.NotAuthorised):
                act()


def test_a_decision_goes_by_no_batch():
    request = replace(lines(1)["item-0"], resource="decisions")
    with Simulator() as simulator, desk(simulator) as at, pytest.raises(KeyError):
        at.submit("m", [("1", request)])


def test_lines_count_as_requests():
    with Simulator({"simulated": Persona()}) as simulator, desk(simulator) as at:
        at.look(at.submit("m1", lines(2).items()))
        assert simulator.stats.requests_for(user_message(subjects(1)[0])) == 1


def test_line_separators_within_a_reply_end_no_line():
    asked = lines(2)
    with Simulator() as simulator, desk(simulator) as at:
        standing = at.look(at.submit("m1", asked.items()))
        for name, content in simulator.batches.files.items():
            simulator.batches.files[name] = content.replace(
                b'"object"', '"said": "a\u2028b\u0085c", "object"'.encode()
            )
        results = list(at.results(standing))
    assert {one.key for one in results} == set(asked)
    assert all(one.body["said"] == "a\u2028b\u0085c" for one in results)
