"""A judge's draft as fields, for the architectures whose content is flat, or as YAML, for every one."""

import json
from typing import Any

from django import forms

from auditing.core import yaml_text
from auditing.judging.endpoints import usual_endpoint
from auditing.judging.models import Endpoint
from auditing.judging.schema import BATCH, KINDS, STRUCTURED
from auditing.judging.schema.registry import DEFAULT_ARCHITECTURE
from auditing.judging.schema.starters import NOT_WRITTEN

ARCHITECTURE_WORDS = {
    "single": "Single: one model, asked once",
    "panel": "Panel: several judges, combined",
    "cascade": "Cascade: cheap first, strong where it is unsure",
    "self_consistency": "Self-consistency: one model, several samples",
    "probability_weighted": "Probability-weighted: by log-probabilities",
    "pairwise": "Pairwise: two candidates, in both orders",
    "critique_and_revise": "Critique and revise",
    "debate": "Debate: two judges, and a third who rules",
    "decision": "Decision model: typed questions",
    "program": "Program: checks without a model",
}
STRUCTURED_WORDS = {
    "json_schema": "JSON schema: the endpoint constrains the reply",
    "json_object": "JSON object: the endpoint promises JSON only",
    "none": "none: the prompt alone asks for JSON",
}
OWN_FIELDS = {
    "single": ("calls", "structured", "delivery"),
    "pairwise": ("calls", "structured"),
    "self_consistency": ("samples", "structured"),
    "probability_weighted": ("alternatives",),
}
SOMETIMES = ("calls", "structured", "samples", "alternatives", "delivery")
LEFT_ALONE = ("examples",)  # shown and drawn beside the form


def architecture_choices(current: str) -> list[tuple[str, str]]:
    """Every architecture that is written by hand, and the current one."""
    names = [name for name in KINDS if name not in NOT_WRITTEN or name == current]
    return [(name, ARCHITECTURE_WORDS.get(name, name.replace("_", " ").capitalize())) for name in names]


def architecture_named(content: dict[str, Any]) -> str:
    return str(content.get("architecture") or DEFAULT_ARCHITECTURE)


def endpoint_choices(current: str | None) -> list[tuple[str, str]]:
    """The endpoints that are there, the usual one first, and the current one though it may not be there."""
    stored = list(Endpoint.objects.order_by("name").values_list("name", flat=True))
    names = list(dict.fromkeys([usual_endpoint(), *stored, *([current] if current else [])]))
    return [(name, name) for name in names]


class AboutForm(forms.Form):
    """What is said of the judge, beside its content."""

    use_required_attribute = False
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @property
    def typed_description(self) -> str:
        return str(self.cleaned_data.get("description", ""))


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

    def __init__(self, *args: Any, architecture: str = DEFAULT_ARCHITECTURE, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.architecture = architecture
        for name in SOMETIMES:
            if name not in OWN_FIELDS[architecture]:
                del self.fields[name]
        current = self.data.get("endpoint") or self.initial.get("endpoint")
        self.fields["endpoint"].choices = endpoint_choices(current)  # type: ignore[attr-defined]

    @property
    def content(self) -> dict[str, Any]:
        """What was typed as a judge's content; a text that is no number stays text, to be complained about."""
        named = {} if self.architecture == DEFAULT_ARCHITECTURE else {"architecture": self.architecture}
        texts = [name for name in ("structured", "reference", "calls") if self._said(name)]
        numbers = ["temperature", "max_output_tokens", "seed", "repair_attempts", "parameters"]
        numbers += [name for name in ("samples", "alternatives") if name in self.fields]
        return {
            **named,
            **{name: self._said(name) for name in ("endpoint", "model", "instructions", *texts)},
            **{name: _json_or_text(self._said(name)) for name in numbers},
            "rationale": bool(self.cleaned_data.get("rationale")),
            **({"delivery": BATCH} if self.cleaned_data.get("delivery") else {}),
        }

    @staticmethod
    def fits(content: dict[str, Any]) -> bool:
        """Can this content be shown as fields, without losing anything of it?"""
        own = OWN_FIELDS.get(architecture_named(content))
        known = {"architecture", *LEFT_ALONE, *JudgeForm.base_fields} - set(SOMETIMES)
        return own is not None and set(content) <= known | set(own)

    def _said(self, name: str) -> str:
        """What a field holds; empty where it holds what no field takes, such as a null byte."""
        return str(self.cleaned_data.get(name, ""))

    @staticmethod
    def initial_of(content: dict[str, Any], description: str) -> dict[str, Any]:
        """The other way round: content as the fields show it."""
        shown = {key: "" if value is None else value for key, value in content.items()}
        parameters = content.get("parameters") or {}
        written = parameters if isinstance(parameters, str) else json.dumps(parameters, ensure_ascii=False)
        return {
            "architecture": architecture_named(content),
            "temperature": "0",
            "max_output_tokens": "1024",
            "repair_attempts": "1",
            "rationale": True,
            "samples": "5",
            "alternatives": "20",
            **shown,
            "delivery": content.get("delivery") == BATCH,
            "parameters": "" if written == "{}" else written,
            "description": description,
        }


def _json_or_text(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
