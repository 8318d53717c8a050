"""Domain errors become answers: missing 404, forbidden 403, conflict and bad input a message on the page."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from auditing.core.errors import DokimaError, Forbidden, Missing
from auditing.reviews.policies import WouldUnblind


class AnswerDomainErrors:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Missing):
            raise Http404(str(error))
        if isinstance(error, WouldUnblind):
            return render(request, "reviews/unblind.html", {"batch": error.batch})
        if isinstance(error, Forbidden):
            return render(request, "errors/403.html", {"reason": str(error)}, status=403)
        if isinstance(error, DokimaError):
            return self.say(request, error)
        return None

    def say(self, request: HttpRequest, error: DokimaError) -> HttpResponse:
        """Back to the page it came from, with the complaint on top; 409 where there is no page to go back to."""
        if request.headers.get("HX-Request"):
            return render(request, "errors/_problem.html", {"reason": str(error)}, status=422)
        back = request.headers.get("Referer", "")
        if request.method == "POST" and url_has_allowed_host_and_scheme(back, {request.get_host()}):
            messages.error(request, str(error))
            return redirect(back)
        return render(request, "errors/409.html", {"reason": str(error)}, status=409)
