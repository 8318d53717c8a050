"""A judge's draft as fields, for the architectures that have a form, or as YAML, for every one."""

from typing import Any

from django import forms

from auditing.core import yaml_text
from auditing.judging.schema import BATCH, KINDS, STRUCTURED
from auditing.judging.schema.panel import RULES
from auditing.judging.schema.registry import DEFAULT_ARCHITECTURE
from auditing.judging.schema.starters import NOT_WRITTEN
from auditing.web.documents import pair_lines, pairs
from auditing.web.judging.check_form import (
    CHECK_WORDS,
    CheckForm,
    check_forms,
    checks_fit,
    criteria_of,
    otherwise_of,
)
from auditing.web.judging.part_form import LAYOUTS, content_of, part_forms, parts_fit
from auditing.web.judging.words import ARCHITECTURE_WORDS, endpoint_choices, json_or_text, json_text, text_in

STRUCTURED_WORDS = {
    "json_schema": "JSON schema: the endpoint constrains the reply",
    "json_object": "JSON object: the endpoint promises JSON only",
    "none": "none: the prompt alone asks for JSON",
}
MODEL_FIELDS = (
    "endpoint",
    "model",
    "instructions",
    "temperature",
    "max_output_tokens",
    "seed",
    "rationale",
    "reference",
    "repair_attempts",
    "parameters",
)
FIELDS_OF = {
    "single": (*MODEL_FIELDS, "calls", "structured", "delivery"),
    "pairwise": (*MODEL_FIELDS, "calls", "structured"),
    "self_consistency": (*MODEL_FIELDS, "samples", "structured"),
    "probability_weighted": (*MODEL_FIELDS, "alternatives"),
    "critique_and_revise": (*MODEL_FIELDS, "structured", "rounds"),
    "decision": ("endpoint", "model", "instructions", "parameters"),
    "panel": ("combine", "needs"),
    "cascade": (),
    "debate": ("rounds",),
    "program": ("otherwise",),
}
PROGRAM = "program"
TEXTS = ("endpoint", "model", "instructions")
CHOICES = ("structured", "reference", "calls", "combine")  # left out where nothing is chosen
NUMBERS = (
    "temperature",
    "max_output_tokens",
    "seed",
    "repair_attempts",
    "parameters",
    "samples",
    "alternatives",
)
COUNTS = ("needs", "rounds")  # left out where nothing is said
ROWS = (
    ("otherwise",),
    ("combine", "needs"),
    ("rounds",),
    ("endpoint", "model"),
    ("samples",),
    ("alternatives",),
    ("instructions",),
    ("rationale",),
    ("reference", "calls"),
    ("temperature", "seed"),
    ("max_output_tokens", "repair_attempts"),
    ("structured",),
    ("delivery",),
    ("parameters",),
)
LEFT_ALONE = ("examples",)  # shown and drawn beside the form


def architecture_choices(current: str) -> list[tuple[str, str]]:
    """Every architecture that is written by hand, and the current one."""
    names = [name for name in KINDS if name not in NOT_WRITTEN or name == current]
    return [(name, ARCHITECTURE_WORDS.get(name, name.replace("_", " ").capitalize())) for name in names]


def architecture_named(content: dict[str, Any]) -> str:
    return str(content.get("architecture") or DEFAULT_ARCHITECTURE)


class AboutForm(forms.Form):
    """What is said of the judge, beside its content."""

    use_required_attribute = False
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @property
    def typed_description(self) -> str:
        return text_in(self, "description")


class YamlForm(AboutForm):
    """The whole content as text."""

    yaml = forms.CharField(
        label="The judge as YAML",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "data-code": True, "spellcheck": "false"}),
    )

    @property
    def content(self) -> dict[str, Any]:
        """Raises BadInput naming the line."""
        return yaml_text.read(str(self.cleaned_data.get("yaml", "")))

    @staticmethod
    def initial_of(content: dict[str, Any], description: str) -> dict[str, Any]:
        return {"yaml": yaml_text.write(content), "description": description}


