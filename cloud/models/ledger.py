"""The ledger: accounts, transfers between two of them, and the two postings each transfer makes.

Transfers and postings are never changed or deleted (triggers of the first migration refuse it);
a correction is a new transfer the other way.
"""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db import Base


class Account(Base):
    """Points that belong to somebody: the mint, a user, or a task's escrow."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(8))
    """mint, user or escrow."""
    owner: Mapped[str] = mapped_column(String(40))
    """User id or task id; `mint` for the mint."""
    balance: Mapped[int]

    __table_args__ = (
        UniqueConstraint("kind", "owner"),
        CheckConstraint("kind = 'mint' OR balance >= 0", name="never_negative"),
    )


class Transfer(Base):
    """Points that moved once from one account to another."""

    __tablename__ = "transfers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    principal: Mapped[str] = mapped_column(String(60))
    """Who asked for it: a user id or `task:<id>` ..."""
    key: Mapped[str] = mapped_column(String(100))
    """... and by which idempotency key."""
    request_hash: Mapped[str] = mapped_column(String(64))
    debit_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    credit_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    amount: Mapped[int]
    why: Mapped[str] = mapped_column(String(16))
    """grant, escrow, gift or refund."""
    task_id: Mapped[str | None] = mapped_column(String(40), index=True)
    created_ms: Mapped[int]

    __table_args__ = (
        UniqueConstraint("principal", "key"),
        CheckConstraint("amount > 0", name="some_amount"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
    )


class Posting(Base):
    """One account's side of a transfer."""

    __tablename__ = "postings"

    transfer_id: Mapped[str] = mapped_column(ForeignKey("transfers.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    delta: Mapped[int]
    balance_after: Mapped[int]
