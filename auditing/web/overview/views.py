"""The first page: what needs me today?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from auditing.web.policy import SIGNED_IN, page


@page(SIGNED_IN)
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/overview.html")
