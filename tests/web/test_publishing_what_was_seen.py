"""What is published is what its publisher saw: nothing that a colleague saves meanwhile is published unseen."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import post_save
from django.urls import reverse

from auditing.accounts.roles import Role
from auditing.core import versions, yaml_text
from auditing.core.errors import Stale
from auditing.judging import services as judging
from auditing.rubrics import services as rubrics
from auditing.sops import services as sops
from tests.cast import RUBRIC, make_user
from tests.judging.building import make_judge
from tests.web.editor_forms import signed_in


@dataclass(frozen=True)
class Edited:
    """Something with a published version, and two further states of it."""

    owner: Any
    address: str
    mine: dict[str, Any]
    theirs: dict[str, Any]
    save: Callable[..., Any]
    publish: Callable[..., Any]


@pytest.fixture(params=["rubric", "sop", "judge"])
def edited(request, lead, sop_version) -> Edited:
    return EDITED[request.param](sop_version)


def of_rubric(sop_version) -> Edited:
    rubric = sop_version.rubric_version.rubric
    mine, theirs = (RUBRIC | {"description": said} for said in ("Mine.", "Theirs."))
    address = reverse("rubric-edit", args=[rubric.name])
    return Edited(rubric, address, mine, theirs, *acts(rubrics, "rubric", rubric))


def of_sop(sop_version) -> Edited:
    sop = sop_version.sop
    mine, theirs = (sop_version.content | {"purpose": said} for said in ("Mine.", "Theirs."))
    return Edited(sop, reverse("sop-edit", args=[sop.pk]), mine, theirs, *acts(sops, "sop", sop))


def of_judge(sop_version) -> Edited:
    judge = make_judge("strict").judge
    mine, theirs = ({"model": "simulated", "instructions": said} for said in ("Mine.", "Theirs."))
    address = reverse("judge-edit", args=["strict"])
    return Edited(judge, address, mine, theirs, *acts(judging, "judge", judge))


def acts(services: Any, name: str, owner: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return (
        lambda **said: services.save_draft(**{name: owner}, **said),
        lambda **said: services.publish(**{name: owner}, **said),
    )


EDITED = {"rubric": of_rubric, "sop": of_sop, "judge": of_judge}


@pytest.fixture
def colleague(db):
    return make_user(Role.ADMIN, "colleague")


def press_publish(browser, edited: Edited, content: dict[str, Any]):
    base = re.search(r'id="draft-mark" value="(\w+)"', browser.get(edited.address).text)[1]
    sent = {"do": "publish", "yaml": yaml_text.write(content), "base": base}
    return browser.post(edited.address, sent)


@contextmanager
def as_soon_as_it_is_kept(model: Any, act: Callable[[], Any]) -> Iterator[None]:
    """The act, once: right after the transaction that keeps a draft of the model."""
    waiting = [act]

    def kept(**_: Any) -> None:
        if waiting:
            transaction.on_commit(waiting.pop())

    post_save.connect(kept, sender=model)
    try:
        yield
    finally:
        post_save.disconnect(kept, sender=model)


@pytest.mark.django_db(transaction=True)
def test_a_colleague_who_saves_at_that_moment_is_not_published(lead, edited, colleague) -> None:
    def save_theirs() -> None:
        edited.save(by=colleague, content=edited.theirs)

    with as_soon_as_it_is_kept(edited.owner.versions.model, save_theirs):
        assert press_publish(signed_in(lead), edited, edited.mine).status_code == 302
    published, draft = versions.newest_of(edited.owner), versions.draft_of(edited.owner)
    assert (published.number, published.published_by) == (2, lead)
    assert "Mine." in published.content.values()
    assert "Theirs." in draft.content.values()


def test_words_typed_against_what_is_no_longer_kept_are_not_published(lead, edited, colleague) -> None:
    base = versions.current_of(edited.owner).mark
    edited.save(by=colleague, content=edited.theirs)
    with pytest.raises(Stale, match="Colleague saved another state"):
        edited.publish(by=lead, content=edited.mine, base=base)
    assert versions.newest_of(edited.owner).number == 1
    assert versions.draft_of(edited.owner).content == edited.theirs


def test_the_draft_is_published_only_as_it_was_seen(lead, edited, colleague) -> None:
    seen = edited.save(by=lead, content=edited.mine).mark
    edited.save(by=colleague, content=edited.theirs)
    with pytest.raises(Stale, match="Colleague saved another state"):
        edited.publish(by=lead, base=seen)
    now = versions.draft_of(edited.owner).mark
    assert edited.publish(by=lead, base=now).number == 2


def test_the_editor_says_409_with_who_and_when(lead, edited, colleague) -> None:
    browser = signed_in(lead)
    base = re.search(r'id="draft-mark" value="(\w+)"', browser.get(edited.address).text)[1]
    edited.save(by=colleague, content=edited.theirs)
    sent = {"do": "publish", "yaml": yaml_text.write(edited.mine), "base": base}
    answer = browser.post(edited.address, sent)
    assert answer.status_code == 409
    assert "Colleague saved another state of this draft on " in answer.text


def test_what_cannot_be_published_is_kept_all_the_same(lead, edited) -> None:
    wrong = {**edited.mine, "no-such-key": 1}
    answer = press_publish(signed_in(lead), edited, wrong)
    assert answer.status_code == 200
    assert versions.newest_of(edited.owner).number == 1
    assert versions.draft_of(edited.owner).content == wrong
