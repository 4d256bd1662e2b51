"""Rows of the database as messages of the wire."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cloud import models
from edge.wire import rooms as wire
from edge.wire.songs import SongInfo
from edge.wire.tasks import Task
from edge.wire.users import Request, User, UserAttributes


def user(row: models.User) -> User:
    """Return a user as others see them."""
    return User(id=row.id, nickname=row.nickname, avatar=row.avatar)


def user_attributes(row: models.User) -> UserAttributes:
    """Return what is stored of a user."""
    return UserAttributes.model_validate(
        {
            "nickname": row.nickname,
            "avatar": row.avatar,
            "language": row.language,
            "region": row.region,
            "voice_range": row.voice_range,
            "favourite_songs": tuple(row.favourite_songs),
            "skill_rating": row.skill_rating,
        }
    )


def room_attributes(row: models.Room) -> wire.RoomAttributes:
    """Return a room's attribute set."""
    return wire.RoomAttributes.model_validate(
        {
            "title": row.title,
            "mode": row.mode,
            "song": row.song_id,
            "tags": tuple(row.tags),
            "language": row.language,
            "region": row.region,
            "visibility": row.visibility,
            "capacity": row.capacity,
            "scene": row.scene,
        }
    )


def seat(session: Session, row: models.Seat) -> wire.Seat:
    """Return a taken seat; it is ready while its box is there and hears its singer."""
    return wire.Seat.model_validate(
        {
            "seat": row.seat,
            "user": user(row.user),
            "client": row.client,
            "box": row.box_id,
            "is_stand_in": row.is_stand_in,
            "is_live": row.is_live,
            "is_ready": is_ready(session, row),
            "no_stand_in": row.no_stand_in,
        }
    )


def is_ready(session: Session, row: models.Seat) -> bool:
    """Say whether a seat's box is there and hears its singer."""
    box = session.get(models.Box, row.box_id) if row.box_id else None
    return row.is_ready and box is not None and box.state == "ready"


def song_round(row: models.Round) -> wire.Round:
    """Return a round."""
    return wire.Round.model_validate(
        {
            "id": row.id,
            "song": row.song_id,
            "song_title": row.song_title,
            "mode": row.mode,
            "state": row.state,
            "start_ms": row.start_ms,
            "duration_s": row.duration_s,
            "scores": {score.seat: score.score for score in row.scores},
        }
    )


def latest_round(session: Session, room_id: str) -> models.Round | None:
    """Return the round that is sung in a room, or was sung last."""
    by_start = (
        select(models.Round).where(models.Round.room_id == room_id).order_by(models.Round.start_ms.desc())
    )
    return session.scalars(by_start.limit(1)).first()


def viewers(session: Session, room_id: str) -> int:
    """Return how many watch a room."""
    count = select(func.count()).select_from(models.Viewer).where(models.Viewer.room_id == room_id)
    return session.scalar(count) or 0


def room(session: Session, row: models.Room) -> wire.Room:
    """Return a room's snapshot."""
    latest = latest_round(session, row.id)
    return wire.Room.model_validate(
        {
            "id": row.id,
            "rev": row.rev,
            "attributes": room_attributes(row),
            "kind": row.kind,
            "broadcaster": user(row.broadcaster),
            "state": row.state,
            "seats": tuple(seat(session, one) for one in row.seats),
            "round": song_round(latest) if latest else None,
            "viewers": viewers(session, row.id),
            "created_ms": row.created_ms,
        }
    )


def lobby_room(session: Session, row: models.Room, entry: str | None) -> wire.LobbyRoom:
    """Return a room as the lobby shows it."""
    song = session.get(models.Song, row.song_id) if row.song_id else None
    return wire.LobbyRoom.model_validate(
        {
            "id": row.id,
            "title": row.title,
            "mode": row.mode,
            "song_title": song.title if song else None,
            "scene": row.scene,
            "tags": tuple(row.tags),
            "language": row.language,
            "region": row.region,
            "broadcaster": user(row.broadcaster),
            "state": row.state,
            "viewers": viewers(session, row.id),
            "entry": entry if row.state == "open" else None,
        }
    )


def task(row: models.Task) -> Task:
    """Return an interactive task."""
    body: dict[str, Any] = {
        "id": row.id,
        "room": row.room_id,
        "seat": row.seat,
        "initiator": user(row.initiator).model_dump(),
        "receiver": user(row.receiver).model_dump(),
        "element": row.element,
        "target": row.target,
        "result": row.result,
        "state": row.state,
        "created_ms": row.created_ms,
        "expires_ms": row.expires_ms,
    }
    return Task.model_validate(body, strict=False)


def request(row: models.Request, *, for_user: str) -> Request:
    """Return an interaction request; its entry is only for the one who accepted."""
    return Request.model_validate(
        {
            "id": row.id,
            "kind": row.room.kind,
            "sender": user(row.sender),
            "to": user(row.to),
            "room": row.room_id,
            "room_title": row.room.title,
            "message": row.message,
            "state": row.state,
            "expires_ms": row.expires_ms,
            "entry": row.entry if for_user == row.to_id else None,
        }
    )


def ticket(row: models.Ticket) -> wire.Ticket:
    """Return a ticket."""
    return wire.Ticket.model_validate(
        {
            "id": row.id,
            "state": row.state,
            "room": row.room_id,
            "entry": row.entry,
            "expires_ms": row.expires_ms,
        }
    )


def song_info(row: models.Song) -> SongInfo:
    """Return a song as lists show it."""
    return SongInfo(
        id=row.id,
        title=row.title,
        artist=row.artist,
        language=row.language,
        duration_s=row.duration_s,
        version=row.version,
        rights=row.rights,
        has_backing=row.backing is not None,
    )
