"""Roles and what each may do: in code, so that a review of rights is a review of this file."""

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    ADMIN = "admin"
    LEAD = "lead"
    AUDITOR = "auditor"
    VENDOR = "vendor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One thing a person may do. Within a collection, only with access to that collection."""

    MANAGE_USERS = "manage users"
    MANAGE_COLLECTIONS = "manage collections"
    SEE_COLLECTION = "see a collection and its batches"
    SEE_ITEMS = "see items"
    DELIVER = "deliver batches"
    IMPORT_RATINGS = "import ratings"
    SEE_DEFINITIONS = "see rubrics and SOPs"
    DEFINE = "edit and publish rubrics and SOPs"
    SEE_AUDITS = "see audits and their estimates"
    RUN_AUDITS = "open, draw and run audits"
    SEE_VERDICTS = "see judges' verdicts, reviews and the meta-audit"
    MANAGE_JUDGES = "define judges and their endpoints"
    REVIEW = "review items"
    RULE = "rule on disagreements"
    DECIDE = "decide on batches"
    SEE_REPORTS = "see and download reports"
    MAKE_REPORTS = "make reports"
    SCHEDULE = "schedule audits"
    SEE_JOURNAL = "see the journal"


P = Permission
_VIEWER = {P.SEE_COLLECTION, P.SEE_ITEMS, P.SEE_DEFINITIONS, P.SEE_AUDITS, P.SEE_VERDICTS, P.SEE_REPORTS}
_LEAD = _VIEWER | {
    P.DELIVER,
    P.IMPORT_RATINGS,
    P.DEFINE,
    P.RUN_AUDITS,
    P.MANAGE_JUDGES,
    P.REVIEW,
    P.RULE,
    P.DECIDE,
    P.MAKE_REPORTS,
    P.SCHEDULE,
    P.SEE_JOURNAL,
    P.MANAGE_COLLECTIONS,
}
GRANTS: dict[str, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.LEAD: frozenset(_LEAD),
    # an auditor sees neither items outside her queue nor anybody's opinion: blindness
    Role.AUDITOR: frozenset({P.SEE_COLLECTION, P.SEE_DEFINITIONS, P.REVIEW}),
    Role.VENDOR: frozenset({P.SEE_COLLECTION, P.DELIVER, P.SEE_REPORTS}),
    Role.VIEWER: frozenset(_VIEWER),
}
