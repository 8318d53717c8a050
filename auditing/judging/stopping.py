"""Why a run or a trial stopped: a sentence in plain words, and below it exactly what was said."""

from collections.abc import Sequence

from judges.errors import EndpointDown

WORDS = {
    "NotAuthorised": "does not accept the key that it is asked with",
    "UnknownModel": "does not have the model that the judge asks for",
    "OutOfCredit": "says that its account has no money left",
    "ShutOut": "asks for a longer pause than a run waits",
    "RateLimited": "lets no more requests through for now",
    "ServerFault": "has a fault of its own",
    "TimedOut": "does not answer in time",
    "ConnectionLost": "cannot be reached",
    "BadReply": "answers with something that is no reply",
    "BadRequest": "refuses what it is asked",
    "ContentFiltered": "refuses to read the items",
}
BROKEN = "the judge itself breaks on the items that it is given"


def reason_of(error: EndpointDown, endpoints: Sequence[str]) -> str:
    """What a stopped run keeps as its reason: the first line for everybody, the rest for whoever mends it."""
    who = f"the endpoint {endpoints[0]}" if len(endpoints) == 1 else f"one of {', '.join(endpoints)}"
    words = f"{who} {WORDS[error.kind]}" if error.kind in WORDS else BROKEN
    row = f"; {error.in_a_row} items failed in a row" if error.in_a_row else ""
    return f"{words}{row}\n{', '.join(endpoints)}: {error}"


def in_words(reason: str) -> str:
    """The first line of a reason, to stand within a sentence."""
    return reason.partition("\n")[0].removesuffix(".")
