"""The pages of estimates and of the meta-audit: what they show, to whom, and when."""

import json
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from auditing.audits.models import Audit
from auditing.datasets.models import Batch
from auditing.estimation.services import make_estimates, propose_decision
from auditing.reviews.models import ReviewTask
from tests.cast import RUBRIC, make_audit, make_rubric
from tests.estimation.building import drawn_audit, judge_all, label_drawn
from tests.metaaudit.test_comparisons import import_openqa
from tests.ratings.ratings_of import rate
from tests.reviews.building import begin_reviews, end_reviews, review_all

AUDIT_PAGES = ("audit-estimates", "audit-items", "audit-meta-audit", "audit-differences")
BATCH_PAGES = ("batch-estimate", "batch-items", "batch-meta-audit", "batch-differences")


def get(client, user, name, pk, query=""):
    client.force_login(user)
    return client.get(reverse(name, args=[pk]) + query)


@pytest.fixture
def collecting(batch, rubric_version, lead, estimated) -> Audit:
    """A second audit of the same batch, whose reviews have begun."""
    return begin_reviews(make_audit(batch, estimated.sop_version, lead), lead)


@pytest.fixture
def estimated(batch, rubric_version, lead) -> Audit:
    """Every item labelled by two humans and a judge; the rule has proposed to accept."""
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12})
    for rater in ("ann", "ben"):
        label_drawn(audit, lambda item: "yes" if item.position < 12 else "no", rater=rater)
        label_drawn(audit, lambda item: "3", criterion="helpful", rater=rater)
    judge_all(audit, lambda item: "yes" if item.position < 11 else "no")
    make_estimates(by=lead, audit=audit)
    propose_decision(by=lead, audit=audit)
    return audit


def test_the_estimates_tab_shows_figures_rule_and_proposal(client, viewer, estimated):
    text = get(client, viewer, "audit-estimates", estimated.pk).text
    for words in ("91.7%", "human labels only", "The rule proposes to accept", "at least 80%", "By topic"):
        assert words.lower() in text.lower()
    assert "Accept the batch" not in text  # a viewer does not decide


def test_the_page_compares_the_slices_and_the_ways(client, viewer, batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 8})
    label_drawn(audit, lambda item: None if item.position == 12 else "yes" if item.position % 3 else "no")
    judge_all(audit, lambda item: "yes" if item.position % 6 else "no")
    make_estimates(by=lead, audit=audit)
    page = get(client, viewer, "audit-estimates", audit.pk, "?measure=correct:pass_rate")
    ways = [way.name for way in page.context["other_ways"]]
    assert any(name.startswith("Rogan-Gladen") for name in ways)
    [(part, comparison)] = page.context["parts"]
    assert (part.name, comparison.tests) == ("topic", 3)
    for words in (
        "own interval is its figure",
        "Speaks of",
        "two-sided, 95% confidence",
        "none used",
    ):
        assert words in page.text


def test_the_page_says_that_it_speaks_of_the_process(client, viewer, batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, estimates={"target": "process"})
    label_drawn(audit, lambda item: "yes")
    label_drawn(audit, lambda item: "3", criterion="helpful")
    make_estimates(by=lead, audit=audit)
    text = get(client, viewer, "audit-estimates", audit.pk).text
    assert "<dt>Speaks of</dt><dd>the process behind this batch</dd>" in text
    assert "It speaks of the process behind this batch." in text


def test_a_measure_is_chosen_by_the_address(client, viewer, estimated):
    page = get(client, viewer, "audit-estimates", estimated.pk, "?measure=helpful:mean")
    assert page.context["headline_words"] == "Helpful: mean"
    assert page.context["headline"][0].value == "3.00"


def test_confirming_from_the_page(client, lead, estimated):
    client.force_login(lead)
    page = client.post(reverse("audit-decide", args=[estimated.pk]), {"outcome": "accept"}, follow=True)
    assert "Decided by" in page.text
    assert estimated.decision.__class__.objects.get().outcome == "accept"


def test_against_the_rule_without_a_comment_says_so_and_keeps_the_page(client, lead, estimated):
    client.force_login(lead)
    page = client.post(reverse("audit-decide", args=[estimated.pk]), {"outcome": "reject"})
    assert "against the rule" in page.text
    estimated.decision.refresh_from_db()
    assert estimated.decision.outcome == ""


