"""What `python -m benchmarks.faults` measures, small: all faults at once, and a limit on the rate."""

import time
from collections.abc import Callable

import pytest

from auditing.judging.models import Call, Run, Verdict
from auditing.judging.services import save_endpoint, work
from benchmarks.faults.parts import FAULTS, books, counts
from judges.simulator import Faults, Simulator
from tests.endpoints import Endpoint, simulated
from tests.judging.test_shards import workers


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_under_every_fault_each_item_ends_once_and_no_error_is_a_verdict(
    make_run: Callable[..., Run],
) -> None:
    run = make_run(80)
    faults = [f"--fault={name}={chance}" for name, chance in FAULTS.items()]
    with simulated("--model=simulated=1", "--seed=3", *faults) as endpoint:
        save_endpoint(by=None, name="default", base_url=endpoint.base_url, timeout_seconds=2)
        work(run)
        found = counts(run, endpoint)
        some = Verdict.objects.filter(run=run, outcome="scored", criterion="helpful").first()
        Verdict.objects.filter(pk=some.pk).update(value="1" if some.value == "2" else "2")
        assert counts(run, endpoint)["errors shown as verdicts"] == 1  # it would be seen
    assert found["run"] == "finished"
    assert (found["lost"], found["twice"], found["errors shown as verdicts"]) == (0, 0, 0)
    assert sum(found["answers by outcome"].values()) == 2 * 80
    assert len(found["faults met"]) >= 8
    assert 0 < found["longest hang (s)"] < 3


@pytest.mark.django_db(transaction=True)
def test_every_reply_that_is_charged_is_in_the_books(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    """Repairs and refusals, and what is cut or off the scale; not what never came as a reply."""
    run = make_run(40)
    faults = Faults(rate_500=0.05, broken_body=0.05, malformed=0.1, truncated=0.1, refusal=0.1, off_scale=0.1)
    simulator = simulate(faults=faults)
    for thread in workers(run):
        thread.join(60)
    found = books(run, Endpoint(simulator.base_url))
    assert 40 < found["replies charged"] < simulator.stats.requests.total()
    assert found["replies booked"] == found["replies charged"]
    assert found["tokens booked"] == found["tokens charged"] > 40


@pytest.mark.slow
def test_a_limit_on_the_rate_that_nobody_has_told_is_learnt(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    run = make_run(80)
    simulator = simulate(rate_limit=20, latency=0.1)
    started = time.monotonic()
    work(run)
    assert Call.objects.filter(run=run, state="done").count() == 80
    assert simulator.stats.faults["rate_limit"] <= 3
    assert time.monotonic() - started < 7  # 4 at best, and the second that the endpoint asks for
