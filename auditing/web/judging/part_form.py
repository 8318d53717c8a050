"""The judges that a judge is made of, each as a few plain fields; what has no field is carried along unchanged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from auditing.core.errors import BadInput
from auditing.judging.schema import JudgeSpec, read_judge
from auditing.judging.schema.human import HumanEnd
from auditing.judging.schema.registry import DEFAULT_ARCHITECTURE, kind_named
from auditing.web.judging.words import ARCHITECTURE_WORDS, endpoint_choices, json_or_text, json_text, text_in

SIMPLE = ("single", "probability_weighted", "self_consistency", "pairwise", "decision")
USUAL_TEMPERATURE = {"self_consistency": "0.7"}
TEXTS = ("endpoint", "model", "instructions")
_PLACE = re.compile(r"(?P<key>members|stages)\[(?P<place>\d+)\](\.(?P<setting>\w+))?")


@dataclass(frozen=True)
class Layout:
    """Where a kind of judge keeps its parts: in a list under `key`, or each under a name of its own."""

    key: str = ""
    called: str = ""
    share: str = ""  # the number that each part of a list has beside its judge
    share_help: str = ""
    names: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return self.names or (self.key,)


LAYOUTS = {
    "panel": Layout(
        "members",
        "member",
        "skill",
        'Its share of right answers, 0 to 1, for a panel that combines by weight; or by criterion: {"correct": 0.9}.',
    ),
    "cascade": Layout(
        "stages",
        "stage",
        "accept",
        'From this confidence on, 0 to 1, its answer stands; or by criterion: {"correct": 0.93}. None for the last.',
    ),
    "debate": Layout(names=("first", "second", "third")),
    "critique_and_revise": Layout(names=("critic",)),
}
TITLES = {
    "first": "First judge",
    "second": "Second judge",
    "third": "Third judge, who rules",
    "critic": "Critic (without a model of its own, the judge criticises itself)",
}


class PartForm(forms.Form):
    """One judge within another. `rest` holds the settings that have no field here."""

    use_required_attribute = False
    # To publish it, not to save it.
    needed: tuple[str, ...] = ("name", "architecture", "endpoint", "model")
    name = forms.CharField(required=False)
    share = forms.CharField(required=False)
    architecture = forms.ChoiceField(required=False, label="Kind")
    endpoint = forms.ChoiceField(required=False)
    model = forms.CharField(required=False)
    instructions = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    temperature = forms.CharField(required=False)
    rest = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, layout: Layout, place: int, **kwargs: Any) -> None:
        kwargs["prefix"] = f"part-{place}"
        super().__init__(*args, **kwargs)
        self.layout, self.place = layout, place
        current = self.data.get(self.add_prefix("endpoint")) or self.initial.get("endpoint")
        self.fields["endpoint"].choices = endpoint_choices(current)  # type: ignore[attr-defined]
        if layout.names:
            for name in ("name", "share", "architecture"):
                del self.fields[name]
            if layout.names[place] == "critic":
                self.needed = ()
            return
        self.fields["share"].label, self.fields["share"].help_text = (
            layout.share.capitalize(),
            layout.share_help,
        )
        kinds = [(name, ARCHITECTURE_WORDS[name]) for name in SIMPLE]
        ends = [(HumanEnd.architecture, "Human: left to people")] if layout.key == "stages" else []
        self.fields["architecture"].choices = [*kinds, *ends]  # type: ignore[attr-defined]

    @property
    def title(self) -> str:
        if self.layout.names:
            return TITLES[self.layout.names[self.place]]
        return f"{self.layout.called.capitalize()} {self.place + 1}"

    @property
    def position(self) -> str:
        """Its place as a text, for what a button says of it."""
        return str(self.place)

    @property
    def content(self) -> dict[str, Any]:
        """This judge's content, with what has no field as it was."""
        kind = text_in(self, "architecture") or DEFAULT_ARCHITECTURE
        own: dict[str, Any] = {} if self.layout.names else {"name": text_in(self, "name")}
        if (share := json_or_text(text_in(self, "share"))) is not None:
            own[self.layout.share] = share
        if kind != DEFAULT_ARCHITECTURE:
            own["architecture"] = kind
        if kind == HumanEnd.architecture:
            return own
        said = {key: text_in(self, key) for key in TEXTS if text_in(self, key)}
        said["temperature"] = json_or_text(text_in(self, "temperature"))
        rest = json_or_text(text_in(self, "rest"))
        together = said | (rest if isinstance(rest, dict) else {})
        return own | {key: value for key, value in together.items() if key in kind_named(kind).keys}

    @staticmethod
    def initial_of(content: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
        kind = str(content.get("architecture") or DEFAULT_ARCHITECTURE)
        temperature = content.get("temperature", USUAL_TEMPERATURE.get(kind, "0"))
        shown = ("name", layout.share, "architecture", *TEXTS, "temperature")
        rest = {key: value for key, value in content.items() if key not in shown}
        return {
            **{key: content.get(key, "") for key in ("name", *TEXTS)},
            "architecture": kind,
            "temperature": "" if temperature is None else temperature,
            "share": json_text(content.get(layout.share)) if layout.share else "",
            "rest": json_text(rest),
        }


def part_forms(architecture: str, content: Mapping[str, Any], data: Any) -> list[PartForm]:
    """The parts as they were sent; with nothing sent, as the content has them."""
    layout = LAYOUTS.get(architecture)
    if layout is None:
        return []
    if data is not None:
        places = range(_count_sent(data))
        return [PartForm(data, layout=layout, place=place) for place in places]
    named = [content.get(name) or {} for name in layout.names]
    given = named or content.get(layout.key) or []
    return [
        PartForm(initial=PartForm.initial_of(part, layout), layout=layout, place=place)
        for place, part in enumerate(given)
    ]


def _count_sent(data: Any) -> int:
    place = 0
    while f"part-{place}-rest" in data:
        place += 1
    return place


def content_of(architecture: str, forms_sent: list[PartForm]) -> dict[str, Any]:
    """What the parts are in the whole's content; a critic without a model is none."""
    layout = LAYOUTS.get(architecture)
    if layout is None:
        return {}
    contents = [form.content for form in forms_sent]
    if not layout.names:
        return {layout.key: contents}
    named = dict(zip(layout.names, contents, strict=False))
    return {name: part for name, part in named.items() if name != "critic" or part.get("model")}


def parts_fit(architecture: str, content: Mapping[str, Any]) -> bool:
    """Can every part be shown as plain fields, without losing anything of it?"""
    layout = LAYOUTS.get(architecture)
    if layout is None:
        return True
    if layout.names:
        return all(_fits(content.get(name, {}), ()) for name in layout.names)
    parts = content.get(layout.key)
    kinds = (*SIMPLE, HumanEnd.architecture) if layout.key == "stages" else SIMPLE
    return isinstance(parts, list) and all(_fits(part, kinds) for part in parts)


def _fits(part: Any, kinds: tuple[str, ...]) -> bool:
    if not isinstance(part, dict):
        return False
    texts = all(isinstance(part.get(key, ""), str) for key in ("name", *TEXTS))
    return texts and ("architecture" not in part or part["architecture"] in kinds)


def changed(architecture: str, content: dict[str, Any], operation: str) -> dict[str, Any]:
    """The content after a button on its parts: `part:add`, `part:remove:1`, `part:up:1`. Raises BadInput."""
    layout = LAYOUTS.get(architecture)
    _, verb, place = (*operation.split(":"), "", "")[:3]
    if layout is None or layout.names or verb not in ("add", "remove", "up"):
        raise BadInput("The page asked for something unknown.", field="do")
    parts = list(content.get(layout.key) or [])
    if verb == "add":
        kept = {key: parts[-1][key] for key in ("endpoint", "model") if parts and key in parts[-1]}
        parts.append({"name": f"{layout.called}-{len(parts) + 1}", **kept})
    elif not place.isdecimal() or int(place) >= len(parts):
        raise BadInput("There is no such part any more.", field="do")
    else:
        part = parts.pop(int(place))
        if verb == "up":
            parts.insert(max(int(place) - 1, 0), part)
    return {**content, layout.key: parts}


def read_typed(content: dict[str, Any]) -> JudgeSpec:
    """The judge; raises BadInput, which calls a member or stage as the form does where one is wrong."""
    try:
        return read_judge(content)
    except BadInput as error:
        found = _PLACE.fullmatch(error.field)
        if found is None:
            raise
        called = next(one.called for one in LAYOUTS.values() if one.key == found["key"]).capitalize()
        setting = (found["setting"] or "").replace("_", " ").capitalize()
        said = f"{setting} {error.message}".strip()
        raise BadInput(f"{called} {int(found['place']) + 1}: {said}") from error
