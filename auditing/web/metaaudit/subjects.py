"""What the pages of this area are about: an audit, or a batch whose opinions were imported."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.datasets.models import Batch
from auditing.datasets.selectors import batches_visible_to
from auditing.reviews.policies import WouldUnblind, closed_because, is_reviewing, may_yet_review
from auditing.web.audits.shell import shell
from auditing.web.audits.views import visible_audit
from auditing.web.policy import person
from auditing.web.tabs import Tab

BLIND_BATCH = (
    "You review items of this batch in an audit that still collects; others' opinions open to you later."
)
ITEMS, DIFFERENCES, TRUST, QUALITY = "items", "differences", "meta-audit", "estimates"
CASCADE = "cascade"
BATCH_NAMES = {QUALITY: "batch-estimate", ITEMS: "batch-items"}


@dataclass(frozen=True)
class Subject:
    """`hidden` says why its opinions may not be seen yet; empty where they may."""

    batch: Batch
    audit: Audit | None
    hidden: str
    frame: dict[str, Any]  # the context of the template that it stands in

    def url(self, name: str, **query: Any) -> str:
        """The address of one of its pages, with a query."""
        if self.audit:
            address = reverse(f"audit-{name}", args=[self.audit.pk])
        else:
            address = reverse(BATCH_NAMES.get(name, f"batch-{name}"), args=[self.batch.pk])
        asked = {key: value for key, value in query.items() if value not in ("", None)}
        return f"{address}?{urlencode(asked)}" if asked else address


def audit_subject(request: HttpRequest, pk: int, tab: str, permission: Permission) -> Subject:
    audit = visible_audit(request, pk, permission)
    hidden = closed_because(person(request), audit)
    frame = {"frame": "audits/_shell.html", **shell(request, audit, f"audit-{tab}")}
    return Subject(audit.batch, audit, hidden, frame)


def batch_subject(request: HttpRequest, pk: int, tab: str) -> Subject:
    user = person(request)
    batch = get_object_or_404(batches_visible_to(user, Permission.SEE_VERDICTS), pk=pk)
    hidden = BLIND_BATCH if is_reviewing(user, batch) else ""
    if not hidden and may_yet_review(user, batch):
        raise WouldUnblind(batch)
    names = (
        ("Items", "batch", ""),
        ("Estimates", "batch-estimate", QUALITY),
        ("Meta-audit", "batch-meta-audit", TRUST),
    )
    tabs = [Tab(label, reverse(name, args=[pk]), current=tab == key) for label, name, key in names]
    return Subject(batch, None, hidden, {"frame": "metaaudit/_batch.html", "batch": batch, "tabs": tabs})
