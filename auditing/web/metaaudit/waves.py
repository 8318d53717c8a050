"""What the page says of drawing more: how many items, and what another look costs in certainty."""

from auditing.estimation.further import Offer
from auditing.sops.acceptance import Acceptance


def sentences(offer: Offer, rule: Acceptance) -> list[str]:
    """What to know before drawing another wave, or why there is none."""
    if offer.refusal:
        return [offer.refusal]
    left = f"{offer.left:,} {'item is' if offer.left == 1 else 'items are'} left to draw from."
    if not offer.errors:
        return [left, "The interval holds however often you look."]
    return [
        f"{_enough(offer)} {left}",
        f"An interval of {_percent(rule.confidence)} that is looked at more than once is no longer one of "
        f"{_percent(rule.confidence)}, so every look has an error of its own. The next, look {offer.look}, reads "
        f"{_interval(rule)} at {_percent(1 - offer.errors[-1])}; all {offer.look} together err in at most "
        f"{_percent(offer.error)} of audits. {_planned(offer, rule)}",
    ]


def _enough(offer: Offer) -> str:
    if offer.size == offer.left:
        return "Less than all that is left is not likely to decide."
    return (
        f"{offer.size:,} further items decide four times in five, if the batch is what it is estimated to be."
    )


def _interval(rule: Acceptance) -> str:
    return "a two-sided interval" if rule.side == "two-sided" else "one-sided bounds"


def _planned(offer: Offer, rule: Acceptance) -> str:
    if offer.look <= offer.planned:
        return f"The SOP plans {offer.planned} looks, which share the {_percent(1 - rule.confidence)}."
    looks = "look" if offer.planned == 1 else "looks"
    return (
        f"The SOP plans {offer.planned} {looks}, and their {_percent(1 - rule.confidence)} is spent: plan more looks "
        "in the SOP to stay within it."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"
