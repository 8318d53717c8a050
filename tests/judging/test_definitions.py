"""Judges as data, their versions, and what of them reaches the engine."""

from typing import Any

import pytest

from auditing.accounts.models import User
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.datasets.models import Batch
from auditing.judging.adapters import fingerprint_of, opening_of
from auditing.judging.exchanges import Parts, exchange_of
from auditing.judging.schema import Asked, SingleJudge, read_judge
from auditing.judging.schema.questions import question_of
from auditing.judging.services import create_judge, discard_draft, publish, save_draft
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import RubricSpec
from tests.cast import RUBRIC, make_rubric
from tests.judging.building import make_judge

SCALES: dict[str, dict[str, Any]] = {
    "binary": {"type": "binary", "good": "no", "aliases": {"1": "yes"}, "cannot_assess": True},
    "ordinal": {
        "type": "ordinal",
        "levels": [{"value": 1, "label": "Bad"}, {"value": 2.5, "anchor": "Fine."}],
    },
    "nominal": {"type": "nominal", "options": ["red", {"key": "blue", "label": "Blue"}], "good": "red"},
    "numeric": {"type": "numeric", "low": 0, "high": 100, "unit": "%"},
    "taxonomy": {
        "type": "taxonomy",
        "categories": ["accuracy", "style"],
        "severities": {"minor": 1, "major": 5},
    },
    "preference": {"type": "preference", "options": ["a", "b", "tie"]},
}


@pytest.mark.parametrize("kind", SCALES)
def test_every_scale_can_be_asked(kind: str) -> None:
    content = {"rubric": "r", "criteria": [{"key": "c", "guidance": "Look twice.", "scale": SCALES[kind]}]}
    question = question_of(RubricSpec.from_content(content).criteria[0])
    assert question.scale.type == kind
    assert question.text == "C"
    assert question.guidance == "Look twice."
    assert question.cannot_assess == (kind == "binary")


def test_what_judges_cannot_be_asked_is_said_of_the_criterion() -> None:
    scale = {"type": "taxonomy", "categories": ["Style", "style"], "severities": {"minor": 1}}
    rubric = RubricSpec.from_content({"rubric": "r", "criteria": [{"key": "errors", "scale": scale}]})
    with pytest.raises(BadInput, match=r"criteria\.errors"):
        question_of(rubric.criteria[0])


def test_content_round_trips() -> None:
    content = {
        "endpoint": "mine",
        "model": "gpt",
        "instructions": "Be strict.",
        "temperature": None,
        "max_output_tokens": 200,
        "seed": 7,
        "rationale": False,
        "structured": "none",
        "repair_attempts": 0,
        "parameters": {"top_p": 0.5},
    }
    assert read_judge(content).to_content() == content
    assert read_judge({"model": "gpt"}).asked[0].temperature == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", ""),
        ("temperature", 3),
        ("temperature", "hot"),
        ("max_output_tokens", 0),
        ("max_output_tokens", 1.5),
        ("seed", -1),
        ("structured", "xml"),
        ("parameters", {"messages": []}),
        ("parameters", {"stream": True}),
        ("modle", "gpt"),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object) -> None:
    with pytest.raises(BadInput) as error:
        read_judge({"model": "gpt", field: value})
    assert field in str(error.value)


def test_published_versions_are_numbered_and_stay(lead: User) -> None:
    first = make_judge()
    save_draft(by=lead, judge=first.judge, content={"model": "other"})
    second = publish(by=lead, judge=first.judge)
    assert (first.number, second.number) == (1, 2)
    with pytest.raises(Conflict):
        first.save()
    save_draft(by=lead, judge=first.judge, content={"model": "other"})
    assert publish(by=lead, judge=first.judge) == second
    with pytest.raises(Conflict):
        publish(by=lead, judge=first.judge)


def test_a_wrong_draft_is_kept_but_not_published(lead: User) -> None:
    judge = create_judge(by=lead, name="odd", content={"model": ""})
    with pytest.raises(BadInput, match="model"):
        publish(by=lead, judge=judge)
    with pytest.raises(Conflict):
        discard_draft(by=lead, judge=judge)


def test_viewers_define_no_judge(viewer: User) -> None:
    with pytest.raises(Forbidden):
        create_judge(by=viewer, name="mine", content={"model": "gpt"})


def test_the_fingerprint_changes_with_what_changes_an_answer(
    rubric_version: RubricVersion, lead: User
) -> None:
    judge = make_judge().judge
    seen = {fingerprint_of(judge.versions.first(), rubric_version)}
    for change in (
        {"seed": 3},
        {"model": "m"},
        {"instructions": "x"},
        {"endpoint": "e"},
        {"rationale": False},
    ):
        save_draft(by=None, judge=judge, content={"model": "simulated", **change})
        seen.add(fingerprint_of(publish(by=None, judge=judge), rubric_version))
    other = make_rubric(lead, {**RUBRIC, "rubric": "other", "item_passes_when": "correct == 'yes'"})
    seen.add(fingerprint_of(judge.versions.first(), other))
    assert len(seen) == 7


def test_the_prompt_has_the_rubric_first_and_the_item_fenced_last(
    batch: Batch, rubric_version: RubricVersion
) -> None:
    spec = SingleJudge(Asked(model="m", instructions="Be strict."))
    (request,) = opening_of(spec, rubric_version.spec, batch.items.first())
    system, user = request.messages
    assert "Is the answer correct?" in system["content"]
    assert "Be strict." in system["content"]
    assert "Answer 1." in user["content"]
    assert "Is an answer right, and does it help?" in system["content"]


def test_embedded_images_are_not_stored_again() -> None:
    from datetime import UTC, datetime

    from judges.contracts import CallRecord

    image = "data:image/png;base64," + "A" * 5000
    content = [{"type": "image_url", "image_url": {"url": image}}]
    request = {"model": "m", "messages": [{"role": "user", "content": content}]}
    record = CallRecord(request, "", "", None, None, None, 1.0, datetime.now(UTC), 1)
    url = exchange_of(record, Parts())["request"]["messages"][0]["content"][0]["image_url"]["url"]
    assert url.startswith("data:image/png;base64,[5,022 characters")


def test_an_architecture_that_is_not_known_is_named() -> None:
    with pytest.raises(BadInput, match="architecture") as error:
        read_judge({"architecture": "singel", "model": "gpt"})
    assert "did you mean 'single'?" in str(error.value)


def test_a_judge_that_names_no_architecture_is_a_single_one() -> None:
    assert read_judge({"architecture": "single", "model": "gpt"}) == read_judge({"model": "gpt"})