class JudgeForm(AboutForm):
    """The draft's fields, kept as they were typed; `judging.schema` says what is wrong with them."""

    endpoint = forms.ChoiceField()
    model = forms.CharField(help_text="As the endpoint calls it.")
    instructions = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What the rubric does not say. The questions and scales come from the rubric by themselves.",
    )
    temperature = forms.CharField(required=False, help_text="0 to 2; empty leaves it to the endpoint.")
    max_output_tokens = forms.CharField(label="Most output tokens")
    seed = forms.CharField(required=False, help_text="Where the endpoint honours one.")
    structured = forms.ChoiceField(
        label="Structured output",
        choices=[(key, STRUCTURED_WORDS[key]) for key in STRUCTURED],
    )
    repair_attempts = forms.CharField(help_text="How often a reply that cannot be read is sent back. 0 to 3.")
    rationale = forms.BooleanField(required=False, label="Ask for a short reason before each value")
    reference = forms.ChoiceField(
        required=False,
        label="The item's reference answer",
        choices=[("show", "shown to the judge"), ("hide", "hidden from the judge")],
    )
    calls = forms.ChoiceField(
        required=False,
        label="Calls",
        choices=[("per_item", "one for an item, all criteria"), ("per_criterion", "one for each criterion")],
    )
    samples = forms.CharField(required=False, help_text="How often the model is asked. 2 to 50.")
    alternatives = forms.CharField(
        required=False, help_text="Tokens that the endpoint lists at each place. 2 to 20."
    )
    delivery = forms.BooleanField(
        required=False,
        label="Ask through the provider's Batch API (half price, answers within a day)",
        help_text="For endpoints that have one. It changes what the answers cost, not what is asked.",
    )
    parameters = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-code": True, "spellcheck": "false"}),
        help_text="Further fields of the request, as a JSON object.",
    )

    combine = forms.ChoiceField(
        required=False,
        label="How the members are combined",
        choices=[(rule, rule.replace("_", " ")) for rule in RULES],
    )
    needs = forms.CharField(
        required=False, label="Members that must have scored", help_text="Empty: more than half of them."
    )
    otherwise = forms.CharField(
        required=False,
        label="Where no check decided",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One line a criterion, as `correct: yes`; without one it gets no verdict.",
    )
    rounds = forms.CharField(required=False, help_text="How often they answer one another. Up to 3.")

    def __init__(
        self,
        *args: Any,
        architecture: str = DEFAULT_ARCHITECTURE,
        content: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.architecture = architecture
        shown = ("description", *FIELDS_OF[architecture])
        self.fields = {name: field for name, field in self.fields.items() if name in shown}
        if "endpoint" in self.fields:
            current = self.data.get("endpoint") or self.initial.get("endpoint")
            self.fields["endpoint"].choices = endpoint_choices(current)  # type: ignore[attr-defined]
        self.parts = part_forms(architecture, content or {}, self.data if self.is_bound else None)
        self.checks: list[CheckForm] = []
        self.kinds_of_checks: list[tuple[str, str]] = []
        if architecture == PROGRAM:
            self.checks = check_forms(content or {}, self.data if self.is_bound else None)
            self.kinds_of_checks = list(CHECK_WORDS.items())
        layout = LAYOUTS.get(architecture)
        self.grows = layout.called if layout else ""

    def is_valid(self) -> bool:
        parts_are_valid = all([part.is_valid() for part in (*self.parts, *self.checks)])  # noqa: C419 - each is to be cleaned
        return super().is_valid() and parts_are_valid

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        """Its fields as they stand on the page."""
        rows = [[self[name] for name in row if name in self.fields] for row in ROWS]
        return [row for row in rows if row]

    @property
    def content(self) -> dict[str, Any]:
        """What was typed as a judge's content; a text that is no number stays text, to be complained about."""
        named = {} if self.architecture == DEFAULT_ARCHITECTURE else {"architecture": self.architecture}
        shown = FIELDS_OF[self.architecture]
        if self.architecture == PROGRAM:
            rows = [check.row for check in self.checks]
            return {**named, "criteria": criteria_of(rows, pairs(text_in(self, "otherwise")))}
        said = {name: text_in(self, name) for name in TEXTS if name in shown}
        said |= {name: text_in(self, name) for name in CHOICES if name in shown and text_in(self, name)}
        numbers = {name: json_or_text(text_in(self, name)) for name in (*NUMBERS, *COUNTS) if name in shown}
        read = {name: value for name, value in numbers.items() if value is not None or name not in COUNTS}
        flags = {"rationale": bool(self.cleaned_data.get("rationale"))} if "rationale" in shown else {}
        delivery = {"delivery": BATCH} if self.cleaned_data.get("delivery") else {}
        return {**named, **said, **read, **flags, **delivery, **content_of(self.architecture, self.parts)}

    @staticmethod
    def fits(content: dict[str, Any]) -> bool:
        """Can this content be shown as fields, without losing anything of it?"""
        architecture = architecture_named(content)
        if architecture not in FIELDS_OF:
            return False
        if architecture == PROGRAM:
            return set(content) <= {"architecture", "criteria"} and checks_fit(content)
        shown = FIELDS_OF[architecture]
        layout = LAYOUTS.get(architecture)
        left = LEFT_ALONE if "model" in shown else ()
        known = {"architecture", *shown, *left, *(layout.keys if layout else ())}
        return set(content) <= known and parts_fit(architecture, content)

    @staticmethod
    def initial_of(content: dict[str, Any], description: str) -> dict[str, Any]:
        """The other way round: content as the fields show it."""
        shown = {key: "" if value is None else value for key, value in content.items()}
        parameters = content.get("parameters") or {}
        return {
            "architecture": architecture_named(content),
            "temperature": "0",
            "max_output_tokens": "1024",
            "repair_attempts": "1",
            "rationale": True,
            "samples": "5",
            "alternatives": "20",
            "otherwise": pair_lines(otherwise_of(content)) if architecture_named(content) == PROGRAM else "",
            **shown,
            "delivery": content.get("delivery") == BATCH,
            "parameters": json_text(parameters),
            "description": description,
        }
