"""The ledger's rules: double entry in whole points, escrow, and what makes two requests the same.

Every transfer moves points from one account to another and makes two postings whose deltas add up to
zero, so all balances always add up to zero. Only the mint may be negative: its balance is minus all
points there are. A task's gift waits in an escrow account of its own and leaves it once: to the receiver
or back to the initiator.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from cloud.core.errors import TooPoor, Wrong

AccountKind = Literal["mint", "user", "escrow"]
Why = Literal["grant", "escrow", "gift", "refund"]

ROUTES: dict[Why, tuple[AccountKind, AccountKind]] = {
    "grant": ("mint", "user"),
    "escrow": ("user", "escrow"),
    "gift": ("escrow", "user"),
    "refund": ("escrow", "user"),
}
"""Reason of a transfer to the kinds of accounts it goes from and to."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is before a transfer."""

    id: int
    kind: AccountKind
    balance: int
    """In points."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One account's side of a transfer."""

    account: int
    delta: int
    balance_after: int


def post(debit: Account, credit: Account, amount: int, why: Why) -> tuple[Posting, Posting]:
    """Return the two postings of moving `amount` points from `debit` to `credit`.

    Raises:
        Wrong: no points, the same account twice, or accounts between which `why` does not move points.
        TooPoor: `debit` has fewer than `amount` points.
    """
    if amount <= 0:
        raise Wrong(f"{amount} points cannot be moved: move 1 or more")
    if debit.id == credit.id:
        raise Wrong("points cannot be moved from an account to itself: name two accounts")
    if (debit.kind, credit.kind) != ROUTES[why]:
        raise Wrong(f"a {why} does not move points from {debit.kind} to {credit.kind}")
    if debit.kind != "mint" and debit.balance < amount:
        raise TooPoor(f"{amount} points are needed, {debit.balance} are there: choose a smaller gift")
    return (
        Posting(debit.id, -amount, debit.balance - amount),
        Posting(credit.id, amount, credit.balance + amount),
    )


def request_hash(*parts: object) -> str:
    """Return what tells two requests with one idempotency key apart: SHA-256 over `parts`, in hex."""
    return hashlib.sha256("\x1f".join(repr(part) for part in parts).encode()).hexdigest()
