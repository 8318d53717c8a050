"""Every operation of the API, and a request to it made of its own examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from auditing.accounts.models import User
from auditing.accounts.roles import GRANTS
from auditing.accounts.services import issue_token
from auditing.api import elsewhere
from auditing.api.urls import api
from tests.cast import RUBRIC, SOP
from tests.web.objects import REACHED_BY, World

ROOT = "/api/v1"
DOCUMENT = json.loads(json.dumps(api.get_openapi_schema()))
REACHED = REACHED_BY | {
    ("collections", "username"): lambda world: world.person.username,
}
FILES = {
    "deliveries": ("items.jsonl", '{"id": "1", "input": "Question?"}\n'),
    "ratings": ("ratings.csv", "item_id,rater,rater_kind,criterion,value\nitem-1,Ann,human,correct,yes\n"),
    "rubrics": ("rubric.yaml", yaml.safe_dump({**RUBRIC, "rubric": "another"})),
    "sops": ("sop.yaml", yaml.safe_dump({**SOP, "sop": "another", "collection": "Question answering"})),
}


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    policy: Any
    schema: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def segments(self) -> list[str]:
        return self.path.strip("/").split("/")

    def url(self, world: World) -> str:
        named = [(self.segments[0], segment) for segment in self.segments if segment.startswith("{")]
        path = self.path
        for segment, name in named:
            path = path.replace(name, str(REACHED[segment, name.strip("{}")](world)))
        return path

    def sent(self, world: World) -> dict[str, Any]:
        """Keyword arguments of a request that the operation's schema takes."""
        content = self.schema.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            body = example(resolved(content["application/json"]["schema"]), world)
            return {"data": json.dumps(body), "content_type": "application/json"}
        if "multipart/form-data" in content:
            kind = next(part for part in reversed(self.segments) if part in FILES)
            name, text = FILES[kind]
            return {"data": {"file": SimpleUploadedFile(name, text.encode())}, "format": "multipart"}
        return {}


def operations() -> Iterator[Operation]:
    for _, router in api._routers:
        if router is elsewhere.router:
            continue
        for path, view in router.path_operations.items():
            for operation in view.operations:
                (method,) = operation.methods
                schema = DOCUMENT["paths"][ROOT + path][method.lower()]
                yield Operation(method, path, getattr(operation.view_func, "policy", None), schema)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself; of a body that may be left out, that of the body."""
    schema = schema.get("anyOf", [schema])[0]
    reference = schema.get("$ref")
    return DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def example(schema: dict[str, Any], world: World) -> dict[str, Any]:
    """A body of the schema's examples, with the world's own ids and names in it."""
    own = {
        "batch": world.batch.pk,
        "sop": world.audit.sop_version.sop_id,
        "item": world.item.pk,
        "username": world.person.username,
        "name": "something-new",
    }
    shown = {
        name: field["examples"][0] for name, field in schema["properties"].items() if "examples" in field
    }
    return shown | {name: value for name, value in own.items() if name in shown}


class Program:
    """A client with a token of somebody, or with none; what its requests change is undone."""

    def __init__(self, user: User | None, **token: Any) -> None:
        self.client, self.headers = Client(), {}
        if user is not None:
            token.setdefault("scopes", GRANTS[user.role])
            self.token, secret = issue_token(by=user, user=user, name="test", **token)
            self.headers = {"Authorization": f"Bearer {secret}"}

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        with transaction.atomic():
            answer = self.do(method, path, **sent)
            transaction.set_rollback(True)
        return answer

    def do(self, method: str, path: str, **sent: Any) -> Any:
        """As `ask`, and it stays done."""
        if "json" in sent:
            sent |= {"data": json.dumps(sent.pop("json")), "content_type": "application/json"}
        is_multipart = sent.pop("format", "") == "multipart"
        call = getattr(self.client, method.lower())
        if is_multipart:
            return call(ROOT + path, sent["data"], headers=self.headers)
        return call(ROOT + path, headers=self.headers, **sent)
