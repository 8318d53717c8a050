"""What the demonstration's people do: auditors of planted skill review, the lead rules by the truth and decides."""

from datetime import timedelta

from auditing.accounts.models import User
from auditing.adjudication.models import Disagreement, DisagreementState
from auditing.adjudication.services import rule
from auditing.audits.models import Audit
from auditing.audits.services import open_audit
from auditing.datasets.models import Batch
from auditing.demo.cast import AUDITORS, SEED, Person
from auditing.demo.clock import Clock, turned_back
from auditing.demo.invoices import truth_of
from auditing.estimation.services import confirm_decision
from auditing.judging.schema.questions import question_of
from auditing.pipeline.services import run_here
from auditing.reports.services import make_report
from auditing.reviews.models import ReviewTask
from auditing.reviews.services import beat, next_task, submit
from auditing.rubrics.schema import RubricSpec
from auditing.sops.models import SopVersion
from judges.simulator import Persona
from judges.simulator.personas import Draw, answer

SECONDS_AN_ITEM = 24.0
AUDITORS_AN_AUDIT = 4


def past_audit(
    batch: Batch, version: SopVersion, everybody: dict[str, User], index: int, *, leave_rulings: bool = False
) -> Audit:
    """A whole audit, from opening to report, in the days after the delivery; or up to the rulings."""
    lead = everybody["lead"]
    with turned_back(batch.received_at + timedelta(hours=1)) as clock:
        audit = open_audit(by=lead, batch=batch, sop_version=version, seed=SEED + index)
        run_here(by=lead, audit=audit)
        clock.wind(3600)
        review(audit, crew(index), everybody, clock)
        run_here(by=lead, audit=audit)
        clock.wind(7200)
        if leave_rulings:
            return audit
        settle(audit, lead, clock)
        run_here(by=lead, audit=audit)
        clock.wind(1800)
        confirm_decision(by=lead, audit=audit, outcome=audit.decision.proposed)
        make_report(by=lead, audit=audit)
    return audit


def crew(index: int) -> list[Person]:
    """Who works on the audit with this number: they take turns."""
    return [AUDITORS[(index * 3 + turn) % len(AUDITORS)] for turn in range(AUDITORS_AN_AUDIT)]


def review(
    audit: Audit, crew: list[Person], everybody: dict[str, User], clock: Clock, *, at_most: int | None = None
) -> int:
    """Let a crew work on an audit's queue in turns until it is empty, or `at_most` reviews are in."""
    done, idle = 0, 0
    while idle < len(crew) and (at_most is None or done < at_most):
        person = crew[(done + idle) % len(crew)]
        task = next_task(user=everybody[person.username], audit=audit)
        if task is None:
            idle += 1
            continue
        _give_opinion(task, person, everybody[person.username], clock)
        done, idle = done + 1, 0
    return done


def _give_opinion(task: ReviewTask, person: Person, user: User, clock: Clock) -> None:
    beat(by=user, task=task)
    clock.wind(SECONDS_AN_ITEM * (1.4 - 0.6 * person.skill) * (1 + task.item.position % 5 / 10))
    submit(by=user, task=task, answers=opinion(person, task.audit.rubric, task))


def opinion(person: Person, rubric: RubricSpec, task: ReviewTask) -> dict[str, str]:
    """The truth, as this person sees it; the same at every call."""
    truth = truth_of(task.item.payload)
    persona = Persona(skill=person.skill, bias=person.bias)
    return {
        criterion.key: answer(
            persona,
            criterion.key,
            question_of(criterion).scale.json_schema(),
            truth[criterion.key],
            Draw((SEED, person.username, task.item.external_id, criterion.key)),
        )
        for criterion in rubric.criteria
    }


def settle(audit: Audit, lead: User, clock: Clock, *, at_most: int | None = None) -> int:
    """Rule on what is open, by the truth."""
    waiting = Disagreement.objects.filter(audit=audit, state=DisagreementState.OPEN).select_related("item")
    cases = list(waiting.order_by("pk")[:at_most])
    for case in cases:
        clock.wind(40)
        truth = truth_of(case.item.payload)[case.criterion]
        rule(
            by=lead,
            audit=audit,
            item=case.item,
            criterion=case.criterion,
            value=truth,
            rationale="Compared with the paper.",
        )
    return len(cases)
