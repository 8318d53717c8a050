"""The first page: what needs me today?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from auditing.web.overview import presenters
from auditing.web.overview.needs import needs_of
from auditing.web.policy import SIGNED_IN, page, person


@page(SIGNED_IN)
def overview(request: HttpRequest) -> HttpResponse:
    user = person(request)
    context = {
        "needs": needs_of(user),
        "first_steps": presenters.first_steps(user),
        "own_work": presenters.own_work(user),
        "audits": presenters.audits_under_way(user),
        "decisions": presenters.latest_decisions(user),
        "batches": presenters.own_batches(user),
        "schedules": presenters.coming_schedules(user),
    }
    return render(request, "overview/overview.html", context)
