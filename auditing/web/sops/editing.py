"""Between an SOP's content and the fields of its editor."""

from typing import Any

from django.http import QueryDict

from auditing.sops.acceptance import ACCEPTANCE_KEYS, RULE_KEYS
from auditing.sops.sampling import COMMON, KEYS_OF
from auditing.web import documents
from auditing.web.documents import LEAF, filled, number_or_text, share_or_text

SHARES = ("overlap", "tau", "at_least", "confidence")  # per cents on the page
_CLAUSE_SHAPE = {"key": LEAF, "title": LEAF, "text": LEAF}
_SAMPLING = (
    "method",
    "by",
    "allocation",
    "minimum",
    "strata",
    "tau",
    "judge",
    "human",
    "overlap",
    "opinions",
)
_SHAPE = {
    "sop": LEAF,
    "collection": LEAF,
    "rubric": LEAF,
    "purpose": LEAF,
    "clauses": [_CLAUSE_SHAPE],
    "sampling": dict.fromkeys(_SAMPLING, LEAF),
    "judges": [LEAF],
    "labels": {"source": LEAF, "reference": LEAF},
    "acceptance": dict.fromkeys(ACCEPTANCE_KEYS, LEAF),
    "estimates": {"target": LEAF},
    "report": {"slices": [LEAF]},
}
_FORM = _SHAPE | {
    "acceptance": dict.fromkeys((*ACCEPTANCE_KEYS, "on"), LEAF),
    "report": {"slices": LEAF},  # a text of lines
}


def new_content(name: str, collection: str, rubric: str) -> dict[str, Any]:
    """An SOP to start from: a hundred items of each batch, reviewed once."""
    return {
        "sop": name,
        "collection": collection,
        "rubric": rubric,
        "sampling": {"method": "simple", "judge": "all", "human": 100, "overlap": 0.2, "opinions": 2},
        "judges": [],
        "labels": {"source": "reviews", "reference": "adjudicated"},
        "acceptance": {
            "criterion": "item_passes",
            "at_least": 0.95,
            "confidence": 0.95,
            "side": "lower",
            "basis": "human",
        },
        "report": {"slices": ["producer"]},
    }


def read_fields(post: QueryDict) -> dict[str, Any]:
    """The SOP's content as the form has it, right or not yet."""
    form = documents.from_fields(post, _FORM)
    content = {name: form.get(name, "").strip() for name in ("sop", "collection", "rubric")}
    content |= filled(purpose=form.get("purpose", "").strip())
    content |= filled(clauses=[_clause(row) for row in _list(form.get("clauses"))])
    content["sampling"] = _sampling(form.get("sampling"))
    content["judges"] = [str(name).strip() for name in _list(form.get("judges"))]
    content["labels"] = _typed(form.get("labels"), ("source", "reference"))
    acceptance = form.get("acceptance") or {}
    content |= filled(acceptance=_acceptance(acceptance) if "on" in acceptance else None)
    content |= filled(estimates=_estimates(form.get("estimates")))
    slices = documents.lines((form.get("report") or {}).get("slices", ""))
    return content | filled(report=filled(slices=slices))


def operate(content: dict[str, Any], operation: str) -> dict[str, Any]:
    """The content after one of the editor's buttons."""
    return documents.edited(content, operation, lambda _: _blank_clause(content))


def fits_fields(content: Any) -> bool:
    """Can the form show all of it?"""
    return documents.conforms(content, _SHAPE)


def _blank_clause(content: dict[str, Any]) -> dict[str, Any]:
    taken = {clause.get("key") for clause in content.get("clauses", [])}
    number = next(number for number in range(1, len(taken) + 2) if f"C{number}" not in taken)
    return {"key": f"C{number}", "title": "", "text": ""}


def _clause(row: Any) -> dict[str, Any]:
    row = row if isinstance(row, dict) else {}
    return {name: row.get(name, "").strip() for name in ("key", "title", "text")}


def _sampling(form: Any) -> dict[str, Any]:
    """What the method asks for; what the form still holds of other methods is left out."""
    sampling = _typed(form, _SAMPLING)
    used = KEYS_OF.get(str(sampling.get("method")), _SAMPLING)
    return {name: value for name, value in sampling.items() if name in COMMON or name in used}


def _acceptance(form: Any) -> dict[str, Any]:
    """What the rule asks for; the usual rule need not be named."""
    typed = _typed(form, ACCEPTANCE_KEYS)
    rule = str(typed.get("rule", "interval"))
    kept = RULE_KEYS.get(rule, ACCEPTANCE_KEYS)
    own = {name: value for name, value in typed.items() if name in kept}
    return own if rule == "interval" else {"rule": rule, **own}


def _estimates(form: Any) -> dict[str, Any]:
    """The usual target need not be named."""
    typed = _typed(form, ("target",))
    return {} if typed.get("target") == "batch" else typed


def _typed(form: Any, names: tuple[str, ...]) -> dict[str, Any]:
    form = form if isinstance(form, dict) else {}
    read = {name: share_or_text if name in SHARES else number_or_text for name in names}
    return filled(**{name: read[name](form.get(name, "")) for name in names})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
