"""Whoever reviews in an audit that still collects learns no opinion by this door."""

import pytest

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.reviews.models import ReviewTask, TaskState
from tests.api.asking import Program
from tests.web.markers import begin_second_audit, give_task
from tests.web.objects import make_world

OPINIONS = (
    "/audits/{audit}/verdicts",
    "/audits/{audit}/rulings",
    "/audits/{audit}/estimates",
    "/audits/{audit}/decision",
    "/audits/{audit}/comparisons",
    "/batches/{batch}/comparisons",
    "/batches/{batch}/estimates",
    "/runs/{run}/calls",
    "/calls/{call}",
    "/disagreements/{disagreement}",
)


@pytest.fixture
def world(audit, lead, auditors, viewer):
    return make_world(audit, lead, auditors, viewer)


@pytest.fixture
def paths(world):
    names = ("audit", "batch", "run", "call", "disagreement")
    return [path.format(**{name: getattr(world, name).pk for name in names}) for path in OPINIONS]


@pytest.fixture
def reviewing_lead(world, lead):
    """A lead who gives an opinion in the audit herself."""
    item = world.plan.draws.filter(is_human=True).last().item
    ReviewTask.objects.create(
        audit=world.audit, item=item, replicate=9, position=9, reviewer=lead, state=TaskState.ASSIGNED
    )
    Audit.objects.filter(pk=world.audit.pk).update(state=AuditState.COLLECTING)
    return lead


def test_a_lead_who_reviews_sees_no_opinion_while_the_audit_collects(reviewing_lead, paths):
    program = Program(reviewing_lead)
    answers = {path: program.ask("GET", path).status_code for path in paths}
    assert answers == dict.fromkeys(paths, 403)


def test_she_sees_them_once_all_are_in(reviewing_lead, world, paths):
    Audit.objects.filter(pk=world.audit.pk).update(state=AuditState.RULING)
    program = Program(reviewing_lead)
    answers = {path: program.ask("GET", path).status_code for path in paths}
    assert 403 not in answers.values()
    assert answers[paths[0]] == 200


def test_a_lead_who_does_not_review_sees_the_judges_only(world, paths, admin):
    Audit.objects.filter(pk=world.audit.pk).update(state=AuditState.COLLECTING)
    seen = {path for path in paths if Program(admin).ask("GET", path).status_code == 200}
    judges = {path for path in paths if "verdicts" in path or "call" in path}
    assert judges <= seen
    assert not seen & {path for path in paths if path.startswith("/audits/")} - judges


def test_who_made_an_item_is_not_told_to_who_reviews_it_or_might(
    reviewing_lead, world, admin, viewer, producer
):
    path = f"/items/{world.item.pk}"
    for user in (reviewing_lead, admin):
        assert Program(user).ask("GET", path).json()["producer"] is None
    assert Program(viewer).ask("GET", path).json()["producer"] == producer.name


def test_a_second_audit_closes_the_first_to_who_reviews_in_it(world, lead, paths):
    give_task(begin_second_audit(world), world, lead)
    program = Program(lead)
    assert {path: program.ask("GET", path).status_code for path in paths} == dict.fromkeys(paths, 403)
    assert program.ask("GET", f"/reports/{world.report.pk}/files/json").status_code == 403
    for name in ("reports", "disagreements"):
        assert program.ask("GET", f"/{name}").json()["count"] == 0


def test_an_auditor_sees_her_own_task_and_nothing_that_could_sway_her(world, auditors, producer):
    path = f"/reviews/{world.task.pk}"
    shown = Program(auditors[0]).ask("GET", path)
    assert shown.status_code == 200
    assert shown.json()["payload"] == world.task.item.payload
    assert producer.name not in shown.content.decode()
    assert world.task.item.external_id not in shown.content.decode()
    assert Program(auditors[1]).ask("GET", path).status_code == 404


def test_an_auditor_is_not_told_who_delivered_the_batch(world, auditor, viewer, producer):
    path = f"/batches/{world.batch.pk}"
    world.batch.producer = producer
    world.batch.save()
    assert Program(auditor).ask("GET", path).json()["producer"] is None
    assert Program(viewer).ask("GET", path).json()["producer"] == producer.name


def test_a_vendor_gets_neither_items_nor_opinions(world, vendor, paths):
    program = Program(vendor)
    assert {program.ask("GET", path).status_code for path in paths} == {403}
    assert program.ask("GET", f"/batches/{world.batch.pk}/items").status_code == 403
