"""Boxes: their keys, the codes that let them in, and how far their outboxes are committed."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db import Base
from cloud.models.users import User


class Box(Base):
    """A song machine, or a stand-in for one seat."""

    __tablename__ = "boxes"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    hardware: Mapped[str] = mapped_column(String(120))
    public_key: Mapped[str] = mapped_column(String(100), unique=True)
    """Ed25519, raw, base64url without padding."""
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    """Its house account; for a stand-in, the singer it stands in for."""
    is_stand_in: Mapped[bool]
    state: Mapped[str] = mapped_column(String(8), default="lost")
    """ready, sleeping or lost."""
    boot: Mapped[str | None] = mapped_column(String(40))
    version: Mapped[str | None] = mapped_column(String(40))
    seen_ms: Mapped[int]
    created_ms: Mapped[int]
    revoked_ms: Mapped[int | None]
    """From then on it gets no session and no grant."""

    user: Mapped[User] = relationship()


class EnrolCode(Base):
    """A one-time code that lets one new box in."""

    __tablename__ = "enrol_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    room_id: Mapped[str | None] = mapped_column(ForeignKey("rooms.id"))
    """For a stand-in: the room and seat it is for."""
    seat: Mapped[str | None] = mapped_column(String(1))
    created_ms: Mapped[int]
    expires_ms: Mapped[int]
    used_ms: Mapped[int | None]


class Challenge(Base):
    """A nonce that a box must sign to log in; used once."""

    __tablename__ = "challenges"

    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.id"))
    expires_ms: Mapped[int]


class Watermark(Base):
    """Up to which sequence number an epoch of a box's outbox is committed."""

    __tablename__ = "watermarks"

    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.id"), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(40), primary_key=True)
    seq: Mapped[int]
