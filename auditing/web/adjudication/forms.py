"""Filters of the list, and what the ruling screen posts."""

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest

from auditing.accounts.models import User
from auditing.adjudication.models import Disagreement, DisagreementState, Kind
from auditing.adjudication.selectors import disagreements_open_to, opinions_on
from auditing.audits.models import Audit
from auditing.core.errors import BadInput
from auditing.rubrics.schema import Criterion
from auditing.web.forms import FilterForm
from auditing.web.policy import person
from auditing.web.rubrics.inputs import read_answer

ALL = "all"


class DisagreementFilter(FilterForm):
    """Open cases unless others are asked for."""

    state = forms.ChoiceField(choices=[("", "Open"), (DisagreementState.RULED, "Ruled"), (ALL, "All")])
    audit = forms.ModelChoiceField(Audit.objects.none(), empty_label="All audits")
    criterion = forms.ChoiceField()
    kind = forms.ChoiceField(choices=[("", "Any kind"), *Kind.choices])

    @classmethod
    def of(cls, request: HttpRequest, **kwargs: User) -> "DisagreementFilter":
        form = cls(request.GET, user=person(request))
        form.is_valid()
        return form

    def __init__(self, data: object, *, user: User) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.cases = disagreements_open_to(user)
        audits = Audit.objects.filter(pk__in=self.cases.order_by().values("audit"))
        self.fields["audit"].queryset = audits.select_related("batch")  # type: ignore[attr-defined]
        criteria = self.cases.order_by("criterion").values_list("criterion", flat=True).distinct()
        self.fields["criterion"].choices = [("", "All criteria"), *((key, key) for key in criteria)]  # type: ignore[attr-defined]

    def rows(self) -> QuerySet[Disagreement]:
        wanted = {name: self.value(name) for name in ("audit", "criterion", "kind") if self.value(name)}
        state = self.value("state") or DisagreementState.OPEN
        return self.cases.filter(**wanted) if state == ALL else self.cases.filter(**wanted, state=state)


def ruled_value(request: HttpRequest, case: Disagreement, criterion: Criterion) -> str:
    """The value posted: an opinion agreed with, or one chosen. Raises BadInput when there is neither."""
    letter = request.POST.get("agree")
    if letter:
        for opinion in opinions_on(case):
            if opinion.letter == letter:
                return opinion.value
        raise BadInput(f"There is no opinion {letter!r} on this case.", field="agree")
    value = read_answer(criterion, request.POST)
    if value is None:
        raise BadInput("Choose a value, or agree with an opinion.", field=criterion.key)
    return value
