"""What every page needs: the main navigation, as far as the person's role reaches."""

from typing import Any, NamedTuple

from django.http import HttpRequest

from auditing.accounts.models import User
from auditing.accounts.roles import Permission


class Place(NamedTuple):
    name: str
    url: str
    icon: str
    permission: Permission | None


PLACES = (
    Place("Overview", "overview", "house", None),
    Place("My queue", "queue", "list-checks", Permission.REVIEW),
    Place("Collections", "collections", "library", Permission.SEE_COLLECTION),
    Place("Audits", "audits", "clipboard-check", Permission.SEE_AUDITS),
    Place("Disagreements", "disagreements", "scale", Permission.RULE),
    Place("Rubrics", "rubrics", "ruler", Permission.SEE_DEFINITIONS),
    Place("SOPs", "sops", "book-open-check", Permission.SEE_DEFINITIONS),
    Place("Planner", "planner", "calculator", Permission.SEE_AUDITS),
    Place("Judges", "judges", "gavel", Permission.SEE_VERDICTS),
    Place("Schedules", "schedules", "calendar-clock", Permission.SCHEDULE),
    Place("Reports", "reports", "file-chart-column", Permission.SEE_REPORTS),
    Place("Journal", "journal", "scroll-text", Permission.SEE_JOURNAL),
    Place("People", "people", "users", Permission.MANAGE_USERS),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"places": []}
    return {"places": [place for place in PLACES if place.permission is None or user.may(place.permission)]}
