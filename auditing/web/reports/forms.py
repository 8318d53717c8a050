"""The filters of the list of reports."""

from typing import Any

from django import forms

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.datasets.models import Collection
from auditing.datasets.selectors import collections_visible_to
from auditing.estimation.models import Outcome
from auditing.web.forms import FilterForm


class ReportFilter(FilterForm):
    search = forms.CharField(label="Batch", widget=forms.TextInput(attrs={"data-key": "/"}))
    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label="All collections")
    outcome = forms.ChoiceField(
        label="Decision", choices=[("", "Any decision"), *Outcome.choices, ("open", "Not decided")]
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collection"].queryset = collections_visible_to(user, Permission.SEE_REPORTS)  # type: ignore[attr-defined]
