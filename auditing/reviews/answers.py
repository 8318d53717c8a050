"""What a reviewer hands in, checked against the rubric."""

from collections.abc import Mapping

from auditing.core.boundary import require_storable
from auditing.core.errors import BadInput
from auditing.rubrics.schema import Criterion, RubricSpec

Answers = Mapping[str, str | None]


class IncompleteReview(BadInput):
    """`problems`: criterion -> what is wrong with its answer, one sentence each."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {problem}" for key, problem in problems.items()))
        self.problems = problems


def drafted(rubric: RubricSpec, answers: Answers) -> dict[str, str]:
    """What to keep of a draft: canonical where it can be, else exactly as typed; blanks are no answer."""
    return {
        criterion.key: _as_far_as_possible(criterion, given)
        for criterion in rubric.criteria
        if (given := answers.get(criterion.key))
    }


def complete(rubric: RubricSpec, answers: Answers) -> dict[str, str]:
    """Every criterion's canonical value; raises IncompleteReview naming each that is missing or wrong."""
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for criterion in rubric.criteria:
        try:
            values[criterion.key] = _canonical(criterion, answers.get(criterion.key))
        except BadInput as error:
            problems[criterion.key] = error.message
    for key in sorted(set(answers) - {criterion.key for criterion in rubric.criteria}):
        problems[key] = "the rubric has no such criterion"
    if problems:
        raise IncompleteReview(problems)
    return values


def noted(rubric: RubricSpec, notes: Mapping[str, str]) -> dict[str, str]:
    """The notes on criteria, blanks left out."""
    texts = {criterion.key: clean(notes.get(criterion.key, "")) for criterion in rubric.criteria}
    return {key: text for key, text in texts.items() if text}


def clean(text: str) -> str:
    """Typed text without surrounding space. Raises BadInput for what cannot be stored."""
    return require_storable(text).strip()


def _canonical(criterion: Criterion, given: str | None) -> str:
    if not given:
        raise BadInput("an answer is missing")
    return criterion.scale.canonical(given)


def _as_far_as_possible(criterion: Criterion, given: str) -> str:
    try:
        return criterion.scale.canonical(given)
    except BadInput:
        return clean(given)
