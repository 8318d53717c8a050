"""What the forms of judges say and read alike."""

import json
from typing import Any

from django.forms import Form

from auditing.judging.endpoints import usual_endpoint
from auditing.judging.models import Endpoint

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


def endpoint_choices(current: str | None) -> list[tuple[str, str]]:
    """The endpoints that are there, the usual one first, and the current one though it may not be there."""
    stored = list(Endpoint.objects.order_by("name").values_list("name", flat=True))
    names = list(dict.fromkeys([usual_endpoint(), *stored, *([current] if current else [])]))
    return [(name, name) for name in names]


def text_in(form: Form, name: str) -> str:
    """What a field holds, with the line ends of YAML; empty where it holds what no field takes, such as a null byte.

    Browsers send other line ends, and a prompt with those is another prompt: its replies would be paid for again.
    """
    return str(form.cleaned_data.get(name, "")).replace("\r\n", "\n")


def json_or_text(text: str) -> Any:
    """What a field says as JSON; None for nothing, and what is no JSON as the text it is, to be complained about."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def json_text(value: Any) -> str:
    """The other way round; nothing for None and for an empty object."""
    if value is None or value == {}:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
