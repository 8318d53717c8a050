"""The checks of a judge that asks no model, each as plain fields: its criterion, its settings, what it decides."""

from collections.abc import Mapping
from typing import Any, Literal, get_origin

from django import forms

from auditing.core.errors import BadInput
from auditing.judging.schema.program import CHECK_NAMES, settings_of
from auditing.web.judging.words import json_or_text, json_text, text_in

OWN = ("check", "holds", "fails")
CHECK_WORDS = {
    "match": "Match with another field",
    "regex": "Pattern in the text",
    "length": "Length",
    "json_schema": "JSON schema",
    "language": "Language",
    "near_duplicate": "Near duplicate",
}
LISTS = tuple[str, ...]
AS_TYPED = ("pattern",)  # a space at its end is part of it


class CheckForm(forms.Form):
    """One check. A setting that is left empty is as usual."""

    use_required_attribute = False
    check = forms.CharField(required=False, widget=forms.HiddenInput)
    criterion = forms.CharField(required=False)
    holds = forms.CharField(required=False, label="Value where it holds")
    fails = forms.CharField(required=False, label="Value where it fails")

    def __init__(self, *args: Any, kind: str, place: int, **kwargs: Any) -> None:
        kwargs["prefix"] = f"check-{place}"
        super().__init__(*args, **kwargs)
        self.kind, self.place = kind, place
        for name, hint in settings_of(kind).items():
            self.fields[name] = _field(name, hint)

    @property
    def title(self) -> str:
        return f"Check {self.place + 1}: {CHECK_WORDS.get(self.kind, self.kind)}"

    @property
    def position(self) -> str:
        """Its place as a text, for what a button says of it."""
        return str(self.place)

    @property
    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in settings_of(self.kind)]

    @property
    def row(self) -> tuple[str, dict[str, Any]]:
        """Its criterion, and the check as the judge's content has it."""
        said = {name: self._read(name, hint) for name, hint in settings_of(self.kind).items()}
        decides = {name: text_in(self, name) for name in ("holds", "fails") if text_in(self, name)}
        kept = {name: value for name, value in said.items() if value not in (None, "", [])}
        return text_in(self, "criterion"), {"check": self.kind, **kept, **decides}

    def _read(self, name: str, hint: Any) -> Any:
        if hint is bool:
            return bool(self.cleaned_data.get(name)) or None
        if hint == LISTS:
            return [part.strip() for part in text_in(self, name).split(",") if part.strip()]
        is_text = hint is str or get_origin(hint) is Literal
        return text_in(self, name) if is_text else json_or_text(text_in(self, name))


def _field(name: str, hint: Any) -> forms.Field:
    if hint is bool:
        return forms.BooleanField(required=False)
    help_text = "Separated by commas." if hint == LISTS else ""
    return forms.CharField(required=False, help_text=help_text, strip=name not in AS_TYPED)


def rows_of(content: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every check with its criterion, in order."""
    criteria = content.get("criteria") or {}
    return [(name, check) for name, rules in criteria.items() for check in rules.get("checks") or []]


def check_forms(content: Mapping[str, Any], data: Any) -> list[CheckForm]:
    """The checks as they were sent; with nothing sent, as the content has them."""
    if data is None:
        rows = enumerate(rows_of(content))
        return [
            CheckForm(initial=_initial(name, check), kind=check["check"], place=place)
            for place, (name, check) in rows
        ]
    found: list[CheckForm] = []
    while (kind := data.get(f"check-{len(found)}-check")) in CHECK_NAMES:
        found.append(CheckForm(data, kind=kind, place=len(found)))
    return found


def _initial(criterion: str, check: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in check.items()
    }
    written = {name: value if isinstance(value, bool) else json_text(value) for name, value in shown.items()}
    return {**written, "criterion": criterion}


def criteria_of(rows: list[tuple[str, dict[str, Any]]], otherwise: Mapping[str, str]) -> dict[str, Any]:
    """The checks by criterion again, with what holds where none of them decided."""
    criteria: dict[str, Any] = {}
    for name, check in rows:
        criteria.setdefault(name, {"checks": []})["checks"].append(check)
    for name, value in otherwise.items():
        criteria.setdefault(name, {"checks": []})["otherwise"] = value
    return criteria


def otherwise_of(content: Mapping[str, Any]) -> dict[str, str]:
    criteria = content.get("criteria") or {}
    return {name: str(rules["otherwise"]) for name, rules in criteria.items() if rules.get("otherwise")}


def checks_fit(content: Mapping[str, Any]) -> bool:
    """Can every check be shown as plain fields, without losing anything of it?"""
    criteria = content.get("criteria")
    return isinstance(criteria, dict) and all(_rules_fit(rules) for rules in criteria.values())


def _rules_fit(rules: Any) -> bool:
    if not isinstance(rules, dict) or set(rules) - {"checks", "otherwise"}:
        return False
    checks = rules.get("checks")
    otherwise = rules.get("otherwise", "")
    decided = not isinstance(otherwise, dict | list | bool) and ":" not in str(
        otherwise
    )  # it parts a line in two
    return decided and isinstance(checks, list) and all(_check_fits(check) for check in checks)


def _check_fits(check: Any) -> bool:
    if not isinstance(check, dict) or check.get("check") not in CHECK_NAMES:
        return False
    known = {*OWN, *settings_of(check["check"])}
    return set(check) <= known and not any(isinstance(check.get(key), bool) for key in OWN)


def changed_checks(content: dict[str, Any], operation: str) -> dict[str, Any]:
    """The content after a button on its checks: `check:add:regex`, `check:remove:1`. Raises BadInput."""
    _, verb, which = (*operation.split(":"), "", "")[:3]
    rows = rows_of(content)
    if verb == "add" and which in CHECK_NAMES:
        rows.append((rows[-1][0] if rows else "", {"check": which}))
    elif verb == "remove" and which.isdecimal() and int(which) < len(rows):
        rows.pop(int(which))
    else:
        raise BadInput("There is no such check any more.", field="do")
    return {**content, "criteria": criteria_of(rows, otherwise_of(content))}
