"""Users, how they prove who they are, and their sessions."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db import Base


class User(Base):
    """A person, a guest, or the house account of a box, with its attributes (用户属性信息)."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    username: Mapped[str | None] = mapped_column(String(32), unique=True)
    """Lower case; None for guests and house accounts."""
    kind: Mapped[str] = mapped_column(String(8))
    """person, guest or house."""
    nickname: Mapped[str] = mapped_column(String(120))
    avatar: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(8))
    region: Mapped[str] = mapped_column(String(40))
    voice_range: Mapped[str | None] = mapped_column(String(16))
    favourite_songs: Mapped[list[Any]]
    skill_rating: Mapped[float]
    created_ms: Mapped[int]


class Credential(Base):
    """A user's password, as its argon2 hash."""

    __tablename__ = "credentials"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200))


class Session(Base):
    """One log-in of a user; its principal is `u-<id>`."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    client: Mapped[str] = mapped_column(String(8))
    box_id: Mapped[str | None] = mapped_column(ForeignKey("boxes.id"))
    """The box whose QR code brought a guest."""
    refresh_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_refresh_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    """The refresh token before this one: seen again, it was stolen."""
    created_ms: Mapped[int]
    seen_ms: Mapped[int]
    """Last log-in or refresh."""
    expires_ms: Mapped[int]
    """Moves on with each refresh."""
    ended_ms: Mapped[int | None]

    user: Mapped[User] = relationship()
