"""The newest delivery, audited in front of the newcomer by the real worker."""

import os
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.audits.services import open_audit
from auditing.core.errors import Conflict
from auditing.datasets.models import Collection
from auditing.demo.acting import review
from auditing.demo.cast import AUDITORS, SEED
from auditing.demo.clock import Clock, turned_back
from auditing.demo.deliveries import batch_name, deliver
from auditing.demo.history import NEWEST
from auditing.demo.world import judge
from auditing.judging.endpoints import connection_named, models_of
from auditing.judging.models import Run, RunState
from auditing.judging.selectors import progress as run_progress
from auditing.judging.tasks import reconcile
from auditing.pipeline.services import advance
from auditing.sops.models import SopVersion
from auditing.sops.services import import_sop

LEFT_TO_REVIEW = 24
WAIT_AT_MOST = 180.0
REVIEWING = timedelta(hours=3)  # more than the reviews take together
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)
Progress = Callable[[str, float], None]


def prepare(everybody: dict[str, User], place: Collection, version: SopVersion) -> Audit:
    """Deliver and open, and let most reviews come in, all within the last hours; judging is left to the worker.

    Nothing runs beside it yet, so that the journal's order is that of its dates and none lies in the future.
    """
    vendor, month = NEWEST
    known = Audit.objects.filter(batch__collection=place, batch__name=batch_name(vendor, month)).first()
    if known:
        return known
    with turned_back(timezone.now() - REVIEWING) as clock:
        batch = deliver(place, vendor, month)
        audit = open_audit(by=everybody["lead"], batch=batch, sop_version=version, seed=SEED)
        advance(by=everybody["lead"], audit=audit)
        clock.wind(600)
        _most_reviews(audit, everybody, clock)
    return audit


def show(audit: Audit, progress: Progress) -> None:
    """Watch the worker judge what waits for it."""
    reconcile()
    watch(audit, progress)


def _most_reviews(audit: Audit, everybody: dict[str, User], clock: Clock) -> None:
    """By everybody but Amir, who is the newcomer's own auditor."""
    crew = [person for person in AUDITORS if person.username != "auditor"][:4]
    wanted = audit.review_tasks.count()
    review(audit, crew, everybody, clock, at_most=wanted - LEFT_TO_REVIEW)


def watch(audit: Audit, progress: Progress) -> None:
    """Follow the audit's judge runs until the worker is through. Raises Conflict when it does not get there."""
    deadline = time.monotonic() + WAIT_AT_MOST
    while time.monotonic() < deadline:
        runs = list(Run.objects.filter(audit=audit).select_related("judge_version__judge"))
        counted = [run_progress(run) for run in runs]
        done, total = sum(one.done + one.failed for one in counted), sum(one.total for one in counted)
        progress(f"{len(runs)} judges at work on {audit.batch}: {done} of {total}", done / max(total, 1))
        if not any(run.state in UNFINISHED for run in runs):
            return
        time.sleep(0.2)
    raise Conflict(f"The worker has not judged {audit.batch} after {WAIT_AT_MOST:.0f} s; see the logs.")


def own_model_audit(everybody: dict[str, User], place: Collection, progress: Progress) -> Audit | None:
    """With the user's endpoint in the environment: her own model judges forty items of the newest batch."""
    if not settings.OPENAI_BASE_URL and not settings.OPENAI_API_KEY:
        return None
    model = os.environ.get("OPENAI_MODEL") or models_of(connection_named("default"))[0]
    judge("own-model", f"Your own model, {model}.", model=model, endpoint="default", simulated=False)
    version = import_sop(by=None, text=OWN_MODEL_SOP, collection=place)
    vendor, month = NEWEST
    batch = place.batches.get(name=batch_name(vendor, month))
    known = Audit.objects.filter(batch=batch, sop_version__sop=version.sop).first()
    if known:
        return known
    audit = open_audit(by=everybody["lead"], batch=batch, sop_version=version, seed=SEED)
    advance(by=everybody["lead"], audit=audit)
    watch(audit, progress)
    return audit


OWN_MODEL_SOP = """
sop: own-model-check
rubric: invoice-extraction
purpose: What does your own model make of the simulated invoices?
sampling: {method: simple, judge: 40, human: 20}
judges: [own-model]
"""
