"""How fast an endpoint may be asked: calls in flight, calls and tokens a minute, and pauses it asks for.

One set of rules (`control`), one gate that callers wait at (`gate`), and two ways to bring them together: within one
process (`local`), and for all processes that ask the same account (`shared`).
"""

from judges.limits.contracts import Limits, Slot
from judges.limits.local import LocalLimits

__all__ = ["Limits", "LocalLimits", "Slot"]
