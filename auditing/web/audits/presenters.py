"""From rows to what the pages about audits show."""

from dataclasses import dataclass

from django.db.models import QuerySet

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.estimation.models import Decision, Estimate, Outcome
from auditing.journal.models import Entry
from auditing.judging.lifecycle import WORKABLE
from auditing.judging.models import Run
from auditing.judging.selectors import RunProgress
from auditing.judging.selectors import progress as run_progress
from auditing.pipeline.facts import waits_for
from auditing.reviews.selectors import ReviewProgress
from auditing.rubrics.schema import ITEM_PASSES
from auditing.sampling.models import Stratum
from auditing.sampling.selectors import plan_of
from auditing.web.judging.presenters import Act, acts_on, shortfall, spent_words
from auditing.web.places import address_of

BLIND = "Auditors work blind to the judges and to one another; no answer shows here before every one is in."
DECISION_TONES = {Outcome.ACCEPT: "good", Outcome.REJECT: "bad", Outcome.CONTINUE: "warn"}


@dataclass(frozen=True)
class AuditLine:
    """A row of the list: the audit, and in a few words what it waits for or how it ended."""

    audit: Audit
    said: str


def audit_line(audit: Audit) -> AuditLine:
    decision = Decision.objects.filter(audit=audit).first()
    if decision and decision.outcome:
        return AuditLine(audit, decision.get_outcome_display())
    return AuditLine(audit, "; ".join(waits_for(audit)) or READY.get(AuditState(audit.state), ""))


READY = {
    AuditState.OPENED: "the sample to be drawn",
    AuditState.DRAWN: "collecting to be started",
    AuditState.COLLECTING: "ready to go on",
    AuditState.RULING: "ready to be estimated",
}


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    interval: str = ""
    hint: str = ""
    url: str = ""


def figures(audit: Audit, *, with_estimate: bool) -> list[Figure]:
    """The tiles of the overview."""
    found = [Figure("Items", f"{audit.batch.item_count:,}", hint="in the batch")]
    plan = plan_of(audit)
    if plan:
        hint = f"{100 * plan.human_size / plan.frame_size:.1f}% of the batch"
        page = address_of("audit-sample", audit.pk)
        found.append(Figure("For auditors", f"{plan.human_size:,}", hint=hint, url=page))
        found.append(Figure("For judges", f"{plan.judge_size:,}", url=address_of("audit-judges", audit.pk)))
    headline = _headline(audit) if with_estimate else None
    if headline is not None:
        found.append(_estimate_figure(headline))
    return found


def _headline(audit: Audit) -> Estimate | None:
    """The estimate the acceptance rule reads; without a rule, whether items pass."""
    rule = audit.sop.acceptance
    criterion, basis = (rule.criterion, rule.basis) if rule else (ITEM_PASSES, "human")
    overall = Estimate.objects.filter(
        audit=audit, criterion=criterion, slice_field="", estimate__isnull=False
    )
    return overall.filter(basis=basis).first() or overall.filter(basis="human").first()


def _estimate_figure(estimate: Estimate) -> Figure:
    write = _share if estimate.estimand == "pass_rate" else _plain
    return Figure(
        "Items that pass" if estimate.criterion == ITEM_PASSES else estimate.criterion.replace("_", " "),
        write(estimate.estimate),
        interval=f"{write(estimate.low)} to {write(estimate.high)}",
        hint=f"{estimate.n_human:,} human labels, {100 * estimate.confidence:g}% confidence",
        url=address_of("audit-estimates", estimate.audit_id),
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def history(audit: Audit) -> QuerySet[Entry]:
    """The journal's latest entries on this audit."""
    return Entry.objects.filter(subject_kind="audits.audit", subject_id=str(audit.pk)).order_by("-sequence")[
        :12
    ]


def links(audit: Audit) -> dict[str, str]:
    """Addresses of what the audit binds together, empty where there is no page."""
    version, decision = audit.sop_version, Decision.objects.filter(audit=audit).first()
    rubric = version.rubric_version
    return {
        "batch_url": address_of("batch", audit.batch_id),
        "sop_url": address_of("sop-version", version.sop_id, version.number),
        "rubric_url": address_of("rubric-version", rubric.rubric.name, rubric.number) if rubric else "",
        "opened_by": str(audit.opened_by) if audit.opened_by else opener(audit),
        "decision_tone": DECISION_TONES.get(Outcome(decision.outcome), "note")
        if decision and decision.outcome
        else "",
    }


def opener(audit: Audit) -> str:
    """Who opened an audit that no person opened."""
    opening = getattr(audit, "opening", None)
    return f"schedule {opening.schedule}" if opening else "the command line"


@dataclass(frozen=True)
class StratumRow:
    name: str
    size: int
    judge_drawn: int
    human_drawn: int

    @classmethod
    def of(cls, stratum: Stratum) -> "StratumRow":
        return cls(stratum.name, stratum.size, stratum.judge_drawn, stratum.human_drawn)

    @property
    def chance(self) -> float:
        """The share of the stratum that auditors see."""
        return self.human_drawn / self.size


@dataclass(frozen=True)
class RunCard:
    """One judge's run, as the judges tab shows it."""

    name: str
    url: str
    state: str
    reason: str
    simulated: bool
    judged: int
    total: int
    detail: str
    facts: list[tuple[str, str]]
    busy: bool
    acts: list[Act]


def run_cards(audit: Audit, *, may_run: bool) -> list[RunCard]:
    runs = Run.objects.filter(audit=audit).select_related("judge_version__judge").order_by("pk")
    return [_run_card(run, may_run) for run in runs]


def _run_card(run: Run, may_run: bool) -> RunCard:
    done = run_progress(run)
    return RunCard(
        name=str(run.judge_version),
        url=address_of("run", run.pk),
        state=run.state,
        reason=run.reason,
        simulated=run.judge_version.judge.simulated,
        judged=done.done,
        total=done.total,
        detail=shortfall(run, done),
        facts=_run_facts(run, done),
        busy=run.state in WORKABLE,
        acts=acts_on(run, done) if may_run else [],
    )


def _run_facts(run: Run, done: RunProgress) -> list[tuple[str, str]]:
    speed = [] if run.state not in WORKABLE else [("Speed", f"{done.rate:,.0f} a minute")]
    return [
        ("Unscored", f"{done.unscored:,}"),
        ("Failed", f"{done.failed:,}"),
        *speed,
        ("Tokens", f"{done.tokens:,}"),
        ("Spent", spent_words(done.spent, done.tokens)),
    ]


@dataclass(frozen=True)
class ReviewerRow:
    name: str
    submitted: int
    assigned: int
    skipped: int
    minutes: float
    pace: float | None


def reviewer_rows(progress: ReviewProgress) -> list[ReviewerRow]:
    return [
        ReviewerRow(
            name=str(one.reviewer),
            submitted=one.submitted,
            assigned=one.assigned,
            skipped=one.skipped,
            minutes=one.active_seconds / 60,
            pace=one.active_seconds / one.submitted if one.submitted else None,
        )
        for one in progress.reviewers
    ]
