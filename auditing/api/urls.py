"""The REST API's root: one router a room."""

from auditing.api import (
    accounts,
    adjudication,
    audits,
    batches,
    collections,
    deliveries,
    elsewhere,
    endpoints,
    estimation,
    items,
    journal,
    judges,
    metaaudit,
    plans,
    ratings,
    reports,
    reviews,
    rubrics,
    runs,
    sampling,
    schedules,
    sops,
    spending,
)
from auditing.api.root import Api

AREAS = (
    accounts,
    collections,
    deliveries,
    batches,
    items,
    ratings,
    rubrics,
    sops,
    endpoints,
    judges,
    plans,
    audits,
    sampling,
    runs,
    spending,
    reviews,
    adjudication,
    estimation,
    metaaudit,
    reports,
    schedules,
    journal,
)
api = Api()
for area in AREAS:
    api.add_router("", area.router)
api.add_router("", elsewhere.router)
