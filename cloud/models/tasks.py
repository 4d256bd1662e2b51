"""Picks of elements and the interactive tasks made of them."""

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db import Base
from cloud.models.users import User


class Pick(Base):
    """A viewer's choice of an element, and what the box found there."""

    __tablename__ = "picks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"), index=True)
    seat: Mapped[str] = mapped_column(String(1))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    asked: Mapped[dict[str, Any]]
    """The `Pick` of the wire."""
    answer: Mapped[dict[str, Any] | None]
    """The `PickAnswer` of the wire."""
    created_ms: Mapped[int]
    answered_ms: Mapped[int | None]


class Task(Base):
    """An interactive task; its points, if any, wait in an escrow account of its own."""

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"), index=True)
    seat: Mapped[str] = mapped_column(String(1))
    pick_id: Mapped[str] = mapped_column(ForeignKey("picks.id"))
    initiator_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    receiver_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    element: Mapped[dict[str, Any]]
    target: Mapped[str] = mapped_column(String(80))
    result: Mapped[dict[str, Any]]
    points: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), index=True)
    """open, achieved, refused, expired or withdrawn."""
    key: Mapped[str] = mapped_column(String(80))
    """The Idempotency-Key it was made with ..."""
    request_hash: Mapped[str] = mapped_column(String(64))
    """... and the hash of what was asked."""
    evidence: Mapped[dict[str, Any] | None]
    created_ms: Mapped[int]
    expires_ms: Mapped[int]
    ended_ms: Mapped[int | None]

    initiator: Mapped[User] = relationship(foreign_keys=[initiator_id])
    receiver: Mapped[User] = relationship(foreign_keys=[receiver_id])

    __table_args__ = (UniqueConstraint("initiator_id", "key"),)
