"""Judge files: a judge version as YAML, lossless in both directions.

judge: careful
description: what it is for
architecture: panel       # and its keys; see `judging.schema`
"""

from typing import Any

from django.db import transaction

from auditing.accounts.models import User
from auditing.core import versions, yaml_text
from auditing.core.errors import BadInput
from auditing.core.reading import read_text
from auditing.journal.services import record
from auditing.judging.definitions import freeze, refuse_archived
from auditing.judging.models import Judge, JudgeVersion
from auditing.judging.policies import require_manage
from auditing.judging.schema import read_judge
from auditing.rubrics.schema import NAME


@transaction.atomic
def import_judge(*, by: User | None, text: str, file: str = "", publish: bool = True) -> JudgeVersion:
    """A judge file as the next published version, or as the draft; the same file twice is the same version.

    Raises BadInput naming file, line and field, Conflict where the judge is archived.
    """
    require_manage(by)
    written = yaml_text.read(text, file=file)
    try:
        name, description, content = _read(written)
    except BadInput as error:
        raise yaml_text.located(error, text, file) from error
    judge, _ = Judge.objects.get_or_create(name=name)
    refuse_archived(judge)
    if "description" in written and judge.description != description:
        judge.description = description
        judge.save(update_fields=["description"])
    draft: JudgeVersion = versions.keep_draft(judge, by=by, content=content)
    version, is_new = freeze(judge, by, "") if publish else (draft, True)
    if is_new:
        details = {"file": file, "number": version.number, "checksum": version.checksum}
        record(by=by, verb="imported", subject=version, details=details)
    return version


def export_judge(version: JudgeVersion) -> str:
    """The judge file of a version, as YAML; importing it gives the same version back."""
    about = {"judge": version.judge.name, "description": version.judge.description}
    return yaml_text.write({**about, **version.content})


def _read(written: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Name, description and content, the content with every setting named."""
    name = read_text(written.get("judge", ""), "judge")
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{name!r} is no name; use small letters, digits, - and _ (at most 120)", field="judge"
        )
    description = read_text(written.get("description") or "", "description").strip()
    content = {key: value for key, value in written.items() if key not in ("judge", "description")}
    return name, description, read_judge(content).to_content()
