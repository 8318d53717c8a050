"""The main job by clicking and typing alone: one lead, two auditors, a judge on a local endpoint, a real worker."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from auditing.accounts.models import User
from judges.simulator import Simulator
from tests.journeys.walking import PATIENCE, Walker

ITEMS, DRAWN = 40, 5
TOPICS = ("history", "science")


@pytest.fixture
def walker(page: Page, assert_accessible: Any) -> Walker:
    return Walker(page, assert_accessible)


def items_file(folder: Path, week: int) -> Path:
    """Rows whose fields have other names than the product's."""
    path = folder / f"week-{week}.jsonl"
    rows = [
        {
            "nr": f"w{week}-{number}",
            "ask": f"Question {number} of week {week}?",
            "said": f"Answer {number}.",
            "truth": f"Truth {number}.",
            "meta": {"by": "Acme", "topic": TOPICS[number % 2], "at": "2026-03-02T09:00:00Z"},
        }
        for number in range(1, ITEMS + 1)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_main_job(walker: Walker, lead: User, auditors: list[User], worker: Any, tmp_path: Path) -> None:
    first, second = auditors[:2]
    with Simulator(latency=0.05) as simulator:
        walker.enter(lead)
        make_a_collection(walker, first, second)
        deliver(walker, items_file(tmp_path, 1))
        write_a_rubric(walker)
        define_a_judge(walker, simulator.base_url)
        write_an_sop(walker)
        open_draw_and_start(walker)
        watch_the_judge(walker)
        review(walker, first, {})
        review(walker, second, {2: ("2", "3"), 3: ("1", "1")})
        walker.enter(lead)
        rule_on_what_differs(walker)
        decide(walker)
        look_behind_the_figures(walker)
        make_a_report(walker)
        schedule_what_arrives(walker)
        deliver_again(walker, items_file(tmp_path, 2))


def test_opinions_made_elsewhere_are_compared(
    walker: Walker, lead: User, worker: Any, shared_data: Path
) -> None:
    """Public answers with the labels of people and the recorded verdicts of judges, by the pages alone."""
    source = shared_data / "openqa_nq301"
    walker.enter(lead)
    make_a_collection(walker)
    walker.go("Deliver a batch")
    walker.upload(source / "items.jsonl.gz")
    expect(walker.page.locator("#mapping-preview")).to_contain_text("rows fit this mapping")
    walker.look("mapping-nq301")
    walker.button("Import")
    expect(walker.page).to_have_url(re.compile("/batches/"), timeout=PATIENCE)
    import_opinions(walker, source / "labels.csv.gz", kind="human", rater="rater_id", value="label")
    import_opinions(walker, source / "judges.csv.gz", kind="judge", rater="judge", value="score")
    walker.go("Compare the raters")
    walker.choose("Compared with", "adjudicated")
    row = walker.page.locator("#raters tbody tr").filter(has_text="gpt-4")
    expect(row).to_contain_text("0.847", timeout=PATIENCE)
    expect(row.get_by_role("cell").nth(4)).to_contain_text("0.69")
    walker.look("batch-meta-audit")


def import_opinions(walker: Walker, file: Path, *, kind: str, rater: str, value: str) -> None:
    walker.go("Import ratings")
    walker.upload(file)
    walker.choose("Rater", rater)
    walker.choose("Value", value)
    walker.choose("Kind of rater", f"every row is {kind}")
    walker.look(f"ratings-{kind}")
    walker.button("Import")
    walker.expect_text("ratings imported")
    walker.look(f"batch-{kind}")


def make_a_collection(walker: Walker, *reached_by: User) -> None:
    walker.go("Collections", "New collection")
    walker.look("collection-new")
    walker.fill(Name="Support answers", Description="What the help desk wrote.")
    walker.button("Create")
    for user in reached_by:
        walker.choose("Person", str(user))
        walker.button("Give access")
        walker.expect_text(str(user))
    walker.look("collection-empty")


def deliver(walker: Walker, file: Path) -> None:
    page = walker.page
    walker.go("Deliver a batch")
    walker.look("deliver")
    walker.upload(file)
    for label, path in {"Id": "nr", "Input": "ask", "Output": "said", "Reference": "truth"}.items():
        walker.choose(label, path)
    walker.choose("Producer", "meta.by")
    walker.choose("Time", "meta.at")
    walker.choose("Cluster", "–")
    for box in page.get_by_role("group", name="Slices").get_by_role("checkbox").all():
        box.set_checked(box.get_attribute("value") == "meta.topic")
    preview = page.locator("#mapping-preview")
    expect(preview).to_contain_text("rows fit this mapping")
    expect(preview).to_contain_text("Answer 1.")
    walker.fill(Keep_this_mapping_as="help desk")
    walker.look("mapping")
    walker.button("Import")
    expect(page).to_have_url(re.compile("/batches/"), timeout=PATIENCE)
    walker.expect_heading("week-1")
    walker.expect_text(f"{ITEMS} items imported")
    walker.look("batch")
    walker.go("w1-1")
    walker.look("item")


def write_a_rubric(walker: Walker) -> None:
    page = walker.page
    walker.go("Rubrics", "New rubric")
    walker.fill(Name="help-desk")
    walker.button("Start the draft")
    page.get_by_label("Question").fill("Is every claim of the answer true?")
    walker.button("Add a criterion")
    page.locator("[name='criteria[1].key']").fill("helpful")
    page.locator("[name='criteria[1].question']").fill("How well does it help?")
    page.locator("[name='criteria[1].scale.type']").select_option("ordinal")
    for _ in range(2):
        page.get_by_role("button", name=re.compile("^Remove level")).last.click()
        page.wait_for_load_state("networkidle")
    page.get_by_label("An item passes when").fill("correct == 'yes' and helpful >= 2")
    expect(page.locator("#preview")).to_contain_text("How well does it help?")
    expect(page.locator("#preview").get_by_text("Saved")).to_be_visible()
    expect(page.locator("#field-complaint")).to_have_count(0)
    walker.look("rubric-editor")
    walker.button("Publish")
    walker.expect_heading("help-desk v1")


def define_a_judge(walker: Walker, address: str) -> None:
    page = walker.page
    walker.go("Judges", "Endpoints and prices")
    walker.fill(Name="local", Address=address)
    walker.button("Add")
    walker.button("Test")
    walker.expect_text("simulated")
    walker.look("endpoints")
    walker.go("Judges", "New judge")
    walker.fill(Name="careful", Model="simulated")
    walker.button("Create the draft")
    walker.choose("Endpoint", "local")
    walker.fill(Instructions="Weigh every word.")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")
    walker.look("judge-editor")
    walker.button("Publish")
    walker.expect_heading("careful v1")


def write_an_sop(walker: Walker) -> None:
    page = walker.page
    walker.go("SOPs", "New SOP")
    walker.choose("Collection", "Support answers")
    walker.fill(Name="weekly")
    walker.choose("Rubric", "help-desk")
    walker.button("Start the draft")
    walker.fill(Items_for_people=str(DRAWN), Share_with_several_opinions="1", Opinions_on_those="2")
    page.get_by_label("careful").check()
    page.get_by_label("Decide on each batch").check()
    walker.fill(At_least="0.2")
    page.get_by_label("Basis").select_option("human")
    page.get_by_label("Also report by, one a line").fill("topic")
    expect(page.locator("#preview")).to_contain_text(f"Draw {DRAWN} items of each batch")
    expect(page.locator("#field-complaint")).to_have_count(0)
    walker.look("sop-editor")
    walker.button("Publish")
    walker.expect_heading("weekly v1")


def open_draw_and_start(walker: Walker) -> None:
    page = walker.page
    walker.go("Collections", "Support answers", "week-1", "Open an audit")
    page.get_by_label("SOP", exact=True).select_option(index=1)
    walker.expect_text("What will be drawn")
    walker.look("audit-open")
    walker.button("Open only")
    walker.tab("Sample")
    walker.button("Draw the sample only")
    walker.expect_text("Drawn and locked")
    walker.look("audit-sample")
    walker.button("Start collecting")


def watch_the_judge(walker: Walker) -> None:
    page = walker.page
    walker.tab("Judges")
    expect(page.locator("#audit-runs")).to_contain_text(f"{ITEMS} of {ITEMS}", timeout=PATIENCE)
    expect(page.locator("#audit-runs")).to_contain_text("finished", ignore_case=True, timeout=PATIENCE)
    walker.look("audit-judges")
    walker.go("Calls and verdicts")
    walker.look("run")


def review(walker: Walker, auditor: User, unlike: dict[int, tuple[str, str]]) -> None:
    """By keyboard: everything is right, and fully helpful, but for what is `unlike` by number."""
    walker.enter(auditor)
    walker.go("My queue")
    walker.press("Enter")
    title = walker.page.get_by_role("heading", level=1)
    expect(title).to_contain_text("Item")
    for number in range(1, DRAWN + 1):
        expect(walker.page.locator("[data-criterion][data-current]")).to_have_count(1)
        if number == 1:
            walker.look("review")
        here = title.inner_text()
        walker.press(*unlike.get(number, ("1", "3")), "Enter")
        expect(title).not_to_have_text(here)
    expect(walker.page).to_have_url(re.compile("/queue/$"))
    walker.look("queue")


def rule_on_what_differs(walker: Walker) -> None:
    walker.go("Audits", "week-1 · audit 1")
    walker.button("Close the collection and compare")
    walker.go("Rule on the disagreements")
    walker.look("rulings")
    walker.press("Enter")
    for answer in ("a", "b"):
        expect(walker.page.locator("[data-criterion][data-current]")).to_have_count(1)
        walker.look("disagreement")
        walker.press(answer)
        walker.page.wait_for_load_state("networkidle")
    expect(walker.page).to_have_url(re.compile("/audits/"))
    walker.button("Estimate")
    walker.expect_text("proposed")
    walker.look("audit")


def decide(walker: Walker) -> None:
    walker.tab("Estimates")
    walker.look("estimates")
    walker.fill(Comment="Good enough to train on.")
    walker.button("Accept the batch")
    walker.expect_text("Decided by Lead")
    walker.expect_text("Good enough to train on.")


def look_behind_the_figures(walker: Walker) -> None:
    """From the table of raters through a cell of the matrix to the item, and to the judge's exact prompt."""
    page = walker.page
    walker.tab("Meta-audit")
    expect(page.locator("#raters")).to_contain_text("careful")
    walker.look("meta-audit")
    page.locator("#matrix table a").first.click()
    walker.expect_text("items on")
    walker.look("differences")
    here = page.url
    page.locator("main h3 a").first.click()
    walker.expect_text("Where it comes from")
    page.goto(here)
    page.locator("main a[href^='/calls/']").first.click()
    walker.expect_text("What careful v1 was sent")
    expect(page.get_by_label("system").first).to_contain_text("Is every claim of the answer true?")
    walker.look("call")
    walker.go("Audits", "week-1 · audit 1")


def make_a_report(walker: Walker) -> None:
    walker.tab("Reports")
    walker.button("Make report")
    walker.expect_heading("Report 1")
    walker.expect_text("checksum verified")
    walker.look("report")
    begins = {"html": b"<!doctype html>", "xlsx": b"PK", "json": b"{", "Download PDF": b"%PDF"}
    for link, start in begins.items():
        assert walker.download(link).lower().startswith(start.lower()), link
    assert b"item_passes" in walker.download("csv")


def schedule_what_arrives(walker: Walker) -> None:
    walker.go("Schedules", "New schedule")
    walker.fill(Name="Whatever arrives")
    walker.choose("SOP", "Support answers: weekly")
    walker.choose("When", "when a batch arrives")
    walker.look("schedule-new")
    walker.button("Set the schedule")
    walker.expect_heading("Whatever arrives")
    walker.look("schedule")


def deliver_again(walker: Walker, file: Path) -> None:
    """The kept mapping fits; the audit opens by itself, and its judge begins."""
    walker.go("Collections", "Support answers", "Deliver a batch")
    walker.upload(file)
    expect(walker.page.locator("#mapping-preview")).to_contain_text("rows fit this mapping")
    walker.button("Import")
    expect(walker.page).to_have_url(re.compile("/batches/"), timeout=PATIENCE)
    walker.expect_heading("week-2")
    opened = walker.page.get_by_role("link", name="Audit 1")
    for _ in range(60):
        if opened.count():
            break
        walker.page.wait_for_timeout(1000)
        walker.page.reload()
    opened.click()
    walker.expect_text("week-2 · audit 1")
    walker.tab("Judges")
    expect(walker.page.locator("#audit-runs")).to_contain_text("finished", ignore_case=True, timeout=PATIENCE)
