"""What may be done to a schedule, and what it does when its time has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.audits.services import open_audit
from auditing.core.boundary import require_moment
from auditing.core.errors import BadInput, Conflict, DokimaError
from auditing.datasets.models import Batch, Collection
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.pipeline.models import Schedule, ScheduledAudit, Trigger
from auditing.pipeline.selectors import pending_batches
from auditing.pipeline.timing import crontab_of, drop_beat, set_beat
from auditing.sops.models import Sop, SopVersion
from auditing.sops.selectors import published_version


@dataclass(frozen=True)
class Timing:
    """When a schedule runs: `at` for a single time, `crontab` (five fields) for a repeating one."""

    trigger: Trigger
    at: datetime | None = None
    crontab: str = ""


@transaction.atomic
def create_schedule(*, by: User | None, sop: Sop, name: str, timing: Timing) -> Schedule:
    """Audit under the SOP's newest version by itself. Batches that are already there are left alone, except
    that a schedule with a time takes up the newest one. Raises BadInput for a time that cannot be.
    """
    require(by, Permission.SCHEDULE, sop.collection)
    newest_version(sop)
    schedule = Schedule(
        collection=sop.collection, sop=sop, name=_free_name(sop.collection, name), created_by=by
    )
    _set_timing(schedule, timing)
    schedule.save()
    _keep(schedule)
    _journal(by, "created", schedule)
    return schedule


@transaction.atomic
def update_schedule(*, by: User | None, schedule: Schedule, sop: Sop, name: str, timing: Timing) -> Schedule:
    """Change what it audits, its name and its times; times count from now."""
    schedule = _lock(schedule, by)
    if sop.collection_id != schedule.collection_id:
        raise BadInput(f"SOP {sop.name} belongs to another collection.", field="sop")
    newest_version(sop)
    schedule.sop, schedule.name = sop, _free_name(schedule.collection, name, but=schedule)
    _set_timing(schedule, timing)
    _keep(schedule)
    _journal(by, "changed", schedule)
    return schedule


@transaction.atomic
def switch_schedule(*, by: User | None, schedule: Schedule, on: bool) -> Schedule:
    """Switch it on or off. Times that pass while it is off are not made up for; batches are."""
    schedule = _lock(schedule, by)
    if on and schedule.archived_at:
        raise Conflict(f"{schedule} is archived; restore it first.")
    schedule.enabled = on
    schedule.set_at = timezone.now() if on else schedule.set_at
    _keep(schedule)
    _journal(by, "switched on" if on else "switched off", schedule)
    return schedule


@transaction.atomic
def archive_schedule(*, by: User | None, schedule: Schedule) -> Schedule:
    """Put it away, switched off; what it opened stays, and it can be restored."""
    schedule = _lock(schedule, by)
    schedule.enabled, schedule.archived_at = False, timezone.now()
    drop_beat(schedule)
    schedule.save()
    _journal(by, "archived", schedule)
    return schedule


@transaction.atomic
def restore_schedule(*, by: User | None, schedule: Schedule) -> Schedule:
    """Bring it back, switched off. Raises BadInput when another has taken its name."""
    schedule = _lock(schedule, by)
    schedule.name = _free_name(schedule.collection, schedule.name, but=schedule)
    schedule.archived_at = None
    _keep(schedule)
    _journal(by, "restored", schedule)
    return schedule


def open_due_audits(*, schedule: Schedule) -> list[Audit]:
    """Open an audit for every batch it has still to take up, each batch at most once; say what came of it."""
    schedule = Schedule.objects.select_related("collection", "sop").get(pk=schedule.pk)
    if not schedule.enabled:
        return []
    opened, problems = [], []
    for batch in pending_batches(schedule):
        try:
            audit = _open_once(schedule, batch)
        except DokimaError as problem:
            problems.append(f"{batch}: {problem}")
        else:
            opened += [audit] if audit else []
    outcome = "; ".join([*(f"opened {audit}" for audit in opened), *problems]) or "nothing new to audit"
    Schedule.objects.filter(pk=schedule.pk).update(last_run_at=timezone.now(), last_outcome=outcome[:300])
    return opened


def _open_once(schedule: Schedule, batch: Batch) -> Audit | None:
    """None when another process opened it first: one row a schedule and batch lets only one of two through."""
    try:
        with transaction.atomic():
            audit = open_audit(by=None, batch=batch, sop_version=newest_version(schedule.sop))
            ScheduledAudit.objects.create(schedule=schedule, batch=batch, audit=audit)
    except IntegrityError:
        return None
    return audit


def newest_version(sop: Sop) -> SopVersion:
    """The newest published version. Raises Missing when there is none, Conflict when the SOP is archived."""
    if sop.archived_at:
        raise Conflict(f"SOP {sop.name} is archived.")
    return published_version(sop)


def _lock(schedule: Schedule, by: User | None) -> Schedule:
    locked = (
        Schedule.objects.select_for_update(of=("self",))
        .select_related("collection", "sop", "periodic_task")
        .get(pk=schedule.pk)
    )
    require(by, Permission.SCHEDULE, locked.collection)
    return locked


def _free_name(collection: Collection, name: str, *, but: Schedule | None = None) -> str:
    name = name.strip()
    if not 0 < len(name) <= 120:
        raise BadInput("Give it a name of at most 120 characters.", field="name")
    taken = Schedule.objects.filter(collection=collection, name=name, archived_at=None)
    if (taken.exclude(pk=but.pk) if but else taken).exists():
        raise BadInput(f"{collection} has a schedule named {name!r} already.", field="name")
    return name


def _set_timing(schedule: Schedule, timing: Timing) -> None:
    now = timezone.now()
    if timing.trigger == Trigger.AT_TIME and (timing.at is None or timing.at <= now):
        raise BadInput("Give a time that is still to come.", field="at")
    if timing.trigger == Trigger.AT_TIME and timing.at:
        require_moment(timing.at, "at")
    if timing.trigger == Trigger.REPEATING:
        crontab_of(timing.crontab)
    schedule.trigger = timing.trigger
    schedule.at = timing.at if timing.trigger == Trigger.AT_TIME else None
    schedule.crontab = " ".join(timing.crontab.split()) if timing.trigger == Trigger.REPEATING else ""
    schedule.set_at = now
    schedule.after_batch = _first_affair(schedule.collection, timing.trigger)


def _first_affair(collection: Collection, trigger: Trigger) -> int:
    newest = Batch.objects.filter(collection=collection, deleted_at=None).order_by("-pk").first()
    if newest is None:
        return 0
    return newest.pk if trigger == Trigger.ON_BATCH else newest.pk - 1


def _keep(schedule: Schedule) -> None:
    set_beat(schedule)
    schedule.save()


def _journal(by: User | None, verb: str, schedule: Schedule) -> None:
    details: dict[str, Any] = {
        "sop": schedule.sop.name,
        "trigger": schedule.trigger,
        "at": schedule.at and schedule.at.isoformat(),
        "crontab": schedule.crontab,
    }
    record(by=by, verb=verb, subject=schedule, collection_id=schedule.collection_id, details=details)
