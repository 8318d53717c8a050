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
        reason = _refusal(request, size)
        if not reason:
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        return render(request, "errors/413.html", {"reason": reason}, status=413)


def _refusal(request: HttpRequest, size: int) -> str:
    """Why so many bytes are not read; empty where they are. The API asks who it is before it reads any."""
    most = settings.UPLOAD_MAX_BYTES
    if size > most:
        return (
            f"What was sent is {_megabytes(size)} MB, and at most {_megabytes(most)} MB is taken at once: "
            "split the file into several batches, or have the limit raised (UPLOAD_MAX_MB)."
        )
    is_small = size <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if is_small or request.path.startswith("/api/") or request.user.is_authenticated:
        return ""
    return f"What was sent is {_megabytes(size)} MB, and files are taken from people who have signed in: do that first."


def _megabytes(size: int) -> str:
    return f"{-(-size // (1024 * 1024)):,}"
