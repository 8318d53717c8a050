"""Train a judge on rulings."""

from typing import Any

from django.core.management.base import CommandParser

from auditing.audits.models import Audit
from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput, Missing
from auditing.datasets.selectors import batch_named
from auditing.judging.models import JudgeVersion
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.selectors import published_version
from auditing.training.labelled import Source
from auditing.training.services import train_judge


class Command(DoorCommand):
    help = (
        "Learn a judge from the labels of audits that are over, or of batches, and publish it as a version."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="of the judge; a new one, or one that was trained before")
        several: dict[str, Any] = {"action": "append", "default": []}
        parser.add_argument("--audit", type=int, help="an audit's id: its rulings and reviews", **several)
        parser.add_argument(
            "--batch", help="a batch's name, or COLLECTION/BATCH: its imported labels", **several
        )
        parser.add_argument("--rubric", help="NAME or NAME@VERSION; the audit's own where one is named")
        parser.add_argument("--criterion", help="what to learn; every criterion unless named", **several)
        parser.add_argument("--judge", help="a judge whose verdicts are taken into account", **several)
        parser.add_argument("--reference", help="the rater whose labels count; rulings always come first")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        audits = [_audit(key) for key in options["audit"]]
        sources = [Source(audit.batch, audit) for audit in audits]
        sources += [Source(batch_named(name)) for name in options["batch"]]
        if not sources:
            raise BadInput("name an audit or a batch to learn from", field="--audit")
        version = train_judge(
            by=None,
            name=options["name"],
            rubric_version=_rubric(options["rubric"], audits),
            sources=sources,
            criteria=options["criterion"],
            judges=options["judge"],
            reference=options["reference"],
            seed=options["seed"],
        )
        self.report(document(version), sentence(version), as_json=options["json"])


def _audit(key: int) -> Audit:
    audit = Audit.objects.filter(pk=key).first()
    if audit is None:
        raise Missing(f"There is no audit {key}.")
    return audit


def _rubric(name: str | None, audits: list[Audit]) -> RubricVersion:
    if name:
        rubric, _, number = name.partition("@")
        if number and not number.isdecimal():
            raise BadInput(f"{name!r} is not NAME or NAME@VERSION", field="--rubric")
        return published_version(rubric, int(number) if number else None)
    if not audits or audits[0].sop_version.rubric_version is None:
        raise BadInput("say which rubric the labels are for", field="--rubric")
    return audits[0].sop_version.rubric_version


def document(version: JudgeVersion) -> dict[str, Any]:
    reports = {key: lesson["report"] for key, lesson in version.content["criteria"].items()}
    return {
        "judge": version.judge.name,
        "version": version.number,
        "training": version.content["training"],
        "reports": reports,
    }


def sentence(version: JudgeVersion) -> str:
    parts = [
        f"{key}: right on {report['accuracy']:.1%} of {report['items']:,} items unseen"
        f" (always the commonest: {report['base_accuracy']:.1%}), Brier {report['brier']:.4f}"
        for key, report in document(version)["reports"].items()
    ]
    return f"Published {version}. {'; '.join(parts)}."
