"""A start that will cost much waits for a person's word, whoever started it."""

import json
from decimal import Decimal

import pytest
from django.core.management import call_command

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.judging.models import Run
from auditing.judging.services import confirm_cost, save_endpoint, set_collection_budget, set_price
from auditing.pipeline.facts import waits_for
from auditing.pipeline.services import advance
from auditing.rubrics.models import RubricVersion
from judges.simulator import Simulator
from tests.cast import SOP, make_audit, make_batch, make_sop
from tests.judging.building import make_judge


@pytest.fixture
def dear(collection, lead: User, rubric_version: RubricVersion) -> Audit:
    """An audit whose judge costs more than its collection lets pass; its labels are imported."""
    make_judge()
    save_endpoint(by=None, name="default", base_url="http://127.0.0.1:9/v1")
    set_price(by=None, model="simulated", prompt=Decimal(1000), completion=Decimal(1000))
    set_collection_budget(by=None, collection=collection, monthly=None, confirm_above=Decimal(1))
    sop = {**SOP, "judges": ["careful"], "labels": {"source": "imported", "reference": "gold"}}
    return make_audit(make_batch(collection, lead), make_sop(collection, rubric_version, lead, sop), lead)


def test_it_is_drawn_and_then_waits(dear: Audit, lead: User) -> None:
    results = advance(by=None, audit=dear)
    assert [result.done for result in results] == [True, False]
    assert "a person to confirm that judging may cost about $" in waits_for(Audit.objects.get(pk=dear.pk))[0]
    assert not Run.objects.exists()
    confirm_cost(by=lead, audit=dear)
    advance(by=None, audit=dear)
    assert Run.objects.get(audit=dear).budget is None


def test_the_command_refuses_until_it_is_confirmed(dear: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        call_command("run_audit", str(dear.pk))
    assert exit_status.value.code == 2
    assert "--confirm-cost" in capsys.readouterr().err
    with Simulator(latency=1) as simulator:  # long enough for the bars to be drawn meanwhile
        save_endpoint(by=None, name="default", base_url=simulator.base_url)
        call_command("run_audit", str(dear.pk), "--budget", "50", "--json")
    assert json.loads(capsys.readouterr().out)["state"] == "collecting"
    assert Run.objects.get(audit=dear).budget == 50
