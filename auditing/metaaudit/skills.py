"""How often each member of a panel agrees with the reference labels of a collection's audits, to weigh it by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.core.errors import Missing
from auditing.datasets.models import Collection
from auditing.judging.models import Run, Verdict
from auditing.judging.schema.panel import PanelJudge
from auditing.judging.selectors import SETTLED
from auditing.metaaudit.comparisons import compare_all
from auditing.metaaudit.selectors import REFERENCE, evidence
from auditing.reviews.phase import INDEPENDENT_STATES
from auditing.rubrics.models import RubricVersion

FEWEST_LABELS = 30  # of a criterion, before a share of them says anything
NEWEST = 20  # audits that are looked at
COLUMNS = ["item", "rater", "rater_kind", "criterion", "value"]
MEASURE = "raw agreement with the reference labels, no answer counting as disagreement"


@dataclass(frozen=True)
class Skill:
    """One member on one criterion, over `n` labelled items. `share` is None where they are too few."""

    member: str
    criterion: str
    n: int
    share: float | None
    interval: tuple[float, float] | None


def measured_skills(
    panel: PanelJudge, *, by: User, collection: Collection, rubric_version: RubricVersion
) -> list[Skill]:
    """Each member on each criterion, from the audits under the rubric whose opinions are all in, the newest 20.

    A member is known again by what it is asked, as a member of any panel or as a judge of its own. Raises Missing
    where there is no such audit.
    """
    audits = _audits(by, collection, rubric_version)
    if not audits:
        raise Missing(f"No audit of {collection} under {rubric_version} has all its opinions in yet.")
    spec = rubric_version.spec
    members = {one.name: one.judge.build(spec).fingerprint() for one in panel.members}
    frame = pd.DataFrame([*_labels(audits), *_opinions(audits, members, rubric_version)], columns=COLUMNS)
    frame = frame.drop_duplicates(["item", "rater", "criterion"], keep="first")
    return [
        _skill(frame, name, criterion.key, rubric_version) for name in members for criterion in spec.criteria
    ]


def _audits(by: User, collection: Collection, rubric_version: RubricVersion) -> list[Audit]:
    """The newest first: of an item that is in several, the newest label counts."""
    found = audits_visible_to(by, Permission.SEE_VERDICTS).filter(
        batch__collection=collection, sop_version__rubric_version=rubric_version
    )
    return list(found.exclude(state__in=INDEPENDENT_STATES).order_by("-pk")[:NEWEST])


def _labels(audits: list[Audit]) -> Iterator[tuple[Any, ...]]:
    for audit in audits:
        frame = evidence(audit=audit, batch=audit.batch).frame
        yield from frame.loc[frame["rater"] == REFERENCE, COLUMNS].itertuples(index=False, name=None)


def _opinions(
    audits: list[Audit], members: Mapping[str, str], rubric_version: RubricVersion
) -> Iterator[tuple[Any, ...]]:
    """What judges with a member's fingerprint said, alone or as a vote; None where they gave no answer."""
    runs = Run.objects.filter(audit__in=audits).select_related("judge_version__judge").order_by("-pk")
    for run in runs:
        for said_by, fingerprint in _voices(run, rubric_version).items():
            for member in (name for name, own in members.items() if own == fingerprint):
                for item, criterion, value in _said(run, said_by):
                    yield item, member, "judge", criterion, value


def _voices(run: Run, rubric_version: RubricVersion) -> dict[str, str]:
    """Fingerprints of the run's judge, under the name "", and of the members that it is made of."""
    spec = run.judge_version.spec
    members = spec.members if isinstance(spec, PanelJudge) else ()
    named = {"": spec, **{one.name: one.judge for one in members}}
    return {name: judge.build(rubric_version.spec).fingerprint() for name, judge in named.items()}


def _said(run: Run, voice: str) -> Iterator[tuple[int, str, str | None]]:
    """Item, criterion and value of the run's judge, or of one vote in it."""
    rows = Verdict.objects.filter(run=run).values_list("item_id", "criterion", "outcome", "value", "details")
    for item, criterion, outcome, value, details in rows.order_by("pk").iterator(chunk_size=2000):
        if not voice:
            yield item, criterion, value if outcome in SETTLED else None
            continue
        for vote in details.get("votes", ()):
            if vote["name"] == voice:
                yield item, criterion, vote.get("value")


def _skill(frame: pd.DataFrame, member: str, criterion: str, rubric_version: RubricVersion) -> Skill:
    found = compare_all(
        frame, [(member, REFERENCE)], criterion=criterion, rubric=rubric_version.spec, confidence=0.95
    )
    n = found[0].n if found else 0
    if n < FEWEST_LABELS:
        return Skill(member, criterion, n, None, None)
    return Skill(member, criterion, n, found[0].accuracy, found[0].accuracy_interval)
