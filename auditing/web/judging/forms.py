"""Forms and filters about judges, endpoints and calls."""

from typing import Any

from django import forms

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.models import VersionState
from auditing.datasets.models import Batch, Collection, Item
from auditing.datasets.selectors import batches_visible_to, collections_visible_to
from auditing.judging.lifecycle import CallState
from auditing.judging.models import Judge
from auditing.judging.schema.examples import MOST_EXAMPLES
from auditing.judging.selectors import judges_visible_to
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import RubricSpec
from auditing.rubrics.selectors import versions_visible_to
from auditing.web.forms import FilterForm
from auditing.web.rubrics.forms import NameField

OUTCOMES = (
    "scored",
    "abstained",
    "parse_failed",
    "refused",
    "truncated",
    "content_filtered",
    "order_inconsistent",
)


class JudgeFilter(FilterForm):
    search = forms.CharField(widget=forms.TextInput(attrs={"data-key": "/"}))
    archived = forms.BooleanField(label="Show archived")


class NewJudgeForm(forms.Form):
    name = NameField(
        "Small letters, digits and dashes. SOPs ask for a judge by this name, so it stays for good."
    )
    model = forms.CharField(max_length=200, help_text="As the endpoint calls it.")
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))


class PreviewForm(forms.Form):
    """On what the prompt is shown: a rubric, and an item of a batch that she can see."""

    rubric = forms.ModelChoiceField(
        RubricVersion.objects.none(), required=False, empty_label="Choose a rubric"
    )
    batch = forms.ModelChoiceField(Batch.objects.none(), required=False, empty_label="Choose a batch")
    position = forms.IntegerField(required=False, min_value=1, initial=1, label="Item number")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rubric"].queryset = versions_visible_to(user)  # type: ignore[attr-defined]
        self.fields["batch"].queryset = batches_visible_to(user, Permission.SEE_ITEMS)  # type: ignore[attr-defined]

    @property
    def chosen_rubric(self) -> RubricSpec | None:
        version = self.cleaned_data.get("rubric")
        return version.spec if version else None

    @property
    def chosen_item(self) -> Item | None:
        batch, position = self.cleaned_data.get("batch"), self.cleaned_data.get("position") or 1
        return batch.items.order_by("position")[position - 1 : position].first() if batch else None


class ExamplesForm(forms.Form):
    """Which rulings become few-shot examples."""

    rubric_version = forms.ModelChoiceField(
        RubricVersion.objects.none(), label="Ruled under", empty_label="Choose a rubric"
    )
    without = forms.ModelChoiceField(
        Batch.objects.none(),
        required=False,
        label="Leave out the batch",
        empty_label="none",
        help_text="A judge audits no batch that its examples are from.",
    )
    count = forms.IntegerField(label="How many", initial=4, min_value=1, max_value=MOST_EXAMPLES)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rubric_version"].queryset = versions_visible_to(user)  # type: ignore[attr-defined]
        self.fields["without"].queryset = batches_visible_to(user, Permission.SEE_ITEMS)  # type: ignore[attr-defined]


class SkillsForm(forms.Form):
    """Where a panel's members are measured."""

    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label="Choose a collection")
    rubric_version = forms.ModelChoiceField(
        RubricVersion.objects.none(), label="Under", empty_label="Choose a rubric"
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reached = collections_visible_to(user, Permission.SEE_VERDICTS)
        self.fields["collection"].queryset = reached  # type: ignore[attr-defined]
        self.fields["rubric_version"].queryset = versions_visible_to(user)  # type: ignore[attr-defined]


class EndpointForm(forms.Form):
    """The key is written and never read back."""

    name = NameField(
        "Judges name their endpoint by this; the one called default serves those that name none."
    )
    base_url = forms.CharField(
        label="Address", max_length=300, help_text="For example https://api.openai.com/v1"
    )
    api_key = forms.CharField(
        label="Key",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted and never shown. Left empty, the stored key stays.",
    )
    forget_key = forms.BooleanField(label="Forget the stored key", required=False)
    concurrency = forms.IntegerField(
        initial=32, min_value=1, max_value=1000, help_text="Most calls at the same time."
    )
    requests_per_minute = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        label="Most calls a minute",
        help_text="Left empty, it is learnt from what the endpoint refuses.",
    )
    tokens_per_minute = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000_000, label="Most tokens a minute"
    )
    timeout_seconds = forms.IntegerField(initial=60, min_value=1, max_value=600, label="Time limit (seconds)")

    @property
    def values(self) -> dict[str, Any]:
        """As `save_endpoint` takes them: no key keeps the stored one, an empty one removes it."""
        values = dict(self.cleaned_data)
        key, forget = values.pop("api_key"), values.pop("forget_key")
        return {**values, "api_key": key or ("" if forget else None)}


class PriceForm(forms.Form):
    model = forms.CharField(max_length=200)
    prompt = forms.DecimalField(
        min_value=0, max_digits=12, decimal_places=6, label="Prompt", help_text="US dollars a million tokens."
    )
    completion = forms.DecimalField(min_value=0, max_digits=12, decimal_places=6, label="Completion")


class RunBudgetForm(forms.Form):
    budget = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=1_000_000,
        decimal_places=2,
        label="Budget ($)",
        help_text="No call is made that could exceed it: the run pauses. Empty for none of its own.",
    )


class OtherJudgeForm(forms.Form):
    """Whom to ask instead of a judge whose run stands still."""

    judge = forms.ModelChoiceField(
        Judge.objects.none(),
        empty_label="Choose a judge",
        to_field_name="name",
        help_text="Its newest published version is asked; of the same judge too, once you have published a new one.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        published = judges_visible_to(user).filter(versions__state=VersionState.PUBLISHED, archived_at=None)
        self.fields["judge"].queryset = published.distinct()  # type: ignore[attr-defined]


class CallFilter(FilterForm):
    """Of the calls of a run. `criterion` narrows `outcome` and `answer` to its verdicts."""

    search = forms.CharField(label="Item", widget=forms.TextInput(attrs={"data-key": "/"}))
    state = forms.ChoiceField(choices=[("", "Any state"), *CallState.choices])
    criterion = forms.ChoiceField()
    outcome = forms.ChoiceField(
        choices=[("", "Any outcome"), ("unscored", "unscored"), *((o, o.replace("_", " ")) for o in OUTCOMES)]
    )
    answer = forms.CharField(label="Verdict")
    suspicious = forms.BooleanField(label="Addresses the judge")

    def __init__(self, *args: Any, rubric: RubricSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [(criterion.key, criterion.key) for criterion in rubric.criteria]
        self.fields["criterion"].choices = [("", "Any criterion"), *keys]  # type: ignore[attr-defined]
