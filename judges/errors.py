"""What can go wrong between a question and a verdict, as a tree.

JudgeError
  OffScale            an answer that the scale does not have
  EndpointDown        the run stopped because the endpoint does not answer
  BudgetSpent         the run stopped because its money is spent
  CallError           one call failed
    Transient         the same call may succeed later
      RateLimited ServerFault TimedOut ConnectionLost BadReply
    Permanent         the same call fails again
      BadRequest ContentFiltered OverBudget
      Fatal           and so does every other call to this endpoint
        NotAuthorised UnknownModel OutOfCredit ShutOut
"""


class JudgeError(Exception):
    """Base of every error that `judges` raises on purpose."""


class OffScale(JudgeError, ValueError):
    """The value is not one that the scale allows."""


class EndpointDown(JudgeError):
    """A run stopped early; whatever had finished has been delivered, and the rest can be run later.

    `kind` names the CallError of the last failure, empty where the judge itself broke; `in_a_row` counts the items
    that failed one after another, and is 0 where no call can succeed.
    """

    def __init__(self, message: str, *, kind: str = "", in_a_row: int = 0) -> None:
        super().__init__(message)
        self.kind, self.in_a_row = kind, in_a_row


class BudgetSpent(JudgeError):
    """A run stopped before it cost more than it may; the rest can be run once the budget is raised."""


class CallError(JudgeError):
    """A call that gave no reply. `attempts` counts the requests sent before giving up."""

    def __init__(self, message: str, attempts: int = 1) -> None:
        super().__init__(message)
        self.attempts = attempts

    @property
    def kind(self) -> str:
        """A stable name to store beside the message."""
        return type(self).__name__


class Transient(CallError):
    """The same call may succeed later."""


class RateLimited(Transient):
    """HTTP 429. `retry_after` is what the endpoint asked for, in seconds, or None."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerFault(Transient):
    """HTTP 408, 409 or 5xx."""


class TimedOut(Transient):
    """No complete reply within the time limit."""


class ConnectionLost(Transient):
    """The connection could not be made, or broke."""


class BadReply(Transient):
    """HTTP 200 with a body that is not a chat completion."""


class Permanent(CallError):
    """The same call fails again."""


class BadRequest(Permanent):
    """The endpoint refuses this request (HTTP 4xx), for instance because it is too long."""


class ContentFiltered(Permanent):
    """The endpoint's content filter refuses the prompt."""


class OverBudget(Permanent):
    """The call was not made: it could have cost more than is left of a budget."""


class Fatal(Permanent):
    """No call to this endpoint can succeed until someone changes its configuration."""


class NotAuthorised(Fatal):
    """HTTP 401. Not 403, which some endpoints answer to a single item that they do not like."""


class UnknownModel(Fatal):
    """HTTP 404: the endpoint has no such model or path."""


class OutOfCredit(Fatal):
    """The account has no money or quota left."""


class ShutOut(Fatal):
    """The endpoint asks for a longer pause than a run waits."""


FATAL_KINDS = frozenset(kind.__name__ for kind in (NotAuthorised, UnknownModel, OutOfCredit, ShutOut))
