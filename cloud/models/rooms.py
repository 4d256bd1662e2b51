"""Rooms, who sits and watches in them, the rounds sung there, and the entries that lead in."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cloud.db import Base
from cloud.models.users import User


class Room(Base):
    """A live room with its attribute set (直播间属性集合)."""

    __tablename__ = "rooms"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    """perform or create."""
    broadcaster_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str] = mapped_column(String(240))
    mode: Mapped[str] = mapped_column(String(8))
    song_id: Mapped[str | None] = mapped_column(ForeignKey("songs.id"))
    tags: Mapped[list[Any]]
    language: Mapped[str] = mapped_column(String(8))
    region: Mapped[str] = mapped_column(String(40))
    visibility: Mapped[str] = mapped_column(String(8))
    capacity: Mapped[int]
    scene: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(8), index=True)
    """open, matched or ended."""
    rev: Mapped[int]
    """Counts every change of the snapshot."""
    events_rev: Mapped[int]
    """Counts every event."""
    tasks_rev: Mapped[int]
    """Counts every change of the task list."""
    reserved_for: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """Whose ticket was matched with this room's free seat ..."""
    reserved_until_ms: Mapped[int | None]
    """... and until when it is kept."""
    created_ms: Mapped[int]
    touched_ms: Mapped[int]
    """When somebody last entered or left."""
    ended_ms: Mapped[int | None]

    broadcaster: Mapped[User] = relationship(foreign_keys=[broadcaster_id])
    seats: Mapped[list["Seat"]] = relationship(order_by="Seat.seat", cascade="all, delete-orphan")


class Seat(Base):
    """A singer's place, while it is taken."""

    __tablename__ = "seats"

    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(1), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    client: Mapped[str] = mapped_column(String(8))
    box_id: Mapped[str | None] = mapped_column(ForeignKey("boxes.id"), index=True)
    """The box that scores it; None until its stand-in has enrolled."""
    is_stand_in: Mapped[bool]
    is_live: Mapped[bool]
    is_ready: Mapped[bool]
    taken_ms: Mapped[int]
    away_since_ms: Mapped[int | None]
    """Since when no media of it reaches the hub; None while it is live."""
    no_stand_in: Mapped[str | None]
    """Why no stand-in could be started for it."""

    user: Mapped[User] = relationship()


class Viewer(Base):
    """Somebody who watches, by principal: one person may watch on two screens."""

    __tablename__ = "viewers"

    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"), primary_key=True)
    principal: Mapped[str] = mapped_column(String(44), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    seen_ms: Mapped[int]
    """When they last asked to watch, or for a grant for the room's topics."""


class Entry(Base):
    """An access entry (访问入口) that was handed out."""

    __tablename__ = "entries"

    jti: Mapped[str] = mapped_column(String(40), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    """first or second."""
    token: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """Whom it is for alone; None: whoever holds it."""
    expires_ms: Mapped[int]


class Round(Base):
    """One song sung in a room."""

    __tablename__ = "rounds"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"), index=True)
    song_id: Mapped[str] = mapped_column(ForeignKey("songs.id"))
    song_title: Mapped[str] = mapped_column(String(240))
    mode: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8))
    """counting, singing or ended."""
    start_ms: Mapped[int]
    duration_s: Mapped[float]
    singers: Mapped[dict[str, Any]]
    """Seat to user id, as they sat when it began."""
    winner: Mapped[str | None] = mapped_column(String(1))
    ended_ms: Mapped[int | None]

    scores: Mapped[list["Score"]] = relationship(order_by="Score.seat")

    __table_args__ = (
        Index(
            "one_round_at_a_time",
            "room_id",
            unique=True,
            sqlite_where=text("ended_ms IS NULL"),
            postgresql_where=text("ended_ms IS NULL"),
        ),
    )


class Score(Base):
    """One singer's final score of a round."""

    __tablename__ = "scores"

    round_id: Mapped[str] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(1), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    score: Mapped[float]
    notes_hit: Mapped[float]


class LineScore(Base):
    """The score of one line of a round."""

    __tablename__ = "line_scores"

    round_id: Mapped[str] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(1), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    score: Mapped[float]
