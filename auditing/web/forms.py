"""What forms have in common. Widgets need no classes: `static/dokima/forms.css` styles elements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Self

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, QueryDict

from auditing.core.boundary import EARLIEST_YEAR, LATEST_YEAR
from auditing.core.errors import BadInput, Conflict, Stale


class FilterForm(forms.Form):
    """Filters in the URL: every field optional, and what cannot be read filters nothing."""

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, auto_id="filter-%s", **kwargs)
        for field in self.fields.values():
            field.required = False

    @classmethod
    def of(cls, request: HttpRequest, **kwargs: Any) -> Self:
        form = cls(request.GET, **kwargs)
        form.is_valid()
        return form

    def value(self, name: str) -> Any:
        """What was asked for, or an empty value."""
        return self.cleaned_data.get(name) or ""

    @property
    def is_active(self) -> bool:
        return any(self.cleaned_data.values())


@contextmanager
def complaints_on(form: forms.Form) -> Iterator[None]:
    """Show what a service refuses on the form, at its field where it names one, so that nothing typed is lost.

    Ask `form.is_valid()` again afterwards: it is False when something was refused. Stale is not the form's to say.
    """
    try:
        yield
    except Stale:
        raise
    except (BadInput, Conflict) as error:
        if isinstance(error, BadInput) and error.field in form.fields:
            form.add_error(error.field, error.message)
        else:
            form.add_error(None, str(error))


class DateField(forms.DateField):
    """A day, with the browser's own picker."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [
        MinValueValidator(date(EARLIEST_YEAR, 1, 1)),
        MaxValueValidator(date(LATEST_YEAR, 12, 30)),
    ]


class MomentField(forms.DateTimeField):
    """A day and a time, with the browser's own picker."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
