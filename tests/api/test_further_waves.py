"""Drawing more through the API and from the command line."""

import io
import json

import pytest
from django.core.management import call_command

from tests.api.asking import Program
from tests.pipeline.test_further_waves import again, audited  # noqa: F401 - a fixture


def test_the_api_draws_a_wave_of_that_size(lead, audited):  # noqa: F811
    path = f"/audits/{audited().pk}/plan"
    answer = Program(lead).do("POST", f"{path}/waves", json={"size": 30})
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["human_size"], [wave["size"] for wave in said["waves"]]) == (70, [40, 30])
    assert Program(lead).do("POST", f"{path}/replay").json()["same"] is True


def test_the_api_draws_as_many_as_it_should_take_where_no_size_is_given(lead, audited):  # noqa: F811
    answer = Program(lead).do("POST", f"/audits/{audited(at_least=0.86).pk}/plan/waves", json={})
    assert answer.status_code == 200, answer.content
    assert 40 < answer.json()["human_size"] < 200


def test_the_api_names_the_size_that_cannot_be_drawn(lead, audited):  # noqa: F811
    answer = Program(lead).do("POST", f"/audits/{audited().pk}/plan/waves", json={"size": 161})
    assert (answer.status_code, answer.json()["field"]) == (422, "size")


def test_the_command_draws_more_and_goes_on(audited):  # noqa: F811
    audit, out = audited(), io.StringIO()
    call_command("run_audit", str(audit.pk), "--draw-more", "30", "--json", stdout=out)
    assert json.loads(out.getvalue())["state"] == "estimated"
    assert again(audit).plan.human_size == 70
    out = io.StringIO()
    call_command("replay", str(audit.pk), "--json", stdout=out)
    assert json.loads(out.getvalue())["same"] is True


def test_the_command_draws_as_many_as_it_should_take(audited):  # noqa: F811
    audit = audited(at_least=0.86)
    call_command("run_audit", str(audit.pk), "--draw-more", stdout=io.StringIO())
    assert 40 < again(audit).plan.human_size < 200


def test_a_size_that_cannot_be_drawn_is_bad_input(audited):  # noqa: F811
    with pytest.raises(SystemExit) as ended:
        call_command("run_audit", str(audited().pk), "--draw-more", "0", stdout=io.StringIO())
    assert ended.value.code == 2
