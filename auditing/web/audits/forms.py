"""Filters and forms about audits."""

from typing import Any

from django import forms

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.lifecycle import AuditState
from auditing.core.boundary import whole_number
from auditing.core.models import VersionState
from auditing.datasets.models import Batch, Collection
from auditing.datasets.selectors import batches_visible_to, collections_visible_to
from auditing.sampling.models import Plan
from auditing.sops.models import Sop
from auditing.sops.selectors import sops_visible_to
from auditing.web.forms import FilterForm, MomentField


class AuditFilter(FilterForm):
    search = forms.CharField(label="Batch", widget=forms.TextInput(attrs={"data-key": "/"}))
    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label="All collections")
    state = forms.ChoiceField(choices=[("", "Any state"), *AuditState.choices])
    sop = forms.ModelChoiceField(Sop.objects.none(), label="SOP", empty_label="All SOPs")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collection"].queryset = collections_visible_to(user, Permission.SEE_AUDITS)  # type: ignore[attr-defined]
        self.fields["sop"].queryset = sops_visible_to(user)  # type: ignore[attr-defined]


class DrawFilter(FilterForm):
    search = forms.CharField(label="Item", widget=forms.TextInput(attrs={"data-key": "/"}))
    stratum = forms.ChoiceField(choices=[])
    sample = forms.ChoiceField(choices=[("", "Both"), ("auditors", "Auditors"), ("judges", "Judges only")])

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(stratum.name, stratum.name) for stratum in plan.strata.all() if stratum.name]
        self.fields["stratum"].choices = [("", "All strata"), *names]  # type: ignore[attr-defined]
        if not names:
            del self.fields["stratum"]


class ChoiceForm(FilterForm):
    """Which batch, under which SOP: in the URL, so that a link can name either."""

    batch = forms.ModelChoiceField(Batch.objects.none(), empty_label="Choose a batch")
    sop = forms.ModelChoiceField(Sop.objects.none(), label="SOP", empty_label="Choose an SOP")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batches = batches_visible_to(user, Permission.RUN_AUDITS)
        sops = published_sops(user)
        batch = batches.filter(pk=whole_number(self.data.get("batch")) or 0).first()
        if batch is not None:
            sops = sops.filter(collection=batch.collection)
        self.fields["batch"].queryset = batches  # type: ignore[attr-defined]
        self.fields["sop"].queryset = sops  # type: ignore[attr-defined]


class OpenForm(forms.Form):
    seed = forms.IntegerField(
        required=False, min_value=0, max_value=2**63 - 1, help_text="Leave empty to have one chosen and kept."
    )
    due_at = MomentField(label="Due", required=False, help_text="When the reviews should be in.")


class CancelForm(forms.Form):
    reason = forms.CharField(max_length=500, help_text="It goes on record in the journal.")


def published_sops(user: User) -> Any:
    """SOPs she can open audits under."""
    sops = sops_visible_to(user, Permission.RUN_AUDITS).filter(archived_at=None)
    return Sop.objects.filter(
        pk__in=sops.filter(versions__state=VersionState.PUBLISHED).values("pk")
    ).select_related("collection")
