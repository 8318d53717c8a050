"""What the review screen shows: the item, the questions with her own answers, and nothing that could sway her."""

from typing import Any

from auditing.accounts.models import User
from auditing.reviews.models import Review, ReviewTask, TaskState
from auditing.reviews.phase import Phase, phase
from auditing.reviews.policies import is_of_earlier_wave
from auditing.reviews.selectors import handed_in, queue
from auditing.rubrics.schema import Criterion
from auditing.web.datasets.markup import markdown_html
from auditing.web.rubrics.inputs import criterion_inputs


def review_context(user: User, task: ReviewTask, problems: dict[str, str]) -> dict[str, Any]:
    review = getattr(task, "review", None) or Review(task=task)
    is_independent = phase(task.audit) is Phase.INDEPENDENT
    return {
        "task": task,
        "review": review,
        "purpose": task.audit.sop.purpose,
        "clauses": [(clause, markdown_html(clause.text)) for clause in task.audit.sop.clauses],
        "rubric": task.audit.rubric,
        "inputs": criterion_inputs(task.audit.rubric, review.answers, review.notes, problems),
        "said": said(task, review),
        "entry": next((entry for entry in queue(user) if entry.audit == task.audit), None),
        "is_open": is_independent and task.state == TaskState.ASSIGNED,
        "can_take_back": is_independent and task.state != TaskState.ASSIGNED and not is_of_earlier_wave(task),
        "last": handed_in(user).filter(audit=task.audit).first() if is_independent else None,
    }


def said(task: ReviewTask, review: Review) -> list[tuple[Criterion, str, str]]:
    """Criterion, her answer and her note, in the rubric's order."""
    criteria = task.audit.rubric.criteria
    return [(one, review.answers.get(one.key, ""), review.notes.get(one.key, "")) for one in criteria]
