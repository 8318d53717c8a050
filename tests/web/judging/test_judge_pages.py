"""Judges, their editor and endpoints, through the browser's door."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.adjudication.models import Ruling
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.datasets.models import Batch
from auditing.judging.models import Endpoint, Judge, Price, Run
from auditing.judging.services import save_draft, save_endpoint
from auditing.rubrics.models import RubricVersion
from judges.simulator import Simulator
from tests.judging.building import make_judge

FIELDS = {
    "description": "Careful.",
    "endpoint": "default",
    "model": "gpt-test",
    "instructions": "Be strict.",
    "temperature": "0",
    "max_output_tokens": "300",
    "seed": "",
    "structured": "json_schema",
    "repair_attempts": "1",
    "rationale": "on",
    "parameters": '{"top_p": 0.5}',
}


@pytest.fixture
def signed_in(lead: User, client: Client) -> Client:
    client.force_login(lead)
    return client


def test_a_judge_from_nothing_to_published(signed_in: Client) -> None:
    assert "No judges yet" in text(signed_in.get(reverse("judges")))
    made = signed_in.post(reverse("judge-new"), {"name": "strict", "model": "gpt", "description": ""})
    assert made.url == reverse("judge-edit", args=["strict"])
    assert signed_in.post(reverse("judge-draft", args=["strict"]), FIELDS).status_code == 204
    published = signed_in.post(made.url, {**FIELDS, "note": "first"})
    assert published.url == reverse("judge", args=["strict"])
    version = Judge.objects.get(name="strict").versions.get()
    assert version.spec.asked[0].parameters == {"top_p": 0.5}
    assert version.spec.asked[0].seed is None
    page = text(signed_in.get(published.url))
    assert "gpt-test" in page
    assert "Be strict." in page


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(signed_in: Client) -> None:
    make_judge("strict")
    wrong = {**FIELDS, "temperature": "hot", "instructions": "Typed with care."}
    answer = signed_in.post(reverse("judge-edit", args=["strict"]), wrong)
    assert answer.context["form"].errors["temperature"]
    assert "Typed with care." in text(answer)
    assert Judge.objects.get(name="strict").versions.get(state="draft").content["temperature"] == "hot"
    assert "hot" in text(signed_in.get(reverse("judge-edit", args=["strict"])))


def test_a_judge_that_is_asked_by_batch(signed_in: Client) -> None:
    make_judge("strict")
    address = reverse("judge-edit", args=["strict"])
    signed_in.post(address, {**FIELDS, "delivery": "on"})
    version = Judge.objects.get(name="strict").versions.get(number=2)
    assert version.spec.by_batch
    assert "half the price, answers within a day" in text(signed_in.get(reverse("judge", args=["strict"])))
    assert signed_in.get(address).context["form"]["delivery"].value() is True
    signed_in.post(address, FIELDS)
    assert not Judge.objects.get(name="strict").versions.get(number=3).spec.by_batch


def test_the_preview_is_the_exact_prompt(
    signed_in: Client, batch: Batch, rubric_version: RubricVersion
) -> None:
    make_judge("strict")
    chosen = {"rubric": rubric_version.pk, "batch": batch.pk, "position": 3}
    answer = text(signed_in.post(reverse("judge-preview", args=["strict"]), {**FIELDS, **chosen}))
    for words in ("Be strict.", "Is the answer correct?", "Answer 3.", "untrusted-item"):
        assert words in answer
    assert not Judge.objects.get(name="strict").versions.filter(state="draft").exists()
    assert "Is the answer correct?" in text(signed_in.get(reverse("judge-edit", args=["strict"])))


def test_the_preview_shows_no_item_of_others(
    outsider: User, client: Client, batch: Batch, rubric_version: RubricVersion
) -> None:
    make_judge("strict")
    client.force_login(outsider)
    chosen = {"rubric": rubric_version.pk, "batch": batch.pk, "position": 3}
    answer = text(client.post(reverse("judge-preview", args=["strict"]), {**FIELDS, **chosen}))
    assert "Answer 3." not in answer


def test_two_versions_are_compared(signed_in: Client) -> None:
    judge = make_judge("strict").judge
    save_draft(by=None, judge=judge, content={"model": "other"})
    page = text(signed_in.get(reverse("judge-diff", args=["strict"])))
    assert "model: simulated" in page
    assert "model: other" in page


def test_a_viewer_reads_judges_and_changes_nothing(viewer: User, client: Client) -> None:
    make_judge("strict")
    client.force_login(viewer)
    assert client.get(reverse("judge", args=["strict"])).status_code == 200
    for name in ("judge-edit", "judge-preview", "judge-archive"):
        assert client.post(reverse(name, args=["strict"])).status_code == 404
    assert client.get(reverse("endpoints")).status_code == 404


def test_archiving_can_be_undone(signed_in: Client) -> None:
    make_judge("strict")
    signed_in.post(reverse("judge-archive", args=["strict"]))
    assert "No judges yet" in text(signed_in.get(reverse("judges")))
    signed_in.post(reverse("judge-restore", args=["strict"]))
    assert "strict" in text(signed_in.get(reverse("judges")))


def test_a_key_goes_in_and_never_comes_out(signed_in: Client) -> None:
    values = {"name": "mine", "base_url": "https://models.example/v1", "api_key": "sk-secret"}
    values |= {"concurrency": 8, "timeout_seconds": 30}
    assert signed_in.post(reverse("endpoints"), values).url == reverse("endpoints")
    for url in (reverse("endpoints"), reverse("endpoint", args=["mine"])):
        assert "sk-secret" not in text(signed_in.get(url))
    moved = {**values, "api_key": "", "base_url": "https://elsewhere.example/v1"}
    refused = signed_in.post(reverse("endpoint", args=["mine"]), moved)
    assert "enter the key again" in text(refused)
    signed_in.post(reverse("endpoint", args=["mine"]), {**moved, "forget_key": "on"})
    assert Endpoint.objects.get().encrypted_key == ""


def test_the_test_button_asks_the_endpoint(signed_in: Client, simulate: Callable[..., Simulator]) -> None:
    simulate()
    page = signed_in.post(reverse("endpoint-test", args=["default"]), follow=True)
    assert "default answers" in text(page)
    save_endpoint(by=None, name="dead", base_url="http://127.0.0.1:9/v1")
    page = signed_in.post(
        reverse("endpoint-test", args=["dead"]),
        follow=True,
        headers={"referer": "http://testserver/endpoints/"},
    )
    assert "does not answer as it should" in text(page)


def test_prices_are_set_and_removed(signed_in: Client) -> None:
    signed_in.post(reverse("price-set"), {"model": "gpt", "prompt": "2.5", "completion": "10"})
    assert "2.5" in text(signed_in.get(reverse("endpoints")))
    signed_in.post(reverse("price-remove"), {"model": "gpt"})
    assert not Price.objects.exists()


def test_runs_stand_on_the_judges_page_for_who_may_see_them(
    run: Run, lead: User, outsider: User, client: Client
) -> None:
    url = reverse("judge", args=[run.judge_version.judge.name])
    for user, seen in ((lead, True), (outsider, False)):
        client.force_login(user)
        assert (str(run.audit) in text(client.get(url))) == seen


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined]


PANEL = """\
architecture: panel
members:
  - {name: a, model: one}
  - {name: b, model: other}
