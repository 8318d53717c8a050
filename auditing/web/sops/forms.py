"""Forms about SOPs as a whole; an SOP's content has its editor."""

from typing import Any

from django import forms

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.datasets.models import Collection
from auditing.datasets.selectors import collections_visible_to
from auditing.web.forms import FilterForm
from auditing.web.rubrics.forms import ImportForm, NameField
from auditing.web.sops.presenters import rubric_choices


class SopFilter(FilterForm):
    search = forms.CharField(widget=forms.TextInput(attrs={"data-key": "/"}))
    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label="All")
    archived = forms.BooleanField(label="Show archived")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit(self.fields["collection"], user, Permission.SEE_DEFINITIONS)


class NewSopForm(forms.Form):
    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label=None)
    name = NameField("Small letters, digits and dashes, for example answers-weekly. It stays for good.")
    rubric = forms.ChoiceField(help_text="Without a version it is the newest when the SOP is published.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit(self.fields["collection"], user, Permission.DEFINE)
        choices = [(choice, choice) for choice in rubric_choices(user)]
        self.fields["rubric"] = forms.ChoiceField(choices=choices, help_text=self.fields["rubric"].help_text)


class ImportSopForm(ImportForm):
    collection = forms.ModelChoiceField(
        Collection.objects.none(), required=False, empty_label="the one that the file names"
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit(self.fields["collection"], user, Permission.DEFINE)


def _limit(field: forms.Field, user: User, permission: Permission) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = collections_visible_to(user, permission)
