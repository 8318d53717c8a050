"""What is asked on the pages of estimates and of the meta-audit."""

from collections.abc import Iterable, Mapping

from django import forms

from auditing.accounts.models import User
from auditing.datasets.models import Batch
from auditing.estimation.inputs import PRODUCER
from auditing.metaaudit.selectors import Evidence
from auditing.ratings.frame import UNSCORED
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.scales import Taxonomy
from auditing.rubrics.schema import ITEM_PASSES
from auditing.rubrics.selectors import versions_visible_to
from auditing.web.forms import FilterForm
from auditing.web.metaaudit.trust import default_criterion
from auditing.web.metaaudit.words import criterion_of, in_words

MOST_VALUES, MOST_LOOKED_AT = 200, 2000  # to choose from, and put into words for it


def choices(values: Iterable[str], empty: str = "") -> list[tuple[str, str]]:
    first = [("", empty)] if empty else []
    return [*first, *((value, value) for value in values)]


class RubricFilter(FilterForm):
    """For opinions made elsewhere: the rubric whose scales they are on."""

    rubric = forms.ModelChoiceField(RubricVersion.objects.none(), empty_label="No rubric: compare as text")

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["rubric"].queryset = versions_visible_to(user)  # type: ignore[attr-defined]


class BatchEstimateFilter(RubricFilter):
    reference = forms.ChoiceField(label="Labels of")
    by = forms.ChoiceField(label="By")

    def __init__(self, *args: object, user: User, batch: Batch, **kwargs: object) -> None:
        super().__init__(*args, user=user, **kwargs)
        raters = batch.collection.raters.exclude(kind="judge").filter(ratings__item__batch=batch)
        names = raters.distinct().values_list("name", flat=True)
        self.fields["reference"].choices = choices(names, "Gold, else humans together")  # type: ignore[attr-defined]
        self.fields["by"].choices = choices([PRODUCER, *batch.slice_fields], "The whole batch")  # type: ignore[attr-defined]


class TrustFilter(FilterForm):
    """Which criterion, against whom, and which figure the chart shows."""

    criterion = forms.ChoiceField()
    reference = forms.ChoiceField(label="Compared with")
    figure = forms.ChoiceField(
        label="Chart of",
        choices=[("kappa", "Kappa"), ("accuracy", "Accuracy"), ("ac1", "AC1"), ("alpha", "Alpha")],
    )
    rubric = forms.CharField(widget=forms.HiddenInput)  # a batch's scales stay chosen

    def __init__(self, *args: object, seen: Evidence, names: Mapping[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        raters = dict.fromkeys(name for key in seen.criteria() for name, _ in seen.raters(key))
        self.fields["criterion"].choices = choices(seen.criteria())  # type: ignore[attr-defined]
        self.fields["reference"].choices = [(name, names[name]) for name in raters]  # type: ignore[attr-defined]


class ItemsFilter(FilterForm):
    """Which opinions to list: of one rater on one criterion, with one value, in one slice.

    Values that read alike, such as the same errors with other notes, are one choice.
    """

    criterion = forms.ChoiceField()
    rater = forms.ChoiceField()
    opinion = forms.ChoiceField()
    slice = forms.CharField(label="Slice", widget=forms.TextInput(attrs={"placeholder": "field=value"}))

    def __init__(self, *args: object, seen: Evidence, names: Mapping[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.data.get("criterion") == ITEM_PASSES and len(seen.criteria()) == 1:
            # the only criterion decides the item
            self.data = {**self.data.dict(), "criterion": seen.criteria()[0]}  # type: ignore[attr-defined]
        asked = self.data.get("criterion")
        self.chosen = asked if asked in seen.criteria() else default_criterion(seen)
        self.spec = criterion_of(seen.rubric, self.chosen)
        self.fields["criterion"].choices = choices(seen.criteria())  # type: ignore[attr-defined]
        self.fields["rater"].choices = [(name, names[name]) for name in seen.frame["rater"].unique()]  # type: ignore[attr-defined]
        self.fields["opinion"].choices = [("", "Any value"), *self._values(seen), (UNSCORED, "unscored")]  # type: ignore[attr-defined]

    def _values(self, seen: Evidence) -> list[tuple[str, str]]:
        """What was said on the criterion, in the words of its scale."""
        said = seen.frame.loc[seen.frame["criterion"] == self.chosen, "value"].dropna().unique()
        first: dict[str, str] = {}
        for value in sorted(set(said) - {""})[:MOST_LOOKED_AT]:
            first.setdefault(in_words(self.spec, value), value)
        return [(value, words) for words, value in first.items()][:MOST_VALUES]

    def alike(self, values: Iterable[str]) -> set[str]:
        """Those of the values that read as the one that was asked for."""
        asked = self.value("opinion")
        if self.spec is None or not isinstance(self.spec.scale, Taxonomy):
            return {asked}
        words = in_words(self.spec, asked)
        return {value for value in values if in_words(self.spec, value) == words}


class DecisionForm(forms.Form):
    outcome = forms.CharField(widget=forms.HiddenInput, required=False)
    comment = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed when you decide against the rule.",
    )
