"""What every tab of an audit's page shares: header, stations, what it waits for, the next step, the tabs.

A view of a tab renders a template that extends `audits/_shell.html` with `shell(request, audit, "audit-estimates")`
among its context; the third argument is the URL name of the tab.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.datasets.policies import may
from auditing.estimation.further import can_continue
from auditing.judging.models import Run, RunState
from auditing.judging.stopping import in_words
from auditing.pipeline.facts import open_disagreements, waits_for
from auditing.pipeline.stages import Station, StationState, stations
from auditing.reviews.policies import has_part
from auditing.web.places import address_of
from auditing.web.policy import person
from auditing.web.tabs import Tab

TABS = (
    ("Overview", "audit", Permission.SEE_AUDITS),
    ("Sample", "audit-sample", Permission.SEE_AUDITS),
    ("Judges", "audit-judges", Permission.SEE_VERDICTS),
    ("Reviews", "audit-reviews", Permission.SEE_VERDICTS),
    ("Rulings", "audit-rulings", Permission.SEE_VERDICTS),
    ("Estimates", "audit-estimates", Permission.SEE_AUDITS),
    ("Meta-audit", "audit-meta-audit", Permission.SEE_VERDICTS),
    ("Reports", "audit-reports", Permission.SEE_REPORTS),
)


@dataclass(frozen=True)
class Step:
    """What to do next: a button that posts, or a link."""

    label: str
    url: str
    posts: bool = False
    icon: str = "arrow-right"


@dataclass(frozen=True)
class PausedRun:
    """A judge that the audit waits for, why it stands still, and where each way on leads; empty for who may not."""

    name: str
    why: str
    url: str
    resume_url: str = ""
    cancel_url: str = ""
    replace_url: str = ""
    choose_url: str = ""  # where the other judge is chosen
    anchor: str = ""


def shell(request: HttpRequest, audit: Audit, current: str) -> dict[str, Any]:
    """The context of `audits/_shell.html`."""
    user = person(request)
    return {
        "audit": audit,
        "tabs": [
            Tab(label, url, current=name == current)
            for label, name, permission in TABS
            if user.may(permission) and (url := address_of(name, audit.pk))
        ],
        "may_run": may(user, Permission.RUN_AUDITS, audit.batch.collection),
        **progress(user, audit),
    }


def progress(user: User, audit: Audit) -> dict[str, Any]:
    """The context of `audits/_progress.html`, the part of the shell that refreshes itself."""
    way = [_with_address(station, audit) for station in stations(audit)]
    return {
        "audit": audit,
        "stations": way,
        "waits": waits_for(audit),
        "paused": paused_runs(user, audit),
        "refresh_seconds": _refresh_seconds(audit, way),
        "next_step": next_step(user, audit),
    }


def paused_runs(user: User, audit: Audit) -> list[PausedRun]:
    if audit.is_over:
        return []
    found = Run.objects.filter(audit=audit, state=RunState.PAUSED).select_related("judge_version__judge")
    return [_paused(user, audit, run) for run in found.order_by("pk")]


def _paused(user: User, audit: Audit, run: Run) -> PausedRun:
    said = str(run.judge_version), in_words(run.reason), address_of("run", run.pk)
    if not _may(user, Permission.RUN_AUDITS, audit):
        return PausedRun(*said)
    anchor = f"instead-{run.pk}"
    return PausedRun(
        *said,
        resume_url=address_of("run-resume", run.pk),
        cancel_url=address_of("run-cancel", run.pk),
        replace_url=address_of("run-replace", run.pk),
        choose_url=f"{address_of('audit-judges', audit.pk)}?{anchor}#{anchor}",  # the query makes the page load anew
        anchor=anchor,
    )


def _refresh_seconds(audit: Audit, way: list[Station]) -> int:
    """How often to look again: often while judges work, now and then while people do, else (0) never."""
    if audit.is_over or audit.state == AuditState.OPENED:
        return 0
    return 3 if any(station.state == StationState.NOW for station in way) else 20


def next_step(user: User, audit: Audit) -> Step | None:
    """What this person can do to bring the audit on; None when she can do nothing."""
    find = STEPS.get(AuditState(audit.state))
    return find(user, audit) if find else None


def _with_address(station: Station, audit: Audit) -> Station:
    return Station(station.name, station.state, station.detail, address_of(station.url, audit.pk))


def _may(user: User, permission: Permission, audit: Audit) -> bool:
    return may(user, permission, audit.batch.collection)


def _go_on(user: User, audit: Audit, label: str, icon: str = "play") -> Step | None:
    if not _may(user, Permission.RUN_AUDITS, audit):
        return None
    return Step(label, address_of("audit-advance", audit.pk), posts=True, icon=icon)


def _when_drawn(user: User, audit: Audit) -> Step | None:
    if not waits_for(audit):
        return _go_on(user, audit, "Start collecting")
    if not _may(user, Permission.RUN_AUDITS, audit):
        return None
    return Step("Look at the cost", address_of("audit-cost", audit.pk), icon="banknote")


def _while_collecting(user: User, audit: Audit) -> Step | None:
    waits = waits_for(audit)
    if not waits:
        return _go_on(user, audit, "Close the collection and compare")
    if any("review" in wait for wait in waits) and has_part(user, audit.batch):
        return Step("Review items", reverse("queue"), icon="list-checks")
    if any("ratings" in wait or "labels" in wait for wait in waits) and _may(
        user, Permission.IMPORT_RATINGS, audit
    ):
        return Step("Import ratings", address_of("import-ratings", audit.batch_id), icon="upload")
    return None


def _while_ruling(user: User, audit: Audit) -> Step | None:
    if not open_disagreements(audit):
        return _go_on(user, audit, "Estimate")
    if _may(user, Permission.RULE, audit):
        return Step("Rule on the disagreements", address_of("audit-rulings", audit.pk), icon="scale")
    return None


def _when_estimated(user: User, audit: Audit) -> Step | None:
    if audit.sop.acceptance is None:
        return _to_report(user, audit)
    if not waits_for(audit):
        return _go_on(user, audit, "Propose a decision")
    if step := _to_more(user, audit):
        return step
    if _may(user, Permission.DECIDE, audit):
        return Step("Confirm the decision", address_of("audit-estimates", audit.pk), icon="gavel")
    return None


def _to_more(user: User, audit: Audit) -> Step | None:
    """To the form that draws a further wave, where the audit is to be continued and one can be drawn."""
    if not (_may(user, Permission.RUN_AUDITS, audit) and can_continue(audit)):
        return None
    return Step("Draw more", f"{address_of('audit-estimates', audit.pk)}#draw-more", icon="rotate-cw")


def _when_decided(user: User, audit: Audit) -> Step | None:
    return _to_more(user, audit) or _to_report(user, audit)


def _to_report(user: User, audit: Audit) -> Step | None:
    if not _may(user, Permission.SEE_REPORTS, audit):
        return None
    label = "See the report" if audit.reports.exists() else "Make the report"
    return Step(label, address_of("audit-reports", audit.pk), icon="file-chart-column")


STEPS = {
    AuditState.OPENED: lambda user, audit: _go_on(user, audit, "Draw and start"),
    AuditState.DRAWN: _when_drawn,
    AuditState.COLLECTING: _while_collecting,
    AuditState.RULING: _while_ruling,
    AuditState.ESTIMATED: _when_estimated,
    AuditState.DECIDED: _when_decided,
}
