"""Where an audit stands: its stations, each with what is done, or who is waited for."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from auditing.adjudication.models import Disagreement
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.estimation.models import Decision, Estimate
from auditing.judging.lifecycle import UNFINISHED
from auditing.judging.models import Run, RunState
from auditing.judging.selectors import progress as run_progress
from auditing.pipeline.facts import (
    count,
    imported_labels,
    judges_are_imported,
    labels_are_imported,
    open_disagreements,
)
from auditing.reports.models import Report
from auditing.reviews.selectors import progress as review_progress
from auditing.sampling.models import Plan

S = AuditState
ORDER = (S.OPENED, S.DRAWN, S.COLLECTING, S.RULING, S.ESTIMATED, S.DECIDED)


class StationState(StrEnum):
    TODO = "todo"
    NOW = "now"  # a machine is at it, or can be
    WAITING = "waiting"  # for people
    DONE = "done"
    SHORT = "short"  # over, without all that was asked for


TODO, NOW, WAITING, DONE, SHORT = StationState


@dataclass(frozen=True)
class Station:
    """One stop on an audit's way. `url` is the name of the page about it, which takes the audit's id."""

    name: str
    state: StationState
    detail: str
    url: str


def stations(audit: Audit) -> list[Station]:
    """The stations in order. What a cancelled audit did not reach stays undone."""
    return [Station(name, *describe(audit), url) for name, url, describe in STATIONS]


def _reached(audit: Audit, state: AuditState) -> bool:
    """Has it come at least as far? A cancelled audit only as far as its rows prove."""
    if audit.state == S.CANCELLED:
        return state == S.OPENED
    return ORDER.index(AuditState(audit.state)) >= ORDER.index(state)


def _now_if(condition: bool) -> StationState:
    return NOW if condition else TODO


def _open(audit: Audit) -> tuple[StationState, str]:
    return DONE, str(audit.sop_version)


def _draw(audit: Audit) -> tuple[StationState, str]:
    plan = Plan.objects.filter(audit=audit).first()
    if plan is None:
        return _now_if(audit.state == S.OPENED), "not drawn yet"
    if plan.awaits_judges:
        return NOW, f"{plan.judge_size:,} for judges; for auditors by their scores"
    return DONE, f"{plan.human_size:,} for auditors, {plan.judge_size:,} for judges"


def _judge(audit: Audit) -> tuple[StationState, str]:
    if not audit.sop.judges:
        return DONE, "opinions imported, none asked" if judges_are_imported(audit) else "no judge is asked"
    runs = list(Run.objects.filter(audit=audit).select_related("judge_version__judge"))
    if not runs:
        return _now_if(audit.state == S.DRAWN), count(len(audit.sop.judges), "judge")
    paused = [run for run in runs if run.state == RunState.PAUSED]
    if paused:
        return WAITING, f"{paused[0].judge_version} is paused"
    progress = [run_progress(run) for run in runs]
    done, failed = sum(p.done for p in progress), sum(p.failed for p in progress)
    total, waiting = sum(p.total for p in progress), sum(p.waiting for p in progress)
    if any(run.state in UNFINISHED for run in runs):
        return NOW, f"{done:,} of {count(total, 'call')}" + (f", {failed:,} failed" if failed else "")
    whole = [p.total for p in progress if p.done == p.total]
    if len(whole) >= len(audit.sop.judges):  # besides them stands what another judge was asked instead of
        return DONE, f"{sum(whole):,} of {count(sum(whole), 'call')}"
    counts = ((failed, "failed"), (waiting, "never asked"))
    return SHORT, ", ".join(
        [f"{done:,} judged", *(f"{number:,} {what}" for number, what in counts if number)]
    )


def _review(audit: Audit) -> tuple[StationState, str]:
    if labels_are_imported(audit):
        return _imported(audit)
    progress = review_progress(audit)
    if not progress.total:
        waits = audit.state == S.COLLECTING and audit.plan.awaits_judges
        said = "once the judges are done" if waits else "blind to judges and to one another"
        return _now_if(audit.state == S.DRAWN), said
    said = f"{progress.submitted:,} of {count(progress.total, 'review')}"
    owed = progress.waiting + progress.assigned
    return WAITING if owed and audit.state == S.COLLECTING else DONE, said


def _imported(audit: Audit) -> tuple[StationState, str]:
    labelled, drawn = imported_labels(audit)
    if not drawn:
        return TODO, "labels are imported"
    said = f"{labelled:,} of {count(drawn, 'label')} imported"
    first = audit.estimates.filter(slice_field="").order_by("pk").first()
    unusable = first.unscored.get("labels", 0) - (drawn - labelled) if first else 0
    said += f", {unusable:,} of them left open" if unusable > 0 else ""
    return DONE if labelled else WAITING, said


def _rule(audit: Audit) -> tuple[StationState, str]:
    if not _reached(audit, S.RULING):
        return TODO, "once every opinion is in"
    still = open_disagreements(audit)
    if still:
        return WAITING, f"{count(still, 'disagreement')} open"
    return DONE, f"{count(Disagreement.objects.filter(audit=audit).count(), 'disagreement')} ruled on"


def _estimate(audit: Audit) -> tuple[StationState, str]:
    if _reached(audit, S.ESTIMATED):
        return DONE, count(Estimate.objects.filter(audit=audit).count(), "estimate")
    return _now_if(audit.state == S.RULING and not open_disagreements(audit)), "quality, with an interval"


def _decide(audit: Audit) -> tuple[StationState, str]:
    if audit.sop.acceptance is None:
        return DONE, "the SOP only measures"
    decision = Decision.objects.filter(audit=audit).first()
    if decision is None:
        return _now_if(audit.state == S.ESTIMATED), "accept, reject, or continue"
    if decision.outcome:
        return DONE, decision.get_outcome_display().lower()
    return WAITING, f"{decision.get_proposed_display().lower()} proposed"


def _report(audit: Audit) -> tuple[StationState, str]:
    made = Report.objects.filter(audit=audit).count()
    if made:
        return DONE, count(made, "report")
    return WAITING if _reached(audit, S.ESTIMATED) else TODO, "the frozen evidence"


STATIONS: tuple[tuple[str, str, Callable[[Audit], tuple[StationState, str]]], ...] = (
    ("Open", "audit", _open),
    ("Draw", "audit-sample", _draw),
    ("Judge", "audit-judges", _judge),
    ("Review", "audit-reviews", _review),
    ("Rule", "audit-rulings", _rule),
    ("Estimate", "audit-estimates", _estimate),
    ("Decide", "audit-estimates", _decide),
    ("Report", "audit-reports", _report),
)