"""


def test_an_architecture_is_chosen_and_written_as_yaml(
    signed_in: Client, batch: Batch, rubric_version: RubricVersion
) -> None:
    make_judge("strict")
    edit = reverse("judge-edit", args=["strict"])
    signed_in.post(edit, {**FIELDS, "do": "architecture", "wanted": "panel"})
    page = text(signed_in.get(f"{edit}?as=yaml"))
    assert "combine: majority" in page
    chosen = {"rubric": rubric_version.pk, "batch": batch.pk, "position": 3}
    shown = text(signed_in.post(reverse("judge-preview", args=["strict"]), {"yaml": PANEL, **chosen}))
    assert shown.count("Answer 3.") == 2
    published = signed_in.post(edit, {"yaml": PANEL, "description": "", "do": "publish"})
    assert published.url == reverse("judge", args=["strict"])
    assert Judge.objects.get().versions.first().spec.models == ("one", "other")
    page = text(signed_in.get(published.url))
    assert "a, b" in page
    assert "one, other" not in page or "panel" in page


def test_yaml_that_is_wrong_stays_as_it_was_typed(signed_in: Client) -> None:
    make_judge("strict")
    edit = reverse("judge-edit", args=["strict"])
    page = text(signed_in.post(edit, {"yaml": "architecture: [", "description": ""}))
    assert "architecture: [" in page
    assert "not readable as YAML" in page
    assert signed_in.post(reverse("judge-draft", args=["strict"]), {"yaml": "a: ["}).status_code == 422
    wrong = text(signed_in.post(edit, {"yaml": PANEL.replace("model: one", "modl: one"), "description": ""}))
    assert "did you mean" in wrong


def test_fields_of_an_architecture_are_its_own(signed_in: Client) -> None:
    make_judge("often", architecture="self_consistency", model="m", samples=7)
    edit = reverse("judge-edit", args=["often"])
    page = signed_in.get(edit)
    assert "samples" in page.context["form"].fields
    sent = {**FIELDS, "architecture": "self_consistency", "temperature": "0.5", "samples": "9"}
    signed_in.post(edit, sent)
    assert Judge.objects.get().versions.first().spec.to_content()["samples"] == 9
    yaml = signed_in.post(edit, {**sent, "do": "show:yaml"}, follow=True)
    assert "samples: 9" in text(yaml)


def test_examples_are_drawn_shown_kept_and_taken_out(
    signed_in: Client, audit: Audit, lead: User, rubric_version: RubricVersion
) -> None:
    for item in audit.batch.items.all()[:3]:
        Ruling.objects.create(audit=audit, item=item, criterion="correct", value="yes", by=lead)
    Audit.objects.update(state=AuditState.DECIDED)  # until then no opinion is shown to who may still review
    make_judge("strict")
    url, edit = (reverse(name, args=["strict"]) for name in ("judge-examples", "judge-edit"))
    page = text(signed_in.post(url, {"rubric_version": rubric_version.pk, "count": 2}, follow=True))
    assert "correct: yes" in page
    signed_in.post(edit, FIELDS)
    assert len(Judge.objects.get().versions.first().spec.asked[0].examples) == 2
    signed_in.post(url, {"do": "remove"})
    assert "examples" not in Judge.objects.get().versions.get(state="draft").content
    assert "Choose the rubric" in text(signed_in.post(url, {"count": 2}, follow=True))


def test_a_new_judge_asks_the_one_endpoint_there_is(signed_in: Client) -> None:
    save_endpoint(by=None, name="only", base_url="http://127.0.0.1:9/v1")
    signed_in.post(reverse("judge-new"), {"name": "strict", "model": "gpt", "description": ""})
    assert Judge.objects.get(name="strict").versions.get().content["endpoint"] == "only"
    form = signed_in.get(reverse("judge-edit", args=["strict"])).context["form"]
    assert form.fields["endpoint"].choices == [("only", "only")]


def test_publishing_warns_of_an_endpoint_that_is_not_there(signed_in: Client) -> None:
    make_judge("strict")
    page = signed_in.post(reverse("judge-edit", args=["strict"]), FIELDS, follow=True)
    assert "There is no endpoint named default" in text(page)


def test_the_heading_says_draft_only_where_there_is_one(signed_in: Client) -> None:
    judge = make_judge("strict").judge
    address = reverse("judge-edit", args=["strict"])
    assert signed_in.get(address).context["draft"] is None
    assert "What you change becomes a draft" in text(signed_in.get(address))
    save_draft(by=None, judge=judge, content={"model": "other"})
    assert "The draft saves itself." in text(signed_in.get(address))


def test_what_no_published_rubric_suits_is_not_published(
    signed_in: Client, rubric_version: RubricVersion, batch: Batch
) -> None:
    judge = make_judge("strict").judge
    content = "architecture: pairwise\nmodel: gpt\n"
    chosen = {"rubric": rubric_version.pk, "batch": batch.pk, "position": 1}
    sent = {"yaml": content, "description": "", **chosen}
    page = text(signed_in.post(reverse("judge-edit", args=["strict"]), sent))
    assert "Not published: no published rubric suits it" in page
    assert judge.versions.filter(state="published").count() == 1
