"""What can be asked of the journal."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from auditing.journal.models import Entry
from auditing.web.forms import DateField, FilterForm
from auditing.web.journal.presenters import kind_in_words


class JournalFilter(FilterForm):
    search = forms.CharField(
        label="Search",
        widget=forms.TextInput(attrs={"type": "search", "data-key": "/", "placeholder": "Who, or what"}),
    )
    verb = forms.ChoiceField(label="Act")
    kind = forms.ChoiceField(label="On a")
    since = DateField()
    until = DateField()

    def __init__(self, *args: Any, entries: QuerySet[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verbs = entries.order_by("verb").values_list("verb", flat=True).distinct()
        kinds = entries.order_by("subject_kind").values_list("subject_kind", flat=True).distinct()
        self._choices("verb", [("", "Any act"), *((verb, verb) for verb in verbs)])
        self._choices("kind", [("", "Anything"), *((kind, kind_in_words(kind)) for kind in kinds)])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
