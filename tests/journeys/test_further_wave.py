"""An audit that says "continue", by clicking and typing: a second wave is drawn, reviewed blind and decided on."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.datasets.models import Batch, Collection
from auditing.reviews.models import ReviewTask
from auditing.rubrics.models import RubricVersion
from tests.cast import SOP, make_audit, make_sop
from tests.journeys.walking import Walker

WAVE = 4
RULE = {"criterion": "item_passes", "at_least": 0.6, "confidence": 0.95, "side": "lower", "basis": "human"}
SAMPLING = {"method": "simple", "human": WAVE, "overlap": 1, "opinions": 2}
GOOD, BAD = ("1", "3"), ("2", "3")


@pytest.fixture
def audit(batch: Batch, rubric_version: RubricVersion, collection: Collection, lead: User) -> Audit:
    """Twelve items, of which four are drawn for two opinions each: too few for the rule to be clear."""
    content = SOP | {"sop": "in-waves", "sampling": SAMPLING, "acceptance": RULE}
    return make_audit(batch, make_sop(collection, rubric_version, lead, content), lead)


def test_a_second_wave_is_drawn_reviewed_blind_and_decided_on(
    page: Page, assert_accessible: Any, audit: Audit, lead: User, auditors: list[User]
) -> None:
    walker, (first, second, _) = Walker(page, assert_accessible), auditors
    walker.enter(lead)
    to_audit(walker, audit)
    walker.button("Draw and start")
    walker.expect_text(f"{2 * WAVE} reviews asked for")
    for auditor in (first, second):
        review(walker, auditor, [GOOD] * WAVE)
    walker.enter(lead)
    close_and_estimate(walker, audit)
    draw_more(walker)
    look_stays_closed(walker)
    review(walker, first, [GOOD] * WAVE, reads_nothing_of=audit)
    review(walker, second, [BAD, *[GOOD] * (WAVE - 1)], reads_nothing_of=audit)
    assert ReviewTask.objects.filter(audit=audit, state="submitted").count() == 2 * 2 * WAVE
    walker.enter(lead)
    rule_and_decide(walker, audit)


def to_audit(walker: Walker, audit: Audit) -> None:
    walker.go("Audits", str(audit))


def review(
    walker: Walker, auditor: User, answers: list[tuple[str, str]], reads_nothing_of: Audit | None = None
) -> None:
    """By keyboard, to the end of her queue."""
    page = walker.page
    walker.enter(auditor)
    if reads_nothing_of:
        nothing_is_told(walker, reads_nothing_of)
    walker.go("My queue")
    expect(page.locator("main")).to_contain_text(re.compile(rf"\b{len(answers)}\b"))
    walker.press("Enter")
    title = page.get_by_role("heading", level=1)
    for keys in answers:
        expect(page.locator("[data-criterion][data-current]")).to_have_count(1)
        expect(page.locator("main")).not_to_contain_text("Auditor")  # nobody's opinion but her own
        here = title.inner_text()
        walker.press(*keys, "Enter")
        expect(title).not_to_have_text(here)
    expect(page).to_have_url(re.compile("/queue/$"))


def close_and_estimate(walker: Walker, audit: Audit) -> None:
    to_audit(walker, audit)
    walker.button("Close the collection and compare")
    walker.expect_text("Proposed: continue.")
    walker.look("audit-to-be-continued")


def draw_more(walker: Walker) -> None:
    walker.go("Draw more")
    walker.look("estimates-to-be-continued")
    walker.fill(Further_items=str(WAVE))
    walker.button("Draw more")
    walker.expect_text(f"grown to {2 * WAVE} items")
    walker.tab("Sample")
    expect(walker.page.get_by_role("region", name="Waves").locator("tbody tr")).to_have_count(2)
    walker.look("sample-of-two-waves")


def look_stays_closed(walker: Walker) -> None:
    """Neither estimates nor opinions are shown to the lead while the second wave is reviewed, nor is she to review."""
    for tab in ("Estimates", "Meta-audit"):
        walker.tab(tab)
        walker.expect_text("Not before every opinion is in")
    expect(walker.page.get_by_role("link", name="Review items")).to_have_count(0)


def nothing_is_told(walker: Walker, audit: Audit) -> None:
    """An auditor cannot open what the first wave led to."""
    for name in ("audit-estimates", "audit-meta-audit", "audit-rulings"):
        answer = walker.page.goto(reverse(name, args=[audit.pk]))
        assert answer is not None
        assert answer.status == 404
    walker.page.goto("/")


def rule_and_decide(walker: Walker, audit: Audit) -> None:
    page = walker.page
    to_audit(walker, audit)
    walker.button("Close the collection and compare")
    walker.go("Rule on the disagreements")
    walker.press("Enter")
    expect(page.locator("[data-criterion][data-current]")).to_have_count(1)
    walker.press("a")
    expect(page).to_have_url(re.compile(f"/audits/{audit.pk}/rulings/"))
    to_audit(walker, audit)
    walker.button("Estimate")
    walker.expect_text("Proposed: accept.")
    walker.tab("Estimates")
    walker.expect_text("2 waves")
    walker.look("estimates-of-two-waves")
    walker.fill(Comment="Clear after the second wave.")
    walker.button("Accept the batch")
    walker.expect_text("Decided by Lead")
