"""Does the scheduler still schedule? A health check asks it."""

import sys
from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from auditing.core.command import DoorCommand

SILENCE_ALLOWED = timedelta(minutes=3)  # its most frequent entry is due twice a minute


class Command(DoorCommand):
    help = "Exit status 0 when beat sent a task within the last three minutes, else 1."
    reports = False

    def handle(self, *args: Any, **options: Any) -> None:
        last = PeriodicTask.objects.aggregate(last=Max("last_run_at"))["last"]
        if last is None or timezone.now() - last > SILENCE_ALLOWED:
            self.stderr.write(f"beat has been silent since {last or 'ever'}.")
            sys.exit(1)
