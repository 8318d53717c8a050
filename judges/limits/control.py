"""The rules: from what the gates report to what each may do. No clock, no network: a state, an event, a new state.

Calls in flight: slow start (one more for each success, so twice as many each round trip); after a refusal half,
once for all the calls that were already in flight, and from there additive increase (one more for each round).

Calls a second, where nobody has said how many the endpoint takes: a refusal is supposed to show a limit on the rate,
as many calls as were accepted in the last second (or minute, where the endpoint asks for a long pause). From then
on calls are spread evenly just below it, trying slowly more. Where refusals come all the same, less is tried, and in
the end the supposition is dropped for a while: the endpoint then refuses for another reason.

An account is asked by one or more gates. Each holds a lease on a share of the calls in flight, and of the calls and
tokens a second, which runs out when the gate is not heard of for `LEASE_SECONDS`; a share is handed on only after its
holder has given it up.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from judges.limits.contracts import Lease, Report

LEASE_SECONDS = 2.0
DECREASE = 0.5
MARGIN = 0.97  # of a known rate: clocks and networks jitter, and a refused call costs more than a late one
FEWEST = 3  # accepted calls from which anything is learnt
SOON, MISSES = 20, 4  # calls between two refusals, and how often in a row, that disprove what was learnt
MISSED, TOUCHED = 0.9, 0.99  # of the learnt rate, after a refusal soon after another, and after a stray one
DOUBT_SECONDS = 30.0
HOLD, GROWTH = 10.0, 0.001  # seconds without a refusal, then so much more each second
LATE = 0.3  # seconds that other gates take to report what they have had accepted
SHORT, LONG = 1.0, 60.0  # seconds over which endpoints count; a short wait asked for tells of the short one
LONGEST_SHORT_WAIT = 2.0


@dataclass
class Member:
    """One gate of an account, as of its last report."""

    seen: float
    wanted: int
    slots: int
    share: float = 0.0  # of the calls and tokens a second


@dataclass
class Account:
    """All there is to know of an account. Plain values, so that it can be kept anywhere."""

    allowed: float
    threshold: float
    epoch: int = 0
    paused_until: float = 0.0
    limit: float = 0.0  # calls a second that were learnt, 0 for none
    window: float = 1.0  # seconds over which it was counted
    learnt_at: float = 0.0
    grown_at: float = 0.0
    since_refusal: int = 0  # calls accepted since the last refusal
    misses: int = 0  # refusals in a row that came soon after another although calls were spread
    doubted_until: float = 0.0  # the refusals do not come from the rate
    accepted: list[list[float]] = field(default_factory=list)  # [second, calls], oldest first
    lately: list[list[float]] = field(default_factory=list)  # the same, finer, over the last second
    members: dict[str, Member] = field(default_factory=dict)

    def to_json(self) -> str:
        members = {name: [m.seen, m.wanted, m.slots, m.share] for name, m in self.members.items()}
        return json.dumps(self.__dict__ | {"members": members})

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """None where another version of this program wrote it, which kept other things."""
        try:
            fields = json.loads(text)
            members = {name: Member(*values) for name, values in fields.pop("members").items()}
            return cls(**fields, members=members)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(frozen=True)
class Control:
    """The limits that are set for an account, and how they are applied."""

    max_in_flight: int = 64
    start: int = 8
    calls_a_second: float | None = None
    tokens_a_second: float | None = None

    def account(self) -> Account:
        """One that has not been asked anything yet."""
        return Account(
            allowed=float(min(self.start, self.max_in_flight)), threshold=float(self.max_in_flight)
        )

    def renew(self, account: Account, member: str, report: Report, now: float) -> Lease:
        """Take in a report and give a lease for it; `now` is in seconds on a clock that all members share."""
        if report.accepted:
            _take_in(account, report.accepted, now)
        if account.limit and now > account.grown_at:
            account.limit *= (1 + GROWTH) ** (now - account.grown_at)
            account.grown_at = now
        if report.refused:
            self._refuse(account, report, now)
        for _ in range(report.succeeded):
            step = 1.0 if account.allowed < account.threshold else 1.0 / account.allowed
            account.allowed = min(account.allowed + step, float(self.max_in_flight))
        return self._lease(account, member, report, now)

    def _refuse(self, account: Account, report: Report, now: float) -> None:
        account.paused_until = max(account.paused_until, now + report.retry_after)
        if report.epoch != account.epoch:
            return  # one of a round that has been answered for
        account.epoch += 1
        if not self._is_rate(account, report.retry_after, now):
            _decrease(account)

    def _is_rate(self, account: Account, retry_after: float, now: float) -> bool:
        """Does a limit on the rate explain the refusal? Supposes so at first, and gives it up where that is no help."""
        misses = account.misses + 1 if account.since_refusal < SOON else 0
        account.since_refusal, account.misses = 0, misses
        if self.calls_a_second or now < account.doubted_until:
            return False
        if not account.limit:
            return _learn(account, SHORT if retry_after <= LONGEST_SHORT_WAIT else LONG, now)
        if misses >= MISSES:
            account.limit, account.doubted_until = 0.0, now + DOUBT_SECONDS
            return False
        account.limit *= MISSED if misses else TOUCHED
        account.grown_at = now + HOLD
        return True

    def _lease(self, account: Account, member: str, report: Report, now: float) -> Lease:
        members = account.members
        for name in [name for name, other in members.items() if other.seen < now - LEASE_SECONDS]:
            del members[name]
        mine = members.setdefault(member, Member(now, 0, 0))
        mine.seen, mine.wanted = now, report.in_flight + report.waiting
        total = int(account.allowed)
        given = sum(other.slots for other in members.values()) - mine.slots
        wanted = {name: other.wanted for name, other in members.items()}
        fair = fair_share(total, wanted, member) if len(members) > 1 else total
        mine.slots = min(max(fair, min(mine.slots, report.in_flight)), max(0, total - given))
        rate = self.calls_a_second or account.limit
        held = sum(other.share for other in members.values()) - mine.share
        mine.share = min(fair_part(int(rate), members, member), max(0.0, 1.0 - held))
        is_limited = bool(rate or self.tokens_a_second)
        return Lease(
            slots=mine.slots if mine.share or not is_limited else 0,
            epoch=account.epoch,
            calls_a_second=rate * MARGIN * mine.share if rate else None,
            tokens_a_second=self.tokens_a_second * mine.share if self.tokens_a_second else None,
            is_shared=len(members) > 1,
            pause=max(0.0, account.paused_until - now),
        )


def fair_share(total: int, wanted: Mapping[str, int], member: str) -> int:
    """What `member` gets when nobody gets more than they want and who wants more than that gets the same."""
    left, share = total, 0
    in_order = sorted(wanted, key=lambda name: (wanted[name], name))
    for place, name in enumerate(in_order):
        share = min(wanted[name], left // (len(in_order) - place))
        left -= share
        if name == member:
            break
    return share


def fair_part(calls: int, members: Mapping[str, Member], member: str) -> float:
    """What part of a rate of so many calls a second `member` gets: in whole calls, which seldom change hands.

    Where fewer are wanted than the rate has, the parts are as what is wanted.
    """
    wanted = {name: one.wanted for name, one in members.items() if one.wanted}
    if member not in wanted:
        return 0.0
    everything = sum(wanted.values())
    if everything <= calls or calls < len(wanted):
        return wanted[member] / everything
    return fair_share(calls, wanted, member) / calls


def _decrease(account: Account) -> None:
    account.allowed = account.threshold = max(1.0, account.allowed * DECREASE)


def _take_in(account: Account, calls: int, now: float) -> None:
    account.since_refusal += calls
    _count(account.lately, round(now, 1), now - SHORT, calls)
    _count(account.accepted, float(int(now)), now - LONG, calls)
    if account.limit and now < account.learnt_at + LATE:  # reports of what had been accepted before
        account.limit += calls / account.window
        if (
            account.limit * account.window < FEWEST
        ):  # the others of its round were refused too: no rate at all
            account.limit = 0.0
            _decrease(account)


def _learn(account: Account, window: float, now: float) -> bool:
    """What was accepted within the window is what the endpoint takes in such a time."""
    series = account.lately if window == SHORT else account.accepted
    count = sum(calls for second, calls in series if second > now - window)
    if count < FEWEST:
        return False
    account.limit, account.window, account.misses = count / window, window, 0
    account.learnt_at, account.grown_at = now, now + HOLD
    return True


def _count(series: list[list[float]], second: float, oldest: float, calls: int) -> None:
    if series and series[-1][0] == second:
        series[-1][1] += calls
    else:
        series.append([second, calls])
    while series[0][0] < oldest:
        series.pop(0)
