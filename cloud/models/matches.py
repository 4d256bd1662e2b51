"""Interaction requests between users, and tickets of those who look for a partner."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db import Base
from cloud.models.rooms import Room
from cloud.models.users import User


class Request(Base):
    """An interaction request (直播互动请求) to one user."""

    __tablename__ = "requests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sender_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    to_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"), index=True)
    message: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(10), index=True)
    """pending, accepted, declined, withdrawn or expired."""
    entry: Mapped[str | None] = mapped_column(String(200))
    """Path of the entry its acceptance gave."""
    created_ms: Mapped[int]
    expires_ms: Mapped[int]

    sender: Mapped[User] = relationship(foreign_keys=[sender_id])
    to: Mapped[User] = relationship(foreign_keys=[to_id])
    room: Mapped[Room] = relationship()


class Ticket(Base):
    """A wish to be matched with a room that has a free second seat."""

    __tablename__ = "tickets"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    mode: Mapped[str | None] = mapped_column(String(8))
    song_id: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(8))
    region: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), index=True)
    """waiting, matched, withdrawn or expired."""
    room_id: Mapped[str | None] = mapped_column(ForeignKey("rooms.id"))
    entry: Mapped[str | None] = mapped_column(String(200))
    created_ms: Mapped[int]
    expires_ms: Mapped[int]