def test_a_number_opens_its_items(client, viewer, estimated):
    page = get(client, viewer, "audit-items", estimated.pk, "?criterion=correct&opinion=no")
    assert [item.external_id for item, _ in page.context["rows"]] == ["item-12"]
    assert '<td class="muted small">reference</td>' in page.content.decode()
    page = get(
        client,
        viewer,
        "audit-items",
        estimated.pk,
        "?criterion=correct&rater=gpt&opinion=no&slice=topic=sport",
    )
    assert [item.external_id for item, _ in page.context["rows"]] == ["item-11"]


def test_what_was_not_chosen_stays_empty_when_the_filter_is_sent_again(client, viewer, estimated):
    page = get(client, viewer, "audit-items", estimated.pk, "?criterion=correct&opinion=no&slice=")
    assert page.context["filters"]["slice"].value() == ""
    assert page.context["filters"]["opinion"].value() == "no"


def test_opinions_to_choose_from_are_those_on_the_criterion_in_the_words_of_its_scale(
    client, viewer, estimated
):
    page = get(client, viewer, "audit-items", estimated.pk, "?criterion=helpful")
    assert opinions_offered(page) == [("", "Any value"), ("3", "3 · Complete"), ("unscored", "unscored")]


def opinions_offered(page):
    return page.context["filters"].fields["opinion"].choices


def test_marked_errors_are_chosen_by_their_kind_whatever_was_noted(client, lead, viewer, batch):
    scale = {"type": "taxonomy", "categories": ["fluency"], "severities": {"minor": 1}}
    rubric = {"rubric": "errors", "criteria": [{"key": "errors", "scale": scale}]}
    audit = drawn_audit(batch, make_rubric(lead, rubric), lead, sampling={"method": "simple", "human": 12})
    error = {"category": "fluency", "severity": "minor"}
    marked = [json.dumps([{**error, "note": note}], separators=(",", ":")) for note in ("a comma", "a dash")]
    label_drawn(
        audit, lambda item: marked[item.position % 2] if item.position > 6 else "[]", criterion="errors"
    )
    page = get(client, viewer, "audit-items", audit.pk, "?criterion=errors")
    found = {words: value for value, words in opinions_offered(page)}
    assert list(found) == ["Any value", "no error", "fluency (minor)", "unscored"]
    page = get(
        client, viewer, "audit-items", audit.pk, "?" + urlencode({"opinion": found["fluency (minor)"]})
    )
    assert len(page.context["rows"]) == 6


def test_the_labels_of_the_whole_item_open_where_one_criterion_decides_it(client, lead, viewer, batch):
    only = {
        **RUBRIC,
        "rubric": "one",
        "criteria": RUBRIC["criteria"][:1],
        "item_passes_when": "correct == 'yes'",
    }
    audit = drawn_audit(batch, make_rubric(lead, only), lead, sampling={"method": "simple", "human": 12})
    label_drawn(audit, lambda item: "yes")
    page = get(client, viewer, "audit-items", audit.pk, "?criterion=item_passes")
    assert "Select a valid choice" not in page.text
    assert page.context["criterion"] == "correct"
    assert len(page.context["rows"]) == 12


def test_the_line_in_a_slice_chart_is_what_the_decision_rests_on(client, viewer, estimated):
    page = get(client, viewer, "audit-estimates", estimated.pk)
    basis = estimated.sop.acceptance.basis
    figure = next(one for one in page.context["headline"] if one.basis == basis)
    said = page.context["parts"][0][0].chart.description
    assert said == f"The dashed line is the whole batch, {figure.value}, from {figure.basis_words}."


def test_the_dashboard_compares_everybody_with_the_reference_labels(client, viewer, estimated):
    page = get(client, viewer, "audit-meta-audit", estimated.pk, "?criterion=correct")
    assert {row.one.rater for row in page.context["rows"]} == {"ann", "ben", "gpt"}
    assert page.context["reference"] == "reference"
    assert "Humans are part of the reference labels" in page.text
    assert "Fewer than 30 items" in page.text


def test_the_dashboard_says_what_open_disputes_leave_out(client, viewer, batch):
    rate(batch, "ann", "correct", ["yes"] * 9 + ["no"] * 3)
    rate(batch, "ben", "correct", ["yes"] * 6 + ["no"] * 6)
    page = get(client, viewer, "batch-meta-audit", batch.pk)
    assert "3 of 12 items have no reference label yet" in page.text
    assert "how far two humans agree with one another (one pair)" in page.text


