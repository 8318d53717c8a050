"""The Celery application: workers judge and advance audits, beat opens what is scheduled."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auditing.config.settings")

app = Celery("dokima")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
