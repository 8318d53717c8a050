"""What is too large is refused by what it says of itself, before a byte of it is read."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from auditing.api.problems import answer


class RefuseTooMuch:
    """413 with one sentence: a page for people, problem JSON under `/api/`. What says no length is not read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = str(request.META.get("CONTENT_LENGTH", ""))
        size = int(said) if said.isdecimal() else 0
        if size <= settings.UPLOAD_MAX_BYTES:
            return self.get_response(request)
        reason = (
            f"What was sent is {_megabytes(size)} MB, and at most {_megabytes(settings.UPLOAD_MAX_BYTES)} MB is "
            "taken at once: split the file into several batches, or have the limit raised (UPLOAD_MAX_MB)."
        )
        if request.path.startswith("/api/"):
            return answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        return render(request, "errors/413.html", {"reason": reason}, status=413)


def _megabytes(size: int) -> str:
    return f"{-(-size // (1024 * 1024)):,}"
