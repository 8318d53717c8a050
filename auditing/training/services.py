"""Training a judge on what was ruled, and publishing what was learnt."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.judging.learning import LEARNABLE, learnt
from auditing.judging.models import Judge, JudgeVersion
from auditing.judging.policies import require_manage
from auditing.judging.services import create_judge, publish, save_draft
from auditing.rubrics.models import RubricVersion
from auditing.training.labelled import Gathered, Source, gather


def train_judge(
    *,
    by: User | None,
    name: str,
    rubric_version: RubricVersion,
    sources: Sequence[Source],
    criteria: Sequence[str] = (),
    judges: Sequence[str] = (),
    reference: str | None = None,
    seed: int = 0,
) -> JudgeVersion:
    """Learn the criteria (all that can be, unless named) from the sources' labels; publish the next version.

    Items in the sample of an audit that is not over are never trained on. Of its own training items the judge later
    says what it said when it had not seen them. Raises BadInput where there is too little to learn from.
    """
    require_manage(by)
    for source in sources:
        require(by, Permission.SEE_VERDICTS, source.batch.collection)
    rubric = rubric_version.spec
    keys = criteria or [one.key for one in rubric.criteria if one.scale.type in LEARNABLE]
    if not keys:
        raise BadInput(
            f"no criterion has a scale that can be learnt ({', '.join(LEARNABLE)})", field="criteria"
        )
    unknown = set(keys) - {criterion.key for criterion in rubric.criteria}
    if unknown:
        raise BadInput(f"the rubric has no criterion {', '.join(sorted(unknown))}", field="criteria")
    gathered = {
        key: gather(rubric.criterion(key), sources, rubric, judges=judges, reference_rater=reference)
        for key in keys
    }
    training = {
        "rubric": str(rubric_version),
        "rubric_checksum": rubric_version.checksum,
        "sources": [str(source) for source in sources],
        "reference": reference or "",
        "criteria": {key: _counts(one) for key, one in gathered.items()},
    }
    labelled = {key: one.items for key, one in gathered.items()}
    content = learnt(labelled, judges=judges, training=training, seed=seed).to_content()
    return _published(by, name, content, training)


def _counts(gathered: Gathered) -> dict[str, int]:
    return {
        "items": len(gathered.items),
        "left_out_under_audit": gathered.left_out,
        "rounded_means": gathered.rounded,
    }


@transaction.atomic
def _published(
    by: User | None, name: str, content: dict[str, object], training: Mapping[str, object]
) -> JudgeVersion:
    judge = Judge.objects.filter(name=name).first()
    if judge is None:
        judge = create_judge(by=by, name=name, content=content, description="Learnt from rulings.")
    else:
        save_draft(by=by, judge=judge, content=content)
    version = publish(by=by, judge=judge, note="trained")
    record(by=by, verb="trained", subject=version, details=dict(training))
    return version
