"""Two who edit one draft: nobody overwrites the other unawares, and each is told who saved when."""

import re

import pytest
from django.urls import reverse

from auditing.accounts.roles import Role
from auditing.datasets.models import CollectionAccess
from auditing.judging.models import Judge
from auditing.judging.services import save_draft as save_judge
from auditing.rubrics.services import discard_draft as discard_rubric
from auditing.rubrics.services import publish as publish_rubric
from auditing.rubrics.services import save_draft as save_rubric
from auditing.sops.services import save_draft as save_sop
from tests.cast import RUBRIC, make_user
from tests.judging.building import make_judge
from tests.reviews.conftest import collecting, task
from tests.web.editor_forms import HTMX, fields_of, signed_in

__all__ = ["collecting", "task"]

THEIRS = RUBRIC | {"description": "Theirs."}


@pytest.fixture
def colleague(collection):
    colleague = make_user(Role.LEAD, "colleague")
    CollectionAccess.objects.create(collection=collection, user=colleague)
    return colleague


@pytest.fixture
def browser(lead):
    return signed_in(lead)


def mark_in(page) -> str:
    return re.search(r'id="draft-mark" value="(\w+)"', page.text)[1]


def typed(browser, address: str, description: str) -> dict:
    return fields_of(browser.get(address).text) | {"description": [description]}


def test_a_rubric_saved_by_a_colleague_meanwhile_is_not_overwritten(browser, rubric_version, colleague):
    rubric, address = rubric_version.rubric, f"/rubrics/{rubric_version.rubric.name}/edit/"
    sent = typed(browser, address, "Mine.")
    theirs = save_rubric(by=colleague, rubric=rubric, content=THEIRS)
    answer = browser.post(address, sent, headers=HTMX)
    assert answer.status_code == 409
    assert "Colleague saved another state of this draft" in answer.text
    assert rubric.versions.get(state="draft").content == THEIRS
    assert theirs.mark in answer.text


def test_mine_is_kept_when_i_say_so_and_theirs_stays_among_the_revisions(browser, rubric_version, colleague):
    rubric, address = rubric_version.rubric, f"/rubrics/{rubric_version.rubric.name}/edit/"
    sent = typed(browser, address, "Mine.")
    theirs = save_rubric(by=colleague, rubric=rubric, content=THEIRS)
    assert browser.post(address, sent | {"base": [theirs.mark]}, headers=HTMX).status_code == 200
    assert rubric.versions.get(state="draft").content["description"] == "Mine."
    assert rubric.draft_revisions.filter(by=colleague).get().content == THEIRS


def test_a_version_published_meanwhile_is_not_overwritten_either(browser, rubric_version, colleague):
    rubric, address = rubric_version.rubric, f"/rubrics/{rubric_version.rubric.name}/edit/"
    sent = typed(browser, address, "Mine.")
    save_rubric(by=colleague, rubric=rubric, content=THEIRS)
    publish_rubric(by=colleague, rubric=rubric)
    answer = browser.post(address, sent, headers=HTMX)
    assert answer.status_code == 409
    assert "Colleague published answer-correctness v2" in answer.text


def test_a_draft_discarded_meanwhile_is_not_called_published(browser, rubric_version, colleague):
    rubric, address = rubric_version.rubric, f"/rubrics/{rubric_version.rubric.name}/edit/"
    save_rubric(by=colleague, rubric=rubric, content=THEIRS)
    sent = typed(browser, address, "Mine.")
    discard_rubric(by=colleague, rubric=rubric)
    answer = browser.post(address, sent, headers=HTMX)
    assert answer.status_code == 409
    assert "The draft that you changed was discarded meanwhile." in answer.text


def test_saving_again_and_again_needs_no_new_page(browser, rubric_version):
    address = f"/rubrics/{rubric_version.rubric.name}/edit/"
    sent = typed(browser, address, "One.")
    first = browser.post(address, sent, headers=HTMX)
    again = sent | {"description": ["Two."], "base": [mark_in(first)]}
    assert browser.post(address, again, headers=HTMX).status_code == 200


def test_a_text_that_is_no_yaml_keeps_the_mark_it_was_typed_against(browser, rubric_version, colleague):
    rubric, address = rubric_version.rubric, f"/rubrics/{rubric_version.rubric.name}/edit/"
    base = mark_in(browser.get(address))
    save_rubric(by=colleague, rubric=rubric, content=THEIRS)
    answer = browser.post(address, {"yaml": "a: [", "base": base}, headers=HTMX)
    assert mark_in(answer) == base


