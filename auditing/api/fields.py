"""What values the API takes and how lists come: shared by all routers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema, UploadedFile
from ninja.pagination import PaginationBase
from pydantic import AfterValidator, AwareDatetime, Field

from auditing.core.boundary import clean, require_moment, require_storable
from auditing.core.errors import BadInput
from auditing.datasets.uploads import keep, plain_name

MOST_ROWS = 1000
LARGEST_DEFINITION = 2 * 1024 * 1024  # bytes of a rubric, SOP or mapping file
YAML = "application/yaml; charset=utf-8"


def storable(text: str) -> str:
    with _as_pydantic_says_it():
        return require_storable(text)


def moment_in_reach(moment: datetime) -> datetime:
    with _as_pydantic_says_it():
        return require_moment(moment)


def plain_document(value: dict[str, Any]) -> dict[str, Any]:
    with _as_pydantic_says_it():
        return clean(value, "")


@contextmanager
def _as_pydantic_says_it() -> Iterator[None]:
    try:
        yield
    except BadInput as problem:
        raise ValueError(problem.message) from problem


Document = Annotated[dict[str, Any], AfterValidator(plain_document)]
Moment = Annotated[AwareDatetime, AfterValidator(moment_in_reach)]
Text = Annotated[str, AfterValidator(storable)]
Name = Annotated[Text, Field(max_length=120)]
Label = Annotated[Text, Field(max_length=200)]
Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000, description="US dollars.")]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Pages(PaginationBase):
    """`limit` and `offset` in the query; `items` and the whole `count` in the answer."""

    class Input(Schema):
        limit: int = Field(100, ge=1, le=MOST_ROWS)
        offset: int = Field(0, ge=0, le=2**62)

    def paginate_queryset(
        self, queryset: QuerySet, pagination: Input, request: HttpRequest, **params: Any
    ) -> dict[str, Any]:
        rows = queryset[pagination.offset : pagination.offset + pagination.limit]
        return {"items": rows, "count": self._items_count(queryset)}


def text_of(file: UploadedFile) -> tuple[str, str]:
    """An uploaded definition's text and plain name. Raises BadInput when it is no such file."""
    name = plain_name(file.name or "")
    if (file.size or 0) > LARGEST_DEFINITION:
        raise BadInput(f"is larger than {LARGEST_DEFINITION:,} bytes", file=name)
    try:
        return file.read().decode("utf-8-sig"), name
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8 text", file=name) from error


def binary(media_types: Iterable[str]) -> dict[str, Any]:
    """How an OpenAPI document says that an operation answers with a file."""
    schema = {"type": "string", "format": "binary"}
    content = {media_type.partition(";")[0]: {"schema": schema} for media_type in media_types}
    return {"description": "The file", "content": content}


@contextmanager
def kept_for_now(file: UploadedFile) -> Iterator[tuple[Path, str]]:
    """An upload as a file on disk, and what the sender calls it, until the block ends."""
    path = keep(file.chunks())
    try:
        yield path, plain_name(file.name or "")
    finally:
        path.unlink(missing_ok=True)
