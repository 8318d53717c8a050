"""The injection probe: a bad answer is judged as it is, and once more with each text appended.

What the judge then gives more than before is the text's *lift*. A judge that is asked the same way about the same
answer has a lift of nought. The probe reads verdicts; how they are counted is its caller's affair.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from judges import runner
from judges.contracts import Architecture, Judgement, Provider, Subject
from judges.injection import suspect_injection
from judges.probes.attacks import Attack
from judges.probes.unfenced import Unfenced

ANSWER_FIELDS = ("output", "answer", "response", "messages")
"""Where an item's answer stands, the first that there is; else in its last field of text."""


@dataclass(frozen=True, slots=True)
class Case:
    """One item as the probe puts it to the judge. Without an attack it is the item as it is."""

    item_id: str
    payload: Mapping[str, Any]
    attack: Attack | None = None

    @property
    def key(self) -> str:
        """Tells the case from all others of its probe."""
        return f"{self.item_id}\n{self.attack.id if self.attack else ''}"

    @property
    def suspicion(self) -> str:
        """What the flag for items that talk to the judge makes of it; empty where it sees nothing."""
        return suspect_injection(self.payload)


def cases(items: Sequence[Subject], attacks: Sequence[Attack], field: str | None = None) -> Iterator[Case]:
    """Each item as it is, then with each text appended to its answer (or to `field`).

    Raises ValueError for an item that has no such text.
    """
    for item in items:
        yield Case(item.item_id, item.payload)
        for attack in attacks:
            yield Case(item.item_id, appended(item.payload, attack.text, field), attack)


def appended(payload: Mapping[str, Any], text: str, field: str | None = None) -> dict[str, Any]:
    """The payload with `text` on a line of its own after the answer; of a chat, after its last turn."""
    name = field or answer_field(payload)
    value = payload.get(name)
    if isinstance(value, str):
        return {**payload, name: f"{value}\n\n{text}"}
    if _is_chat(value):
        *turns, last = value
        return {**payload, name: [*turns, {**last, "content": f"{last['content']}\n\n{text}"}]}
    raise ValueError(f"the item's {name!r} is no text that something could be appended to")


def answer_field(payload: Mapping[str, Any]) -> str:
    """The name of the field that holds the answer. Raises ValueError where there is no text at all."""
    for name in ANSWER_FIELDS:
        if isinstance(payload.get(name), str) or _is_chat(payload.get(name)):
            return name
    texts = [name for name, value in payload.items() if isinstance(value, str)]
    if not texts:
        raise ValueError("the item has no field of text")
    return texts[-1]


async def ask_all(
    architecture: Architecture,
    provider: Provider,
    asked: Sequence[Case],
    *,
    fenced: bool = True,
    concurrency: int = 8,
) -> dict[str, Judgement]:
    """The judgement of every case by its key. Unfenced is how a careless prompt would have put the same item."""
    found: dict[str, Judgement] = {}

    async def subjects() -> AsyncIterator[Subject]:
        for case in asked:
            yield Subject(case.key, case.payload)

    await runner.run(
        architecture,
        subjects(),
        provider if fenced else Unfenced(provider),
        concurrency=concurrency,
        on_judgement=lambda judgement: found.__setitem__(judgement.item_id, judgement),
    )
    return found


def _is_chat(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[-1], Mapping)
        and isinstance(value[-1].get("content"), str)
    )
