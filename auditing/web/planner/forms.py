"""What the planner's page asks, all of it in the address."""

from typing import Any

from django import forms
from django.http import QueryDict

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.boundary import whole_number
from auditing.datasets.models import Batch
from auditing.datasets.selectors import batches_visible_to
from auditing.estimation.planner.questions import MOST_ITEMS, PLANS, SEVERITIES
from auditing.sops.acceptance import PERCENTS
from auditing.sops.models import Sop
from auditing.sops.selectors import sops_visible_to
from auditing.stats.z14 import CODE_LETTERS
from auditing.web.forms import FilterForm
from auditing.web.sops.presenters import ALLOCATIONS, METHODS


class PercentField(forms.FloatField):
    """A share, typed as a percentage."""

    def __init__(self, label: str, help_text: str = "") -> None:
        widget = forms.NumberInput(attrs={"step": "any"})
        super().__init__(label=label, help_text=help_text, min_value=0, max_value=100, widget=widget)

    def clean(self, value: Any) -> float | None:
        found = super().clean(value)
        return None if found is None else round(found / 100, 9)


class PlannerForm(FilterForm):
    goal = forms.ChoiceField(label="What for", choices=[(key, words) for key, words in PLANS.items()])
    batch = forms.ModelChoiceField(Batch.objects.none(), empty_label="None: only a number of items")
    population = forms.IntegerField(label="Items in the batch", min_value=2, max_value=MOST_ITEMS)
    pass_rate = PercentField("Expected to pass, %", "From the newest audit, or 90.")
    confidence = PercentField("Confidence, %")
    margin = PercentField("Margin, ± points")
    acceptable = PercentField("Should pass, % failing", "A batch as good as this is to be accepted.")
    tolerable = PercentField("Must not pass, % failing", "A batch as bad as this is to be caught.")
    alpha = PercentField("Risk of rejecting a good batch, %")
    beta = PercentField("Risk of accepting a bad batch, %")
    aql = forms.TypedChoiceField(
        label="AQL, % failing", coerce=float, choices=[(f"{aql:g}", f"{aql:g}") for aql in PERCENTS]
    )
    level = forms.ChoiceField(label="Inspection level", choices=[(level, level) for level in CODE_LETTERS])
    severity = forms.ChoiceField(label="Severity", choices=[(one, one) for one in SEVERITIES])
    method = forms.ChoiceField(label="Which items", choices=METHODS)
    by = forms.ChoiceField(label="By")
    allocation = forms.ChoiceField(choices=ALLOCATIONS)
    judges = forms.ChoiceField(
        label="Judges", choices=[("with", "help to estimate"), ("without", "left out")]
    )
    minutes = forms.FloatField(
        label="Minutes a label", min_value=0, max_value=10_000, help_text="Measured, or 2."
    )
    hourly = forms.FloatField(label="Money an hour", min_value=0, max_value=100_000, help_text="Optional.")

    def __init__(self, data: QueryDict, *, user: User) -> None:
        usual = data.copy()
        for name, value in USUAL.items():
            usual.setdefault(name, value)
        super().__init__(usual)
        batches = batches_visible_to(user, Permission.SEE_AUDITS).select_related("collection")
        self.fields["batch"].queryset = batches  # type: ignore[attr-defined]
        batch = batches.filter(pk=whole_number(data.get("batch")) or 0).first()
        names = ["producer", *batch.slice_fields] if batch else []
        self.fields["by"].choices = [("", "choose a field"), *((name, name) for name in names)]  # type: ignore[attr-defined]


USUAL = {
    "goal": "precision",
    "confidence": "95",
    "margin": "3",
    "acceptable": "1",
    "tolerable": "5",
    "alpha": "5",
    "beta": "10",
    "aql": "1.5",
    "level": "II",
    "severity": "normal",
    "method": "simple",
    "allocation": "proportional",
    "judges": "with",
}


class UseForm(forms.Form):
    """Into which SOP's draft the plan goes."""

    sop = forms.ModelChoiceField(Sop.objects.none(), empty_label=None, label="SOP")

    def __init__(self, data: QueryDict | None, *, user: User, batch: Batch | None) -> None:
        super().__init__(data)
        sops = sops_visible_to(user, Permission.DEFINE).filter(archived_at=None)
        sops = sops.filter(collection=batch.collection_id) if batch else sops
        self.fields["sop"].queryset = sops  # type: ignore[attr-defined]