def test_without_scripts_nothing_is_redirected_away(browser, sop_version, colleague):
    address = f"/sops/{sop_version.sop_id}/edit/"
    sent = fields_of(browser.get(address).text) | {"purpose": ["Mine."]}
    theirs = sop_version.content | {"purpose": "Theirs."}
    save_sop(by=colleague, sop=sop_version.sop, content=theirs)
    answer = browser.post(address, sent, headers={"Referer": f"http://testserver{address}"})
    assert answer.status_code == 409
    assert "still in the form" in answer.text
    assert sop_version.sop.versions.get(state="draft").content == theirs


def test_a_judges_draft_saved_meanwhile_is_not_overwritten(browser, colleague):
    judge = make_judge("strict").judge
    address = reverse("judge-draft", args=["strict"])
    base = mark_in(browser.get(reverse("judge-edit", args=["strict"])))
    first = browser.post(address, {"yaml": "model: one", "base": base}, headers=HTMX)
    assert first.status_code == 204
    save_judge(by=colleague, judge=judge, content={"model": "theirs"})
    late = {"yaml": "model: two", "base": first.headers["Draft-Mark"]}
    answer = browser.post(address, late, headers=HTMX)
    assert answer.status_code == 409
    assert "Colleague saved another state" in answer.text
    assert Judge.objects.get().versions.get(state="draft").content == {"model": "theirs"}


def test_a_judge_that_is_no_yaml_keeps_the_mark_it_was_typed_against(browser, colleague):
    judge, address = make_judge("strict").judge, reverse("judge-edit", args=["strict"])
    base = mark_in(browser.get(address))
    save_judge(by=colleague, judge=judge, content={"model": "theirs"})
    assert mark_in(browser.post(address, {"yaml": "a: [", "base": base})) == base


def test_two_tabs_with_one_review_do_not_overwrite_each_other(task, auditor):
    browser, address = signed_in(auditor), reverse("review-draft", args=[task.pk])
    base = mark_in(browser.get(reverse("review", args=[task.pk])))
    first = browser.post(address, {"answer-helpful": "3", "base": base}, headers=HTMX)
    late = browser.post(address, {"answer-helpful": "1", "base": base}, headers=HTMX)
    assert (first.status_code, late.status_code) == (204, 409)
    assert "in another tab or window" in late.text
    task.review.refresh_from_db()
    assert task.review.answers == {"helpful": "3"}


def test_a_review_is_not_handed_in_over_another_tabs_words(task, auditor):
    browser = signed_in(auditor)
    base = mark_in(browser.get(reverse("review", args=[task.pk])))
    browser.post(reverse("review-draft", args=[task.pk]), {"comment": "typed there", "base": base})
    handed = {"do": "submit", "answer-correct": "yes", "answer-helpful": "2", "base": base}
    assert browser.post(reverse("review", args=[task.pk]), handed, headers=HTMX).status_code == 409
    task.review.refresh_from_db()
    assert task.review.comment == "typed there"


def test_the_sops_editor_is_not_refused_its_own_words(browser, sop_version):
    address = f"/sops/{sop_version.sop_id}/edit/"
    sent = fields_of(browser.get(address).text) | {"purpose": ["Mine."]}
    assert browser.post(address, sent, headers=HTMX).status_code == 200
    assert browser.post(address, sent, headers=HTMX).status_code == 200  # the same again: nothing is lost


def test_examples_overwrite_nothing_that_was_not_seen(browser, colleague):
    judge, address = make_judge("strict").judge, reverse("judge-examples", args=["strict"])
    page = browser.get(reverse("judge-edit", args=["strict"])).text
    base = re.search(rf'action="{address}".*?name="base" value="(\w+)"', page, re.S)[1]
    theirs = {"model": "theirs", "examples": [{"payload": {"input": "Why?"}, "values": {"correct": "yes"}}]}
    save_judge(by=colleague, judge=judge, content=theirs)
    answer = browser.post(address, {"do": "remove", "base": base})
    assert answer.status_code == 409
    assert "Colleague saved another state" in answer.text
    assert judge.versions.get(state="draft").content == theirs