def test_a_cell_opens_the_items_in_it(client, viewer, estimated):
    pair = "?rater=gpt&reference=ann&criterion=correct"
    page = get(client, viewer, "audit-differences", estimated.pk, f"{pair}&said=no&truth=yes")
    assert [case.item.external_id for case in page.context["cases"]] == ["item-11"]
    assert (
        get(client, viewer, "audit-differences", estimated.pk, "?rater=x&reference=y&criterion=z").status_code
        == 404
    )


def test_people_have_their_full_names_and_answers_their_words(client, lead, viewer, audit, auditors):
    begin_reviews(audit, lead)
    first, second = auditors[:2]
    review_all(first, correct="no", helpful="1")
    review_all(second)
    end_reviews(audit)
    names = f"rater={first.username}&reference={second.username}"
    page = get(client, viewer, "audit-differences", audit.pk, f"?{names}&criterion=helpful")
    assert "Auditor A and Auditor B differ" in page.text
    assert {(case.said, case.truth) for case in page.context["cases"]} == {("1 · Useless", "3 · Complete")}
    dashboard = get(client, viewer, "audit-meta-audit", audit.pk, f"?{names}&criterion=helpful").context
    assert [row.name for row in dashboard["rows"]] == ["Auditor A"]
    assert dashboard["reference"] == "Auditor B"


def test_marked_errors_are_listed_in_words(client, lead, viewer, collection, batch):
    scale = {"type": "taxonomy", "categories": ["fluency"], "severities": {"minor": 1}}
    content = {"rubric": "marked", "criteria": [{"key": "errors", "question": "Any?", "scale": scale}]}
    rubric = make_rubric(lead, content)
    rate(batch, "ann", "errors", ['[{"category": "fluency", "severity": "minor"}]', "[]"])
    rate(batch, "ben", "errors", ["[]", "[]"])
    query = f"?rubric={rubric.pk}&criterion=errors&rater=ann&reference=ben"
    page = get(client, viewer, "batch-differences", batch.pk, query)
    assert "fluency (minor)" in page.text
    assert "category" not in page.text


def test_nothing_is_shown_while_the_audit_collects(client, lead, viewer, audit, auditors):
    begin_reviews(audit, lead)
    review_all(*auditors, correct="no")
    for name in AUDIT_PAGES:
        for user in (lead, viewer):
            page = get(client, user, name, audit.pk)
            assert page.context["hidden"]
            assert "rows" not in page.context
            assert "headline" not in page.context
    end_reviews(audit)
    assert not get(client, lead, "audit-meta-audit", audit.pk).context["hidden"]


def test_who_reviews_a_batch_does_not_see_its_imported_opinions(client, lead, viewer, collecting):
    ReviewTask.objects.filter(audit=collecting, replicate=1).update(reviewer=lead, state="assigned")
    for name in BATCH_PAGES:
        assert get(client, lead, name, collecting.batch_id).context["hidden"]
        assert not get(client, viewer, name, collecting.batch_id).context["hidden"]


def test_outsiders_and_auditors_find_nothing(client, outsider, auditor, estimated):
    for user in (outsider, auditor):
        for name in AUDIT_PAGES:
            assert get(client, user, name, estimated.pk).status_code == 404
        for name in BATCH_PAGES:
            assert get(client, user, name, estimated.batch_id).status_code == 404


def test_a_batch_without_ratings_says_what_to_do(client, viewer, batch):
    assert "Nobody has rated" in get(client, viewer, "batch-estimate", batch.pk).text
    assert "Nothing to compare yet" in get(client, viewer, "batch-meta-audit", batch.pk).text


@pytest.mark.django_db
def test_gpt4_against_adjudicated_on_the_dashboard(client, admin, shared_data, tmp_path):
    import_openqa(shared_data, tmp_path)
    page = get(client, admin, "batch-meta-audit", Batch.objects.get(name="nq").pk, "?reference=adjudicated")
    row = page.text.split(">gpt-4</a>")[1].split("</tr>")[0]
    assert "0.847" in row
    assert "0.69" in row
    assert "1,489" in row
