"""Estimates, and whether they still stand."""

from django.db.models import Q

from auditing.adjudication.models import Ruling
from auditing.audits.models import Audit


def estimates_are_stale(audit: Audit) -> bool:
    """Was a ruling given or withdrawn since the estimates were made?"""
    newest = audit.estimates.order_by("-made_at").values_list("made_at", flat=True).first()
    if newest is None:
        return False
    changed = Q(at__gt=newest) | Q(superseded_at__gt=newest)
    return Ruling.objects.filter(changed, audit=audit).exists()
