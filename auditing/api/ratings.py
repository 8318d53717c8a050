"""Importing opinions that were given elsewhere."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import FileEx, Form, Router, Schema, UploadedFile
from pydantic import Field, Json

from auditing.accounts.roles import Permission
from auditing.api.batches import visible_batch
from auditing.api.fields import Id, Text, kept_for_now
from auditing.api.policy import allow, person
from auditing.api.problems import Complaint
from auditing.ratings.services import RatingsImportResult, import_ratings

router = Router(tags=["ratings"])
COLUMNS = "CSV or JSONL: item_id, rater, rater_kind, criterion, value[, probability, rationale, rated_at]"


class RatingsIn(Schema):
    columns: Json[dict[Text, Text]] = Field(
        default_factory=dict,
        description="The file's column for a field.",
        examples=['{"rater": "annotator"}'],
    )
    constants: Json[dict[Text, Text]] = Field(
        default_factory=dict,
        description="A field's value in every row.",
        examples=['{"rater_kind": "human"}'],
    )
    skip_bad: bool = Field(False, description="Import the good rows and say which are bad.")


class RatingsOut(Schema):
    created: bool = Field(description="False when this file was imported before.")
    imported: int
    unchanged: int
    rejected: int
    problems: list[Complaint]


@router.post("/batches/{pk}/ratings", response=RatingsOut)
@allow(Permission.IMPORT_RATINGS)
def add_ratings(
    request: HttpRequest,
    pk: Id,
    given: Form[RatingsIn],
    file: Annotated[UploadedFile, FileEx(description=COLUMNS)],
) -> dict[str, Any]:
    """Import human, judge or gold ratings of a batch's items: all or nothing, the same file once."""
    batch = visible_batch(request, pk, Permission.IMPORT_RATINGS)
    with kept_for_now(file) as (path, name):
        result = import_ratings(
            by=person(request),
            path=path,
            file_name=name,
            batch=batch,
            columns=given.columns,
            constants=given.constants,
            skip_bad=given.skip_bad,
        )
    return described(result)


def described(result: RatingsImportResult) -> dict[str, Any]:
    return {
        "created": result.created,
        "imported": result.imported,
        "unchanged": result.unchanged,
        "rejected": result.rejected,
        "problems": [
            {"line": row.line, "field": row.field, "message": row.message} for row in result.problems
        ],
    }
