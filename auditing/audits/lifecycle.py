"""The stations of an audit."""

from django.db import models

from auditing.core.lifecycle import Lifecycle


class AuditState(models.TextChoices):
    OPENED = "opened"  # batch and SOP version are bound
    DRAWN = "drawn"  # the sample is locked
    COLLECTING = "collecting"  # judges and humans work, blind to each other
    RULING = "ruling"  # every opinion is in; disagreements are being ruled on
    ESTIMATED = "estimated"  # the estimates are in, the decision is not
    DECIDED = "decided"  # accepted, rejected, or to be continued
    CANCELLED = "cancelled"


S = AuditState
AUDIT = Lifecycle(
    name="an audit",
    states=tuple(AuditState.values),
    moves={
        "draw": ((S.OPENED,), S.DRAWN),
        "collect": ((S.DRAWN,), S.COLLECTING),
        "rule": ((S.COLLECTING,), S.RULING),
        "estimate": ((S.RULING, S.ESTIMATED), S.ESTIMATED),
        "extend": (
            (S.ESTIMATED, S.DECIDED),
            S.COLLECTING,
        ),  # it is to be continued: more labels are asked for
        "decide": ((S.ESTIMATED,), S.DECIDED),
        "cancel": ((S.OPENED, S.DRAWN, S.COLLECTING, S.RULING, S.ESTIMATED), S.CANCELLED),
    },
)
