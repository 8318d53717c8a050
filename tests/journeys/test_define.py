"""A lead writes a rubric and an SOP by clicking and typing, and publishes both."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from auditing.accounts.models import User
from auditing.datasets.models import Collection
from auditing.rubrics.models import RubricVersion
from auditing.sops.models import SopVersion
from tests.cast import make_sop
from tests.judging.building import make_judge


def picture(page: Page, name: str) -> None:
    """Kept only where somebody asks for pictures."""
    if folder := os.environ.get("DOKIMA_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_from_nothing_to_a_published_rubric_and_sop(
    page: Page,
    sign_in: Callable[[User], None],
    lead: User,
    collection: Collection,
    assert_accessible: Callable[[Page], None],
) -> None:
    sign_in(lead)
    page.goto("/rubrics/")
    page.get_by_role("link", name="New rubric").click()
    page.get_by_label("Name", exact=True).fill("answer-quality")
    page.get_by_label("Description").fill("Is the answer right, and how well is it put?")
    page.get_by_role("button", name="Start the draft").click()
    write_the_rubric(page)
    assert_accessible(page)
    picture(page, "rubric-editor")
    page.get_by_label("Note on the version").fill("First version.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("answer-quality v1")
    assert_accessible(page)
    picture(page, "rubric")
    version = RubricVersion.objects.get()
    assert [criterion.key for criterion in version.spec.criteria] == ["fluency", "correct", "mistakes"]
    assert version.spec.item_passes_when == "correct == 'yes' and fluency >= 3"
    write_the_sop(page, collection)
    assert_accessible(page)
    picture(page, "sop-editor")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("weekly v1")
    assert_accessible(page)
    picture(page, "sop")
    assert SopVersion.objects.get().rubric_version == version


def test_what_is_typed_before_the_scripts_have_loaded_is_saved(
    page: Page, sign_in: Callable[[User], None], lead: User, collection: Collection
) -> None:
    sign_in(lead)
    page.goto("/rubrics/")
    page.get_by_role("link", name="New rubric").click()
    page.get_by_label("Name", exact=True).fill("early")
    page.get_by_role("button", name="Start the draft").click()
    page.wait_for_url("**/rubrics/early/edit/")
    held: list[Route] = []
    page.route("**/htmx-2.min.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    page.get_by_label("Question").fill("Is it true?")
    held.pop().continue_()
    expect(page.locator("#preview").get_by_text("Is it true?").first).to_be_visible()


def write_the_rubric(page: Page) -> None:
    preview = page.locator("#preview")
    question = page.get_by_label("Question")
    question.fill("Is every claim true?")
    expect(preview.get_by_text("Is every claim true?").first).to_be_visible()
    expect(preview.get_by_text("Saved")).to_be_visible()
    expect(question).to_be_focused()

    page.get_by_role("button", name="Add a criterion").click()
    page.locator("[name='criteria[1].key']").fill("fluency")
    page.locator("[name='criteria[1].scale.type']").select_option("ordinal")
    page.locator("[name='criteria[1].scale.levels[0].label']").fill("Unreadable")
    page.get_by_role("button", name="Remove level 5").click()
    expect(page.locator("[name='criteria[1].scale.levels[4].value']")).to_have_count(0)
    page.get_by_role("button", name="Move criterion 2 up").click()
    expect(page.locator("[name='criteria[0].key']")).to_have_value("fluency")

    page.get_by_role("button", name="Add a criterion").click()
    page.locator("[name='criteria[2].key']").fill("mistakes")
    page.locator("[name='criteria[2].scale.type']").select_option("taxonomy")
    expect(preview.get_by_text("Errors, listed below")).to_be_visible()

    rule = page.get_by_label("An item passes when")
    rule.fill("corect == 'yes'")
    expect(page.locator("#field-complaint")).to_contain_text("did you mean 'correct'?")
    expect(rule).to_have_attribute("aria-invalid", "true")
    picture(page, "rubric-editor-complaint")
    rule.fill("correct == 'yes' and fluency >= 3")
    expect(page.locator("#field-complaint")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("An item passes when")).to_have_value("correct == 'yes' and fluency >= 3")

    page.get_by_role("button", name="YAML").click()
    expect(page.locator("#yaml")).to_have_value(re.compile("key: mistakes"))
    picture(page, "rubric-editor-yaml")
    page.get_by_role("button", name="Form", exact=True).click()
    expect(page.locator("[name='criteria[2].key']")).to_have_value("mistakes")


def write_the_sop(page: Page, collection: Collection) -> None:
    page.goto("/sops/new/")
    page.get_by_label("Collection").select_option(collection.name)
    page.get_by_label("Name", exact=True).fill("weekly")
    page.get_by_label("Rubric").select_option("answer-quality")
    page.get_by_role("button", name="Start the draft").click()
    page.get_by_label("Items for people").fill("200")
    page.get_by_label("Method").select_option("stratified")
    expect(page.locator("#field-complaint")).to_contain_text("slice field")
    page.get_by_label("By", exact=True).fill("producer")
    expect(page.locator("#preview")).to_contain_text("Draw 200 items of each batch")
    expect(page.locator("#preview")).to_contain_text("stratified by producer")
    page.get_by_role("button", name="Add a clause").click()
    page.locator("[name='clauses[0].title']").fill("Read it all")
    page.locator("[name='clauses[0].text']").fill("Score what is **there**.")
    expect(page.locator("#preview strong")).to_have_text("there")


def test_the_editor_works_on_a_phone(
    page: Page, sign_in: Callable[[User], None], lead: User, rubric_version: RubricVersion
) -> None:
    sign_in(lead)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/rubrics/answer-correctness/edit/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "rubric-editor-phone")


def test_to_look_at_an_editor_begins_no_draft(
    page: Page,
    sign_in: Callable[[User], None],
    lead: User,
    rubric_version: RubricVersion,
    collection: Collection,
) -> None:
    sop = make_sop(collection, rubric_version, lead).sop
    sign_in(lead)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    for path in (
        f"/sops/{sop.pk}",
        f"/rubrics/{rubric_version.rubric.name}",
        f"/judges/{make_judge().judge.name}",
    ):
        page.goto(f"{path}/edit/")
        page.wait_for_load_state("networkidle")
    assert [url for url in posted if not url.endswith("/preview/")] == []
