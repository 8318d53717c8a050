"""Forms that start a trial."""

from typing import Any

from django import forms

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.models import VersionState
from auditing.datasets.models import Batch
from auditing.datasets.selectors import batches_visible_to
from auditing.judging.models import Judge, JudgeVersion
from auditing.metaaudit.playground import MOST_ITEMS
from auditing.metaaudit.probes import ITEMS
from auditing.reviews.selectors import batches_reviewed_by
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.selectors import versions_visible_to


def open_batches(user: User) -> Any:
    """Batches whose verdicts she may see and of which she reviews no item."""
    return batches_visible_to(user, Permission.SEE_VERDICTS).exclude(pk__in=batches_reviewed_by(user))


class TryForm(forms.Form):
    """On what a draft is tried."""

    rubric_version = forms.ModelChoiceField(RubricVersion.objects.none(), label="Rubric")
    batch = forms.ModelChoiceField(
        Batch.objects.none(), help_text="Batches of which you review items yourself are not among them."
    )
    most = forms.IntegerField(
        label="Items", min_value=1, max_value=MOST_ITEMS, initial=MOST_ITEMS, help_text=f"1 to {MOST_ITEMS}."
    )
    seed = forms.IntegerField(
        min_value=0, max_value=2**31, initial=1, help_text="The same seed draws the same items."
    )
    items = forms.CharField(
        label="Or these items",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-code": True, "spellcheck": "false"}),
        help_text="Item ids, one a line; then nothing is drawn.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rubric_version"].queryset = versions_visible_to(user)  # type: ignore[attr-defined]
        self.fields["batch"].queryset = open_batches(user)  # type: ignore[attr-defined]
        if not self.is_bound:
            for name in ("rubric_version", "batch"):
                self.initial.setdefault(name, self.fields[name].queryset.first())  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        """As `start_playground` takes it."""
        values = dict(self.cleaned_data)
        names = [line.strip() for line in values.pop("items").splitlines() if line.strip()]
        return {**values, "item_ids": names}


class ProbeForm(forms.Form):
    """What is probed, and on which bad answers."""

    version = forms.ModelChoiceField(JudgeVersion.objects.none(), empty_label=None)
    batch = forms.ModelChoiceField(
        Batch.objects.none(),
        required=False,
        empty_label="Plainly wrong answers that come with Dokima",
        label="Bad answers from",
        help_text="Of a batch, the items that its labels call bad come first.",
    )
    rubric_version = forms.ModelChoiceField(
        RubricVersion.objects.none(),
        required=False,
        empty_label="The one that goes with them",
        label="Rubric",
        help_text="Dokima's own are asked whether they are correct; a batch is judged by the rubric of its newest "
        "audit, unless you choose another.",
    )
    most = forms.IntegerField(
        label="Items", min_value=1, max_value=50, initial=ITEMS, help_text="Each takes 58 calls."
    )

    def __init__(self, *args: Any, user: User, judge: Judge, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        published = judge.versions.filter(state=VersionState.PUBLISHED).select_related("judge")
        self.fields["version"].queryset = published  # type: ignore[attr-defined]
        self.fields["batch"].queryset = open_batches(user)  # type: ignore[attr-defined]
        self.fields["rubric_version"].queryset = versions_visible_to(user)  # type: ignore[attr-defined]

    def clean(self) -> None:
        """A batch and a rubric go together; where only the batch is chosen, its newest audit names the rubric."""
        batch, rubric = self.cleaned_data.get("batch"), self.cleaned_data.get("rubric_version")
        if rubric and not batch:
            self.add_error("batch", "Choose the batch whose items are judged by this rubric, or no rubric.")
        if batch and not rubric:
            newest = Audit.objects.filter(batch=batch).order_by("-pk").first()
            if newest is None:
                self.add_error("rubric_version", "This batch has no audit that names a rubric: choose one.")
            else:
                self.cleaned_data["rubric_version"] = newest.sop_version.rubric_version

    @property
    def asked(self) -> dict[str, Any]:
        """As `start_injection_probe` takes it."""
        return dict(self.cleaned_data)
