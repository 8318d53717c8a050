"""The tone of a state: the one place that says which colour means what."""

_STATES = {
    "good": (
        "accept",
        "accepted",
        "done",
        "finished",
        "submitted",
        "imported",
        "ruled",
        "scored",
        "live",
        "active",
        "intact",
        "reduced",
    ),
    "accent": ("published", "decided"),
    "note": (
        "running",
        "under_way",
        "importing",
        "collecting",
        "claimed",
        "sent",
        "answered",
        "packed",
        "assigned",
        "estimated",
        "drawn",
        "ruling",
        "now",
    ),
    "warn": (
        "paused",
        "stopped",
        "continue",
        "waiting",
        "open",
        "skipped",
        "released",
        "unscored",
        "draft",
        "flagged",
        "tightened",
    ),
    "bad": ("reject", "rejected", "failed", "broken", "revoked", "expired", "overdue", "discontinued"),
    "": ("opened", "queued", "todo", "cancelled", "uploaded", "deactivated"),
}
_TONE_OF = {state: tone for tone, states in _STATES.items() for state in states}


def tone_of(state: str) -> str:
    """good, accent, note, warn, bad, or no tone for a state nobody named here."""
    return _TONE_OF.get(str(state), "")
