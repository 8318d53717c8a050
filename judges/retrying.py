"""Try a call again while trying can help: the one place where anything is retried."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from judges.contracts import Completion
from judges.errors import CallError, RateLimited, ShutOut, Transient
from judges.limits import Limits


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with full jitter.

    The wait after attempt n is uniform between 0 and min(longest, first * 2 ** (n - 1)) seconds; the
    endpoint's own `Retry-After` is waited for by the limits. An endpoint that asks for more than
    `patience` seconds is not waited for: it is shut to every call.
    """

    attempts: int = 6
    first: float = 0.5
    longest: float = 20.0
    patience: float = 120.0

    def jitter(self, attempt: int) -> float:
        """Seconds to add before the attempt after `attempt` (1, 2, ...)."""
        return random.uniform(0.0, min(self.longest, self.first * 2 ** (attempt - 1)))  # noqa: S311

    def gives_up(self, error: CallError, attempt: int) -> bool:
        """True when another attempt cannot help or is not worth the wait."""
        return not isinstance(error, Transient) or attempt >= self.attempts


async def with_retries(
    call: Callable[[], Awaitable[Completion]], limits: Limits, policy: RetryPolicy, *, tokens: int = 0
) -> Completion:
    """Make a call, of about that many tokens, under the limits until it succeeds.

    The completion counts its attempts. Raises the last CallError, with `attempts` set, when the policy gives up.
    """
    attempt = 1
    while True:
        try:
            completion = await _limited(call, limits, tokens, policy.patience)
            return completion if attempt == 1 else replace(completion, attempts=attempt)
        except CallError as error:
            error.attempts = attempt
            if policy.gives_up(error, attempt):
                raise
        await asyncio.sleep(policy.jitter(attempt))
        attempt += 1


async def _limited(
    call: Callable[[], Awaitable[Completion]], limits: Limits, tokens: int, patience: float
) -> Completion:
    slot = await limits.acquire(tokens)
    try:
        completion = await call()
    except RateLimited as error:
        asked = error.retry_after or 0.0
        if asked > patience:
            await limits.fail(slot)
            raise ShutOut(f"it asks for a pause of {asked:.0f} seconds ({error})") from error
        await limits.refuse(slot, asked)
        raise
    except BaseException:  # cancellation too must give the slot back
        await limits.fail(slot)
        raise
    await limits.succeed(slot, completion.total_tokens)
    return completion
