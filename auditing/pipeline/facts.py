"""What an audit waits for, in words."""

from collections.abc import Callable

from django.db.models import Max, QuerySet

from auditing.adjudication.models import Disagreement, DisagreementState
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.estimation.models import Decision, Outcome
from auditing.estimation.selectors import estimates_are_stale
from auditing.judging.budgets import cost_to_confirm
from auditing.judging.lifecycle import UNFINISHED
from auditing.judging.models import Run, RunState, Verdict
from auditing.judging.selectors import progress as run_progress
from auditing.ratings.models import RaterKind, Rating
from auditing.reviews.selectors import progress as review_progress
from auditing.sampling.models import Draw


def count(number: int, noun: str) -> str:
    """1 review, 12 reviews."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def labels_are_imported(audit: Audit) -> bool:
    return audit.sop.labels.source == "imported"


def unfinished_runs(audit: Audit) -> list[Run]:
    runs = Run.objects.filter(audit=audit, state__in=UNFINISHED)
    return list(runs.select_related("judge_version__judge").order_by("pk"))


def wanted_reviews(audit: Audit) -> int:
    """Reviews that auditors still owe; none where the labels are imported."""
    if labels_are_imported(audit):
        return 0
    progress = review_progress(audit)
    return progress.waiting + progress.assigned


def imported_labels(audit: Audit, *, newest_wave: bool = False) -> tuple[int, int]:
    """How many of the human sample, or of its newest wave, have a human or gold rating, and how many there are."""
    drawn = Draw.objects.filter(plan__audit=audit, is_human=True)
    if newest_wave:
        drawn = drawn.filter(wave=drawn.aggregate(newest=Max("wave", default=1))["newest"])
    return drawn.filter(item__in=_labels_of(audit).values("item")).count(), drawn.count()


def labelled_but_not_drawn(audit: Audit) -> int:
    """Items with imported labels that the estimates leave out, because nobody drew them."""
    drawn = Draw.objects.filter(plan__audit=audit, is_human=True)
    if not labels_are_imported(audit):
        return 0
    return _labels_of(audit).exclude(item__in=drawn.values("item")).values("item").distinct().count()


def judges_are_imported(audit: Audit) -> bool:
    """Does nobody ask a judge because judges' opinions came with the batch?"""
    judged = Rating.objects.filter(item__batch=audit.batch_id, rater__kind=RaterKind.JUDGE)
    return not audit.sop.judges and judged.exists()


def _labels_of(audit: Audit) -> QuerySet[Rating]:
    return Rating.objects.filter(
        item__batch=audit.batch_id, rater__kind__in=[RaterKind.HUMAN, RaterKind.GOLD]
    ).exclude(value="")


def open_disagreements(audit: Audit) -> int:
    return Disagreement.objects.filter(audit=audit, state=DisagreementState.OPEN).count()


def waits_for(audit: Audit) -> list[str]:
    """What stands between the audit and its next station; empty when it can move, or is over."""
    waits = WAITS.get(AuditState(audit.state))
    return waits(audit) if waits else []


def _when_drawn(audit: Audit) -> list[str]:
    cost = cost_to_confirm(audit)
    return [f"a person to confirm that judging may cost about ${cost:,.2f}"] if cost is not None else []


def _while_collecting(audit: Audit) -> list[str]:
    runs = [_run_wait(run) for run in unfinished_runs(audit)]
    return [*runs, *(_score_waits(audit) if audit.plan.awaits_judges else _label_waits(audit))]


def _score_waits(audit: Audit) -> list[str]:
    """A sample stratified by the judges' scores needs some: of its own runs, or imported."""
    scored = (
        Verdict.objects.filter(run__audit=audit).exists()
        or Rating.objects.filter(item__batch=audit.batch_id, rater__kind=RaterKind.JUDGE).exists()
    )
    needs = audit.plan.method == "two-phase" and not unfinished_runs(audit)
    return ["judges' scores, to draw the auditors' sample by"] if needs and not scored else []


def _run_wait(run: Run) -> str:
    if run.state == RunState.PAUSED:
        return f"judge {run.judge_version}, which is paused"
    progress = run_progress(run)
    return f"{count(progress.queued + progress.claimed, 'call')} to go for judge {run.judge_version}"


def _label_waits(audit: Audit) -> list[str]:
    """Imported labels are in once there is any: those that are missing widen the bounds of the estimate."""
    if labels_are_imported(audit):
        labelled, drawn = imported_labels(audit, newest_wave=True)
        return [] if labelled else [f"human labels to be imported for {count(drawn, 'drawn item')}"]
    wanted = wanted_reviews(audit)
    return [f"{count(wanted, 'review')} wanted from auditors"] if wanted else []


def _while_ruling(audit: Audit) -> list[str]:
    still = open_disagreements(audit)
    return [f"{count(still, 'disagreement')} to be ruled on by a lead"] if still else []


def _when_estimated(audit: Audit) -> list[str]:
    if estimates_are_stale(audit):
        return _while_ruling(audit)
    decision = Decision.objects.filter(audit=audit).first()
    if decision is None:
        return []
    if decision.proposed == Outcome.CONTINUE:
        return ["a lead to continue it, or to decide"]
    return ["the decision to be confirmed by a lead"]


WAITS: dict[AuditState, Callable[[Audit], list[str]]] = {
    AuditState.DRAWN: _when_drawn,
    AuditState.COLLECTING: _while_collecting,
    AuditState.RULING: _while_ruling,
    AuditState.ESTIMATED: _when_estimated,
}
