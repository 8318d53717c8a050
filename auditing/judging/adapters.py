"""Between the rows of this house and the judge engine: rubric and judge in, questions and subjects out."""

from collections.abc import Mapping, Sequence
from typing import Any

from auditing.core.canonical import checksum
from auditing.datasets.models import Item
from auditing.judging.exchanges import without_images
from auditing.judging.models import JudgeVersion, Price
from auditing.judging.schema import JudgeSpec
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import RubricSpec
from judges import pricing
from judges.contracts import Message, Request, Subject


def subject_of(item: Item) -> Subject:
    return Subject(str(item.pk), item.payload)


def opening_of(spec: JudgeSpec, rubric: RubricSpec, item: Item) -> list[Request]:
    """The first requests exactly as they would be sent for this item."""
    return list(spec.build(rubric).opening(subject_of(item)))


def readable(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Messages as (role, text) in order, to be read by people; an embedded image is named, not written out."""
    return [(message["role"], _as_text(without_images(message["content"]))) for message in messages]


def _as_text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(map(_part_as_text, content))


def _part_as_text(part: Mapping[str, Any]) -> str:
    """A part of a chat's message, or of a decision's."""
    match part["type"]:
        case "text" | "input_text":
            return str(part["text"])
        case "input_image":
            return str(part["image_url"])
    return str(part["image_url"]["url"])


def fingerprint_of(version: JudgeVersion, rubric_version: RubricVersion) -> str:
    """SHA-256 (hex) of all that can change an answer: prompt, model, parameters, endpoint and rubric."""
    engine = version.spec.build(rubric_version.spec).fingerprint()
    return checksum({"engine": engine, "rubric": rubric_version.checksum})


def price_table() -> dict[str, pricing.Price]:
    return {
        price.model: pricing.Price(price.prompt_per_million, price.completion_per_million)
        for price in Price.objects.all()
    }
