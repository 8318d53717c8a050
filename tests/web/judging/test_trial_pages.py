"""The pages on which a judge is tried and probed."""

import pytest
from django.test import Client
from django.urls import reverse

from auditing.judging.models import Trial
from auditing.judging.trying import work_on
from auditing.reviews.models import ReviewTask
from auditing.web.judging.trial_forms import ProbeForm
from judges.simulator import Persona
from tests.judging.building import make_judge, simulated_endpoint


@pytest.fixture
def signed_in(admin):
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def judge(db):
    return make_judge().judge


@pytest.fixture
def endpoint(db):
    persona = Persona(skill=1.0, obeys=1.0)
    with simulated_endpoint(
        personas={"simulated": persona}, oracle=lambda payload: {"correct": "no"}
    ) as found:
        yield found


def test_the_draft_is_tried_from_its_page(signed_in, judge, batch, rubric_version, endpoint):
    page = reverse("judge-try", args=[judge.name])
    sent = {"rubric_version": rubric_version.pk, "batch": batch.pk, "most": 3, "seed": 1}
    answer = signed_in.post(page, sent)
    trial = Trial.objects.get()
    assert answer["Location"] == reverse("judge-trial", args=[judge.name, trial.pk])
    fragment = reverse("judge-trial-progress", args=[judge.name, trial.pk])
    assert f'hx-get="{fragment}"' in signed_in.get(answer["Location"]).content.decode()
    work_on(trial)
    shown = signed_in.get(fragment).content.decode()
    assert "hx-get" not in shown
    assert shown.count("Prompt and response") == 3
    assert "untrusted-item" in shown
    assert "Try on ten items" in signed_in.get(reverse("judge-edit", args=[judge.name])).content.decode()


def test_a_choice_that_cannot_be_tried_is_shown_on_the_form(signed_in, judge, batch, rubric_version):
    sent = {"rubric_version": rubric_version.pk, "batch": batch.pk, "most": 3, "seed": 1, "items": "item-99"}
    answer = signed_in.post(reverse("judge-try", args=[judge.name]), sent)
    assert "item-99" in answer.context["form"].errors["items"][0]


def test_a_probe_is_started_and_read(signed_in, judge, endpoint):
    page = reverse("judge-probes", args=[judge.name])
    assert signed_in.post(page, {"version": judge.versions.get().pk, "most": 1}).status_code == 302
    trial = Trial.objects.get()
    work_on(trial)
    shown = signed_in.get(reverse("judge-trial", args=[judge.name, trial.pk])).content.decode()
    assert "By kind of text" in shown
    assert trial.fingerprint in shown
    assert "override-1" in shown
    assert "Passed when asked to" in signed_in.get(page).content.decode()
    assert "Lift in probability" not in shown


def test_a_probe_without_a_pair_to_count_says_why(signed_in, judge):
    page = reverse("judge-probes", args=[judge.name])
    with simulated_endpoint(
        personas={"simulated": Persona(skill=1.0)}, oracle=lambda payload: {"correct": "yes"}
    ):
        signed_in.post(page, {"version": judge.versions.get().pk, "most": 1})
        work_on(Trial.objects.get())
    shown = signed_in.get(page).content.decode()
    assert shown.count("the judge called none of them bad") == 2
    assert "– to –" not in shown


def test_the_lift_in_probability_is_shown_of_a_judge_that_gives_any(signed_in, endpoint):
    version = make_judge("weighed", architecture="probability_weighted", model="simulated")
    page = reverse("judge-probes", args=["weighed"])
    signed_in.post(page, {"version": version.pk, "most": 1})
    trial = Trial.objects.get()
    work_on(trial)
    shown = signed_in.get(reverse("judge-trial", args=["weighed", trial.pk]))
    assert shown.context["overall"][0].careless.leaning.lift.estimate > 0.5
    assert "log-odds " in shown.content.decode()
    for one in (shown, signed_in.get(page)):
        assert "Lift in probability</th>" in one.content.decode()


def test_a_trial_is_stopped_from_its_page(signed_in, judge):
    signed_in.post(
        reverse("judge-probes", args=[judge.name]), {"version": judge.versions.get().pk, "most": 1}
    )
    trial = Trial.objects.get()
    stop = reverse("judge-trial-stop", args=[judge.name, trial.pk])
    assert stop in signed_in.get(reverse("judge-trial", args=[judge.name, trial.pk])).content.decode()
    signed_in.post(stop)
    trial.refresh_from_db()
    assert trial.state == "stopped"


def test_batches_that_she_reviews_are_not_offered(audit, lead, judge):
    client = Client()
    client.force_login(lead)

    def offered():
        page = client.get(reverse("judge-try", args=[judge.name]))
        return page.context["form"].fields["batch"].queryset

    assert audit.batch in offered()
    item = audit.batch.items.first()
    ReviewTask.objects.create(audit=audit, item=item, position=1, reviewer=lead, state="assigned")
    assert audit.batch not in offered()


def test_a_batch_is_probed_under_the_rubric_of_its_audit(lead, audit):
    version = make_judge("strict")
    sent = {"version": version.pk, "batch": audit.batch_id, "most": 1}
    form = ProbeForm(sent, user=lead, judge=version.judge)
    assert form.is_valid(), form.errors
    assert form.asked["rubric_version"] == audit.sop_version.rubric_version


def test_a_batch_without_an_audit_needs_a_rubric(signed_in, batch):
    version = make_judge("strict")
    sent = {"version": version.pk, "batch": batch.pk, "most": 1}
    page = signed_in.post(reverse("judge-probes", args=["strict"]), sent)
    assert "no audit that names a rubric" in page.content.decode()
