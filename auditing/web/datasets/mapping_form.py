"""The mapping page's form: a dropdown for each role, or the mapping written out as YAML."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from auditing.core.errors import BadInput
from auditing.datasets.mapping import ROW_NUMBER, SINGLE, MappingSpec, Paths

TEXT_WORDS = ("input", "output", "reference")
LIST_WORDS = ("messages", "images")
BY_FIELDS, BY_YAML = "fields", "yaml"
LABELS = {
    "id": "Id",
    "input": "Input",
    "input_too": "and",
    "output": "Output",
    "reference": "Reference",
    "messages": "Conversation",
    "images": "Images",
    "candidate_a": "Candidate A",
    "candidate_b": "Candidate B",
    "producer": "Producer",
    "produced_at": "Time",
    "cluster": "Cluster",
}
HELP = {
    "id": "What the file calls each item; ratings refer to it.",
    "input": "What was asked; a second field can stand with it.",
    "output": "What was made, and is judged.",
    "reference": "What it should be, where that is known.",
    "messages": "A list of turns with role and content.",
    "candidate_a": "Two outputs to compare.",
    "producer": "Who made the item.",
    "produced_at": "ISO time, or seconds since 1970.",
    "cluster": "Items of one source: a question, a document.",
    "images": "Addresses or data: URLs.",
}


class MappingForm(forms.Form):
    """`spec()` reads it as a MappingSpec; `filled(spec)` gives the data that shows one."""

    marks_optional = False  # nearly all of it is
    mode = forms.ChoiceField(
        choices=[(BY_FIELDS, "Choose fields"), (BY_YAML, "Write YAML")],
        widget=forms.RadioSelect,
        label="Say it by",
    )
    slices = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Fields that part the items into groups to compare.",
    )
    yaml = forms.CharField(
        required=False,
        label="Mapping",
        widget=forms.Textarea(attrs={"rows": 12, "data-code": "", "spellcheck": "false"}),
    )

    def __init__(self, paths: Sequence[str], data: Any = None) -> None:
        super().__init__(data)
        choices = [("", "–"), *((path, path) for path in paths)]
        for name, label in LABELS.items():
            own = [*choices, (ROW_NUMBER, "the row's number")] if name == "id" else choices
            self.fields[name] = forms.ChoiceField(
                choices=own, required=False, label=label, help_text=HELP.get(name, "")
            )
        self.fields["slices"].choices = [(path, path) for path in paths]  # type: ignore[attr-defined]

    def spec(self) -> MappingSpec:
        """Raises BadInput for what cannot be a mapping."""
        if not self.is_valid():
            name, errors = next(iter(self.errors.items()))
            raise BadInput(str(errors[0]), field=name)
        if self.cleaned_data["mode"] == BY_YAML:
            return MappingSpec.from_yaml(self.cleaned_data["yaml"], file="mapping")
        return self._of_fields(self.cleaned_data)

    def _of_fields(self, chosen: Mapping[str, Any]) -> MappingSpec:
        payload: dict[str, Any] = {word: chosen[word] for word in (*TEXT_WORDS, *LIST_WORDS) if chosen[word]}
        if chosen["input"] and chosen["input_too"]:
            both = (chosen["input"], chosen["input_too"])
            payload["input"] = {path.rsplit(".", 1)[-1]: path for path in both}
        if chosen["candidate_a"] or chosen["candidate_b"]:
            payload["candidates"] = {"a": chosen["candidate_a"], "b": chosen["candidate_b"]}
        whole = {"id": chosen["id"], "payload": payload, "slices": chosen["slices"]}
        return MappingSpec.from_dict(whole | {key: chosen[key] for key in SINGLE})

    @classmethod
    def filled(cls, paths: Sequence[str], spec: MappingSpec) -> "MappingForm":
        """A form that shows a mapping: in dropdowns where they can, else as YAML."""
        data: dict[str, Any] = {"mode": BY_FIELDS, "yaml": spec.to_yaml(), "id": spec.id}
        data |= {key: getattr(spec, key) for key in SINGLE} | {"slices": list(spec.slices.values())}
        for word, value in spec.payload.items():
            data |= _choices_of(word, value)
        form = cls(paths, data)
        if spec.payload and not _says(form, spec):  # a guess that found nothing is asked for in dropdowns
            form = cls(paths, data | {"mode": BY_YAML})
        return form


def _choices_of(word: str, value: Paths) -> dict[str, str]:
    if isinstance(value, str):
        return {word: value}
    if word == "candidates":
        return {f"candidate_{side}": path for side, path in value.items()}
    return dict(zip((word, f"{word}_too"), value.values(), strict=False))


def _says(form: MappingForm, spec: MappingSpec) -> bool:
    try:
        return form.spec() == spec
    except BadInput:
        return False
