"""Names of raters and their answers, as people read them."""

from collections import Counter

from auditing.accounts.models import User
from auditing.ratings.frame import RESERVED
from auditing.reviews.models import TaskState
from auditing.rubrics.scales import CANNOT_ASSESS, Taxonomy
from auditing.rubrics.schema import Criterion, RubricSpec
from auditing.web.metaaudit.subjects import Subject
from auditing.web.templatetags.opinions import errors_in, label_of


class Names(dict[str, str]):
    """The name to show by the name within the frame of opinions; who has no other keeps that."""

    def __missing__(self, rater: str) -> str:
        return rater


def names_of(subject: Subject) -> Names:
    """Full names of the reviewers of an audit; the username beside them where several have the same."""
    if subject.audit is None:
        return Names()
    submitted = {"review_tasks__audit": subject.audit, "review_tasks__state": TaskState.SUBMITTED}
    people = User.objects.filter(**submitted).distinct()
    imported = set(
        subject.batch.collection.raters.filter(ratings__item__batch=subject.batch).values_list(
            "name", flat=True
        )
    )
    same = Counter([*map(str, people), *imported])
    names = Names()
    for user in people:
        own = f"{user.username} (this audit)" if user.username in imported | RESERVED else user.username
        names[own] = str(user) if same[str(user)] == 1 else f"{user} ({own})"
    return names


def criterion_of(rubric: RubricSpec | None, key: str) -> Criterion | None:
    return next((one for one in rubric.criteria if one.key == key), None) if rubric else None


def in_words(criterion: Criterion | None, value: str) -> str:
    """A level with its label, marked errors by their kind; anything else as it stands."""
    if criterion is None:
        return value
    if not isinstance(criterion.scale, Taxonomy) or value == CANNOT_ASSESS:
        return label_of(criterion, value)
    if value == "[]":
        return "no error"
    found = [f"{error['category']} ({error['severity']})" for error in errors_in(criterion, value)]
    return ", ".join(found) or value
