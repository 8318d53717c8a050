"""Whatever else is asked for under the API's root: a problem for programs, not a page for people."""

from typing import NoReturn

from django.http import HttpRequest
from ninja import Router

from auditing.core.errors import Missing

router = Router(auth=None)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@router.api_operation(METHODS, "/{path:rest}", include_in_schema=False)
def nowhere(request: HttpRequest, rest: str) -> NoReturn:
    raise Missing(f"The API has no /{rest}; what it has is in openapi.json.")
