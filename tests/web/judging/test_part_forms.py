"""Judges made of judges as plain fields: what is shown reads back as the same judge, and nothing is lost."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.judging.models import Judge
from auditing.judging.schema import read_judge
from auditing.judging.schema.starters import starter
from auditing.web.judging.judge_form import FIELDS_OF, JudgeForm
from tests.judging.building import make_judge
from tests.web.editor_forms import Fields

DRAFT = {"model": "gpt", "endpoint": "mine", "temperature": 0}
RICH: dict[str, dict[str, Any]] = {
    "panel": {
        "architecture": "panel",
        "combine": "weighted",
        "needs": 1,
        "members": [
            {"name": "a", "model": "one", "skill": {"correct": 0.9}, "seed": 7, "structured": "none"},
            {"name": "b", "architecture": "self_consistency", "model": "two", "samples": 9, "skill": 0.7},
            {"name": "c", "architecture": "decision", "model": "three", "parameters": {"k": 1}},
        ],
    },
    "cascade": {
        "architecture": "cascade",
        "stages": [
            {
                "name": "cheap",
                "architecture": "probability_weighted",
                "model": "s",
                "accept": {"correct": None},
            },
            {
                "name": "strong",
                "model": "l",
                "accept": 0.8,
                "instructions": "Be strict.",
                "temperature": None,
            },
            {"name": "person", "architecture": "human"},
        ],
    },
    "debate": {
        "architecture": "debate",
        "rounds": 0,
        "first": {"model": "one"},
        "second": {"model": "two", "temperature": 0.4, "examples": []},
        "third": {"model": "three", "rationale": False},
    },
    "critique_and_revise": {
        "architecture": "critique_and_revise",
        "model": "one",
        "rounds": 2,
        "critic": {"model": "two", "max_output_tokens": 99},
    },
    "program": {
        "architecture": "program",
        "criteria": {
            "correct": {
                "checks": [
                    {"check": "regex", "pattern": "^[0-9]", "ignore_case": True, "holds": "no"},
                    {"check": "match", "how": "contains", "fails": "no"},
                    {"check": "language", "languages": ["en", "de"], "fails": "no"},
                    {"check": "json_schema", "schema": {"type": "object"}, "fails": "no"},
                ],
                "otherwise": "yes",
            },
            "helpful": {"checks": [{"check": "length", "least": 3, "unit": "words", "fails": 1}]},
        },
    },
    "decision": {"architecture": "decision", "model": "d", "instructions": "Mind it."},
}


class JudgeFields(Fields):
    def handle_starttag(self, tag: str, attrs: Any) -> None:
        super().handle_starttag(tag, [(k, "editor" if v == "judge-form" else v) for k, v in attrs])


def shown(client: Client, name: str) -> dict[str, str]:
    """What a browser would send of the judge's form."""
    parser = JudgeFields()
    page = client.get(reverse("judge-edit", args=[name]))
    assert page.context["as_yaml"] is False
    parser.feed(page.text)
    return {key: value.removeprefix("\n") for key, value in parser.sent.items() if key}


@pytest.fixture
def browser(lead: User, client: Client) -> Client:
    client.force_login(lead)
    return client


def draft() -> dict[str, Any]:
    content: dict[str, Any] = Judge.objects.get().versions.get(state="draft").content
    return content


@pytest.mark.parametrize("content", RICH.values(), ids=list(RICH))
def test_what_the_form_shows_reads_back_as_the_same_judge(browser: Client, content: dict[str, Any]) -> None:
    make_judge("made", **content)
    sent = shown(browser, "made") | {"description": "Sent back."}
    assert browser.post(reverse("judge-draft", args=["made"]), sent).status_code == 204
    kept = Judge.objects.get().versions.order_by("-pk")[0].content
    assert read_judge(kept) == read_judge(content)


def test_lines_end_as_they_did_however_a_browser_sends_them(browser: Client) -> None:
    several = {"model": "m", "instructions": "One.\n\nTwo."}
    content = {"architecture": "critique_and_revise", **several, "critic": several}
    make_judge("made", **content)
    sent = {key: value.replace("\n", "\r\n") for key, value in shown(browser, "made").items()}
    browser.post(reverse("judge-draft", args=["made"]), sent | {"rounds": "2"})
    assert read_judge(draft()) == read_judge(content | {"rounds": 2})


def test_spaces_at_the_ends_of_a_pattern_stay(browser: Client) -> None:
    rules = {"checks": [{"check": "regex", "pattern": " sorry ", "holds": "no"}]}
    make_judge("made", architecture="program", criteria={"correct": rules})
    browser.post(reverse("judge-draft", args=["made"]), shown(browser, "made") | {"check-0-fails": "yes"})
    assert draft()["criteria"]["correct"]["checks"][0]["pattern"] == " sorry "


