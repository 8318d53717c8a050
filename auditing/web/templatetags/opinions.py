"""How opinions are written: answers in the words of their scale, and the time they took."""

import json

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from auditing.core.errors import BadInput
from auditing.rubrics.scales import CANNOT_ASSESS, Taxonomy
from auditing.rubrics.schema import Criterion
from auditing.web.rubrics.inputs import criterion_input

register = template.Library()


@register.simple_tag
def answer(criterion: Criterion, value: str) -> SafeString:
    """A value as people read it: a level with its label, marked errors as a list."""
    return render_to_string(
        "reviews/_answer.html", {"label": label_of(criterion, value), "errors": errors_in(criterion, value)}
    )


def label_of(criterion: Criterion, value: str) -> str:
    choices = criterion_input(criterion, value).choices
    return next((choice.label for choice in choices if choice.value == value), value)


def errors_in(criterion: Criterion, value: str) -> list[dict[str, str]]:
    if not isinstance(criterion.scale, Taxonomy) or value == CANNOT_ASSESS:
        return []
    try:
        errors: list[dict[str, str]] = json.loads(criterion.scale.canonical(value))
    except BadInput:  # a draft may hold what is not yet on the scale
        return []
    return errors


@register.filter
def duration(seconds: float) -> str:
    """75 as `1 min`, 4000 as `1 h 6 min`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute" if seconds else "none"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
