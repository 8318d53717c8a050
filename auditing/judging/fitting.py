"""Which rubrics a judge can be asked about."""

from auditing.core.errors import BadInput
from auditing.core.models import VersionState
from auditing.judging.schema import JudgeSpec
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import RubricSpec


def misfit(spec: JudgeSpec, rubric: RubricSpec) -> BadInput | None:
    """Why this judge cannot be asked about this rubric; None where it can."""
    try:
        spec.build(rubric)
    except BadInput as error:
        return error
    return None


def require_a_rubric(spec: JudgeSpec) -> None:
    """Raise BadInput where there are published rubrics, and this judge can be asked about none of them."""
    published = RubricVersion.objects.filter(state=VersionState.PUBLISHED).order_by("-pk")
    first: BadInput | None = None
    for version in published:
        reason = misfit(spec, version.spec)
        if reason is None:
            return
        first = first or reason
    if first:
        raise BadInput(f"no published rubric suits it: {first.message}", field=first.field)