def test_what_no_line_can_say_is_left_to_the_yaml() -> None:
    rules = {"checks": [{"check": "length", "most": 9, "holds": "a: b"}], "otherwise": "b: c"}
    assert not JudgeForm.fits({"architecture": "program", "criteria": {"correct": rules}})


@pytest.mark.parametrize("kind", list(FIELDS_OF))
def test_every_kind_with_fields_begins_with_them(browser: Client, kind: str) -> None:
    make_judge("made", **starter(kind, DRAFT))
    assert JudgeForm.fits(starter(kind, DRAFT))
    assert shown(browser, "made")


def test_a_part_is_changed_in_its_field(browser: Client) -> None:
    make_judge("made", **RICH["panel"])
    sent = shown(browser, "made") | {"part-0-model": "other", "part-2-share": "0.5", "combine": "mean"}
    browser.post(reverse("judge-draft", args=["made"]), sent)
    members = draft()["members"]
    assert (members[0]["model"], members[0]["seed"], members[2]["skill"]) == ("other", 7, 0.5)
    assert draft()["combine"] == "mean"


def test_parts_are_added_moved_and_removed(browser: Client) -> None:
    make_judge("made", **RICH["panel"])
    edit = reverse("judge-edit", args=["made"])
    browser.post(edit, shown(browser, "made") | {"do": "part:add"})
    assert [one["name"] for one in draft()["members"]] == ["a", "b", "c", "member-4"]
    browser.post(edit, shown(browser, "made") | {"do": "part:up:1"})
    browser.post(edit, shown(browser, "made") | {"do": "part:remove:3"})
    assert [one["name"] for one in draft()["members"]] == ["b", "a", "c"]


def test_a_part_of_another_kind_leaves_behind_what_that_kind_has_not(browser: Client) -> None:
    make_judge("made", **RICH["panel"])
    sent = shown(browser, "made") | {"part-0-architecture": "decision"}
    browser.post(reverse("judge-draft", args=["made"]), sent)
    assert not {"seed", "structured", "temperature"} & set(draft()["members"][0])
    read_judge(draft())


def test_a_critic_without_a_model_is_the_judge_itself(browser: Client) -> None:
    make_judge("made", **RICH["critique_and_revise"])
    browser.post(reverse("judge-draft", args=["made"]), shown(browser, "made") | {"part-0-model": ""})
    assert "critic" not in draft()


def test_judges_too_deep_for_fields_stay_in_yaml(browser: Client) -> None:
    nested = RICH["panel"] | {"members": [{"name": "x", **RICH["debate"]}, {"name": "y", "model": "m"}]}
    make_judge("made", **nested)
    assert browser.get(reverse("judge-edit", args=["made"])).context["as_yaml"] is True


def test_a_wrong_part_is_named_when_it_is_published(browser: Client) -> None:
    make_judge("made", **RICH["panel"])
    sent = shown(browser, "made") | {"part-0-share": "much", "do": "publish"}
    page = browser.post(reverse("judge-edit", args=["made"]), sent)
    assert "Member 1: Skill " in page.text
    assert 'value="much"' in page.text


def test_a_member_without_a_name_is_named_by_its_place(browser: Client) -> None:
    make_judge("made", **RICH["panel"])
    sent = shown(browser, "made") | {"part-2-name": "", "do": "publish"}
    page = browser.post(reverse("judge-edit", args=["made"]), sent)
    assert "Member 3: Name is empty" in page.text


@pytest.mark.parametrize("architecture", ["panel", "cascade"])
def test_what_a_part_needs_is_not_called_optional(browser: Client, architecture: str) -> None:
    make_judge("made", **RICH[architecture])
    page = browser.get(reverse("judge-edit", args=["made"])).text
    for label in ("Name", "Kind", "Endpoint", "Model"):
        assert f"{label}</label>" in page
        assert f'{label} <span class="optional">' not in page
    assert 'Temperature <span class="optional">' in page


def test_checks_are_added_filled_in_and_removed(browser: Client) -> None:
    make_judge("made", **RICH["program"])
    edit = reverse("judge-edit", args=["made"])
    browser.post(edit, shown(browser, "made") | {"do": "check:add:regex"})
    browser.post(edit, shown(browser, "made") | {"check-5-pattern": "12", "check-5-holds": "1", "do": "save"})
    assert draft()["criteria"]["helpful"]["checks"][1] == {"check": "regex", "pattern": "12", "holds": "1"}
    browser.post(edit, shown(browser, "made") | {"do": "check:remove:4"})
    assert [one["check"] for one in draft()["criteria"]["helpful"]["checks"]] == ["regex"]
