"""Every error as problem JSON: what is wrong, and in which file, line and field."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from auditing.core.errors import BadInput, Conflict, DokimaError, Forbidden, Missing
from auditing.datasets.problems import BadRows
from auditing.reviews.answers import IncompleteReview

MEDIA_TYPE = "application/problem+json"
STATUS: tuple[tuple[type[DokimaError], HTTPStatus], ...] = (
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Conflict, HTTPStatus.CONFLICT),
    (Missing, HTTPStatus.NOT_FOUND),
    (Forbidden, HTTPStatus.FORBIDDEN),
)


class Complaint(Schema):
    """One of several things that are wrong."""

    line: int | None = None
    field: str = ""
    message: str


class Problem(Schema):
    """Why an operation was refused (RFC 9457). `problems` lists what is wrong where that is more than one thing."""

    type: str = Field(examples=["urn:dokima:unprocessable-entity"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(
        examples=["rubric.yaml, line 4, field criteria[0].scale.type: unknown choice 'binry'"]
    )
    file: str = Field("", examples=["rubric.yaml"])
    line: int | None = Field(None, examples=[4])
    field: str = Field("", examples=["criteria[0].scale.type"])
    problems: list[Complaint] = []


class Place(NamedTuple):
    """Where in what was handed in."""

    file: str = ""
    line: int | None = None
    field: str = ""


NOWHERE = Place()


def add_handlers(api: NinjaAPI) -> None:
    handlers: dict[type[Exception], Any] = {
        DokimaError: answer_domain_error,
        ValidationError: answer_invalid,
        HttpError: answer_http_error,
        Http404: answer_missing,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def answer(
    status: HTTPStatus, detail: str, place: Place = NOWHERE, problems: Sequence[Complaint] = ()
) -> HttpResponse:
    kind = status.phrase.lower().replace(" ", "-")
    body = Problem(
        type=f"urn:dokima:{kind}",
        title=status.phrase,
        status=status,
        detail=detail,
        problems=list(problems),
        **place._asdict(),
    )
    return HttpResponse(body.model_dump_json(), status=status, content_type=MEDIA_TYPE)


def answer_domain_error(request: HttpRequest, error: DokimaError) -> HttpResponse:
    status = next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.CONFLICT)
    return answer(status, str(error), place_of(error), complaints_of(error))


def place_of(error: DokimaError) -> Place:
    return Place(error.file, error.line, error.field) if isinstance(error, BadInput) else NOWHERE


def complaints_of(error: DokimaError) -> list[Complaint]:
    if isinstance(error, BadRows):
        return [Complaint(line=row.line, field=row.field, message=row.message) for row in error.problems]
    if isinstance(error, IncompleteReview):
        return [Complaint(field=key, message=message) for key, message in error.problems.items()]
    return []


def answer_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What does not fit the operation's schema."""
    complaints = list(complaints_about(error.errors))
    first = complaints[0]
    detail = f"field {first.field}: {first.message}" if first.field else first.message
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, detail, Place(field=first.field), complaints)


def complaints_about(errors: list[dict[str, Any]]) -> Iterator[Complaint]:
    for error in errors:
        source, *path = error["loc"]
        named = path[1:] if source == "body" else path  # the first step is the parameter's name in the code
        message = str(error["msg"]).removeprefix("Value error, ")
        yield Complaint(field=".".join(map(str, named)), message=message)


def answer_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error, AuthenticationError):
        response = answer(HTTPStatus.UNAUTHORIZED, "Send a token that is neither expired nor revoked.")
        response["WWW-Authenticate"] = "Bearer"
        return response
    return answer(HTTPStatus(error.status_code), str(error))


def answer_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return answer(HTTPStatus.NOT_FOUND, str(error) or "There is nothing here.")
