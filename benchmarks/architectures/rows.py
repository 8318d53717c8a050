"""The rows of the table: each a judge as one would define it in the editor, and the data it is put to."""

from dataclasses import dataclass, field
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
    """One line of the table. `says` names the models in words; `learnt_from` names the data a trained judge saw.

    `fitted_on` names the data on which the confidence to accept from is fitted; `content` then lacks it.
    """

    data: str
    architecture: str
    name: str
    says: str
    content: dict[str, Any] = field(default_factory=dict)
    learnt_from: str = ""
    fitted_on: str = ""


def single(model: str) -> dict[str, Any]:
    return {"model": model, **PLAIN}


def pairwise(model: str) -> dict[str, Any]:
    return {"architecture": "pairwise", "model": model, **PLAIN}


WEIGHTED_BEM = {"architecture": "probability_weighted", "model": BEM, "repair_attempts": 0}
PANEL = {
    "architecture": "panel",
    "combine": "majority",
    "members": [{"name": name, **single(name)} for name in (GPT4, DAVINCI, BEM)],
}


def cascade(accept: float) -> dict[str, Any]:
    """BEM where it is sure enough, else GPT-4."""
    cheap = {"name": "bem", **WEIGHTED_BEM, "accept": accept}
    return {"architecture": "cascade", "stages": [cheap, {"name": "strong", **single(GPT4)}]}


def same_names(at_least: float) -> dict[str, Any]:
    """The words of the names compared; one catalogue calls them names, the other titles."""
    checks = [
        {
            "check": "match",
            "field": f"input.{name}",
            "against": f"output.{name}",
            "how": "token_f1",
            "at_least": at_least,
            "holds": "yes",
            "fails": "no",
        }
        for name in ("name", "title")
    ]
    return {"architecture": "program", "criteria": {"same_product": {"checks": checks}}}


NQ, BAR, PRODUCTS = "openqa_nq301", "llmbar_pairwise", "product_pairs"
FIRST, SECOND = f"{NQ}_1", f"{NQ}_2"
FITTED = "BEM where as sure as fitted on the other half, else gpt-4"
ROWS = (
    Row(NQ, "single", "gpt-4", GPT4, single(GPT4)),
    Row(NQ, "single", "davinci", DAVINCI, single(DAVINCI)),
    Row(NQ, "probability_weighted", "bem", BEM, WEIGHTED_BEM),
    Row(NQ, "panel", "majority", "all three, majority", PANEL),
    Row(NQ, "cascade", "cascade-80", "BEM where 0.80 sure, else gpt-4", cascade(0.8)),
    Row(NQ, "cascade", "cascade-95", "BEM where 0.95 sure, else gpt-4", cascade(0.95)),
    Row(FIRST, "single", "gpt-4-first", GPT4, single(GPT4)),
    Row(FIRST, "cascade", "fitted-first", FITTED, fitted_on=SECOND),
    Row(SECOND, "single", "gpt-4-second", GPT4, single(GPT4)),
    Row(SECOND, "cascade", "fitted-second", FITTED, fitted_on=FIRST),
    Row(BAR, "single", "gpt-4-once", "GPT-4/CoT, as given", single("GPT-4/CoT")),
    Row(BAR, "pairwise", "gpt-4-twice", "GPT-4/CoT, both orders", pairwise("GPT-4/CoT")),
    Row(BAR, "single", "chatgpt-once", "ChatGPT/Vanilla, as given", single("ChatGPT/Vanilla")),
    Row(BAR, "pairwise", "chatgpt-twice", "ChatGPT/Vanilla, both orders", pairwise("ChatGPT/Vanilla")),
    Row("image_descriptions", "single", "readers", "blind readers' mean, replayed", single("blv-readers")),
    Row(PRODUCTS, "program", "names", "names alike in 60% of words", same_names(0.6)),
    Row(PRODUCTS, "learned", "learned", "text features", learnt_from="product_pairs_learnt"),
)
