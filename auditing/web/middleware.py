"""Domain errors become answers: missing 404, forbidden 403, conflict and bad input a message on the page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from auditing.core.boundary import UNSTORABLE, require_storable
from auditing.core.errors import BadInput, DokimaError, Forbidden, Missing, Stale
from auditing.reviews.policies import WouldUnblind


class AnswerDomainErrors:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Refuse what no column takes before any view or form is asked; a browser sends none of it."""
        if request.resolver_match and request.resolver_match.namespaces:
            return None  # the API refuses it in its own words
        if any(UNSTORABLE.search(str(value)) for value in kwargs.values()):
            raise Http404
        try:
            for sent in (request.GET, request.POST):
                for name, values in sent.lists():
                    require_storable(" ".join([name, *map(str, values)]), name)
        except BadInput as error:
            return self.say(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Missing):
            raise Http404(str(error))
        if isinstance(error, WouldUnblind):
            return render(
                request, "reviews/unblind.html", {"batch": error.batch, "next": self.page_of(request)}
            )
        if isinstance(error, Forbidden):
            return render(request, "errors/403.html", {"reason": str(error)}, status=403)
        if isinstance(error, DokimaError):
            return self.say(request, error)
        return None

    def page_of(self, request: HttpRequest) -> str:
        """The address of the page that she is on, also where she has just pressed a button of it."""
        if request.method != "POST":
            return request.get_full_path()
        back = request.headers.get("Referer", "")
        return back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else ""

    def say(self, request: HttpRequest, error: DokimaError) -> HttpResponse:
        """Back to the page it came from, with the complaint on top; 409 where there is no page to go back to."""
        if isinstance(error, Stale):
            return self.offer_choice(request, error)
        if request.headers.get("HX-Request"):
            return render(request, "errors/_problem.html", {"reason": str(error)}, status=422)
        back = self.page_of(request)
        if request.method == "POST" and back:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        return render(request, "errors/409.html", {"reason": str(error)}, status=409)

    def offer_choice(self, request: HttpRequest, error: Stale) -> HttpResponse:
        """Theirs or mine; no way back by redirection, which would lose what was typed."""
        name = "_stale" if request.headers.get("HX-Request") else "409"
        context = {"reason": str(error), "mark": error.mark, "is_stale": True}
        return render(request, f"errors/{name}.html", context, status=409)
