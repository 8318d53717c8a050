"""The API itself: bearer tokens, problem JSON, and an OpenAPI document that says both."""

from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from auditing.api.policy import BearerToken
from auditing.api.problems import MEDIA_TYPE, Problem, add_handlers

DESCRIPTION = """Audit the quality of collected data: deliver, define, open, draw, judge and review, rule, estimate,
decide, compare raters, report.

Send a token as `Authorization: Bearer dok_...`. Lists take `limit` and `offset`. Every refusal is a `Problem`.
What your token's owner does not reach answers 404."""
REFUSAL = {
    "description": "Refused",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class Api(NinjaAPI):
    def __init__(self) -> None:
        super().__init__(
            title="Dokima",
            version="1",
            description=DESCRIPTION,
            docs_url=None,
            openapi_url="/openapi.json",
            urls_namespace="api",
            auth=BearerToken(),
        )
        add_handlers(self)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, **where: Any) -> Any:
        """Every operation may refuse, so every operation says how."""
        schema = super().get_openapi_schema(**where)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = schema["components"]["schemas"]
        parts.update(problem.pop("$defs"))
        parts["Problem"] = problem
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"]["default"] = REFUSAL
        return schema
