"""The rows of the table: each a judge as one would define it in the editor, and the data it is put to."""

from dataclasses import dataclass
from typing import Any

GPT4, DAVINCI, BEM = "gpt-4", "text-davinci-003", "BEM"
PRICES = {  # US dollars a million tokens in and out: the list prices of the time; BEM is a small model of one's own
    GPT4: ("30", "60"),
    DAVINCI: ("20", "20"),
    BEM: ("0", "0"),
    "GPT-4/CoT": ("30", "60"),
    "ChatGPT/Vanilla": ("1.5", "2"),
    "blv-readers": ("0", "0"),
}
PLAIN = {"structured": "none", "repair_attempts": 0}


@dataclass(frozen=True)
class Row:
    """One line of the table. `says` names the models in words."""

    data: str
    architecture: str
    name: str
    says: str
    content: dict[str, Any]


def single(model: str) -> dict[str, Any]:
    return {"model": model, **PLAIN}


ROWS = (
    Row("openqa_nq301", "single", "gpt-4", GPT4, single(GPT4)),
    Row("openqa_nq301", "single", "davinci", DAVINCI, single(DAVINCI)),
    Row("openqa_nq301", "single", "bem", BEM, single(BEM)),
    Row("llmbar_pairwise", "single", "gpt-4-once", "GPT-4/CoT, as given", single("GPT-4/CoT")),
    Row("llmbar_pairwise", "single", "chatgpt-once", "ChatGPT/Vanilla, as given", single("ChatGPT/Vanilla")),
    Row("image_descriptions", "single", "readers", "blind readers' mean, replayed", single("blv-readers")),
)
