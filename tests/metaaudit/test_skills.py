"""The weights of a panel's members, measured on what they said in audits that are over."""

import pytest
from django.urls import reverse

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.core.errors import Missing
from auditing.judging.models import Judge
from auditing.judging.schema import read_judge
from auditing.judging.services import save_draft, work
from auditing.metaaudit.skills import measured_skills
from judges.simulator import Persona
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run, simulated_endpoint
from tests.ratings.ratings_of import rate

TRUTH = {"correct": "yes", "helpful": "3"}
WRONG = Persona(skill={"correct": {"yes": {"no": 1.0}}, "helpful": 1.0})
PANEL = {
    "architecture": "panel",
    "combine": "weighted",
    "members": [
        {"name": "good", "model": "right", "skill": 0.5},
        {"name": "bad", "model": "wrong", "skill": 0.5},
        {"name": "new", "model": "never asked", "skill": 0.5},
    ],
}


@pytest.fixture
def measured(collection, lead, rubric_version):
    """A panel of two at work on forty labelled items; the second is always wrong on `correct`."""
    batch = make_batch(collection, lead, size=40, name="labelled")
    rate(batch, "key", "correct", ["yes"] * 40, kind="gold")
    rate(batch, "key", "helpful", ["3"] * 20, kind="gold")
    version = make_judge("pair", **{**PANEL, "combine": "majority", "members": PANEL["members"][:2]})
    with simulated_endpoint(
        personas={"right": Persona(skill=1.0), "wrong": WRONG}, oracle=lambda payload: TRUTH
    ):
        work(queue_run(batch, rubric_version, version, lead))
    Audit.objects.update(state=AuditState.DECIDED)
    return lambda: measured_skills(
        read_judge(PANEL), by=lead, collection=collection, rubric_version=rubric_version
    )


def test_a_member_is_known_again_in_another_panel(measured):
    found = {(one.member, one.criterion): (one.n, one.share) for one in measured()}
    assert found["good", "correct"] == (40, 1.0)
    assert found["bad", "correct"] == (40, 0.0)


def test_too_few_labels_say_nothing(measured):
    found = {(one.member, one.criterion): (one.n, one.share) for one in measured()}
    assert found["good", "helpful"] == (20, None)
    assert found["new", "correct"] == (0, None)


def test_a_judge_of_its_own_that_is_asked_the_same_counts_too(measured, collection, lead, rubric_version):
    batch = make_batch(collection, lead, size=30, name="more")
    rate(batch, "key", "correct", ["yes"] * 30, kind="gold")
    with simulated_endpoint(personas={"right": Persona(skill=1.0)}, oracle=lambda payload: TRUTH):
        work(queue_run(batch, rubric_version, make_judge("alone", model="right"), lead))
    Audit.objects.update(state=AuditState.DECIDED)
    assert next(one for one in measured() if one.member == "good").n == 70


def test_nothing_is_said_while_opinions_are_still_blind(measured):
    Audit.objects.update(state=AuditState.COLLECTING)
    with pytest.raises(Missing, match="opinions in yet"):
        measured()


def test_the_page_fills_in_plain_numbers_and_says_what_it_left(
    measured, client, lead, collection, rubric_version
):
    make_judge("three", **PANEL)
    client.force_login(lead)
    chosen = {"collection": collection.pk, "rubric_version": rubric_version.pk}
    page = client.post(reverse("judge-weights", args=["three"]), chosen, follow=True).content.decode()
    members = Judge.objects.get(name="three").versions.get(state="draft").content["members"]
    assert [one["skill"] for one in members] == [
        {"correct": 1.0, "helpful": 0.5},
        {"correct": 0.0, "helpful": 0.5},
        0.5,
    ]
    assert "good on correct 1.000" in page
    assert "n = 40" in page
    assert "raw agreement with the reference labels" in page
    assert "good on helpful (20)" in page


def test_the_page_overwrites_no_draft_that_was_not_seen(measured, client, lead, collection, rubric_version):
    base = make_judge("three", **PANEL).mark
    judge = Judge.objects.get(name="three")
    theirs = save_draft(by=None, judge=judge, content=PANEL | {"combine": "majority"}).content
    client.force_login(lead)
    chosen = {"collection": collection.pk, "rubric_version": rubric_version.pk, "base": base}
    assert client.post(reverse("judge-weights", args=["three"]), chosen).status_code == 409
    assert judge.versions.get(state="draft").content == theirs
