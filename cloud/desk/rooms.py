"""Rooms: their snapshots, their events, who is in them; and the lobby that lists them."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core.errors import NotAllowed, TooLate, Unknown
from cloud.desk import callers, outbox, views
from cloud.desk.callers import Caller
from edge.wire import rooms as wire
from edge.wire import topics
from edge.wire.boxes import RelayState
from edge.wire.tasks import TaskClosed, TaskDelivered

log = logging.getLogger(__name__)

LOBBY_ROOMS = 100
"""Most rooms in the lobby: it is one message of at most 64 KB."""


def locked(session: Session, room_id: str) -> models.Room:
    """Return a room that nobody else changes until this session ends.

    Raises:
        Unknown: there is no such room.
        TooLate: it has ended.
    """
    row = session.get(models.Room, room_id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        raise Unknown(f"there is no room {room_id}")
    if row.state == "ended":
        raise TooLate("this room has ended: choose another one from the lobby")
    return row


def living(session: Session, room_id: str) -> models.Room:
    """Return a room that has not ended, to look at.

    Raises:
        Unknown: there is no such room.
        TooLate: it has ended.
    """
    row = session.get(models.Room, room_id)
    if row is None:
        raise Unknown(f"there is no room {room_id}")
    if row.state == "ended":
        raise TooLate("this room has ended: choose another one from the lobby")
    return row


def takes_part(session: Session, caller: Caller, room: models.Room) -> bool:
    """Say whether the caller sings in, broadcasts or watches this room."""
    if caller.user_id in {room.broadcaster_id, *(seat.user_id for seat in room.seats)}:
        return True
    return session.get(models.Viewer, (room.id, caller.principal)) is not None


def viewer_seen(session: Session, caller: Caller, room_id: str, now_ms: int) -> None:
    """Note that a viewer is still there."""
    row = session.get(models.Viewer, (room_id, caller.principal))
    if row is not None:
        row.seen_ms = now_ms


def check_takes_part(session: Session, caller: Caller, room: models.Room) -> None:
    """Check that the caller is in this room.

    Raises:
        NotAllowed: they are not.
    """
    if not takes_part(session, caller, room):
        raise NotAllowed("you are not in this room: enter or watch it first")


def show(session: Session, caller: Caller, room_id: str) -> wire.Room:
    """Return a room's snapshot.

    Raises:
        Unknown: there is no such room, or it is open by link only and the caller is not in it.
    """
    row = session.get(models.Room, room_id)
    if row is None or (row.visibility != "public" and not takes_part(session, caller, row)):
        raise Unknown(f"there is no room {room_id}")
    return views.room(session, row)


def changed(session: Session, room: models.Room, now_ms: int) -> None:
    """Publish a room's snapshot with a new revision."""
    room.rev += 1
    session.flush()
    outbox.say(session, topics.room_state(room.id), views.room(session, room), now_ms, retain=True)


def tell(
    session: Session,
    room: models.Room,
    event: wire.RoundStarted | wire.RoundEnded | wire.Said | TaskDelivered | TaskClosed,
    now_ms: int,
) -> None:
    """Tell everyone in a room that something happened, with the next revision of its events."""
    room.events_rev += 1
    numbered = event.model_copy(update={"rev": room.events_rev})
    outbox.say(session, topics.room_events(room.id), numbered, now_ms)


def chat(session: Session, caller: Caller, room_id: str, asked: wire.Say, now_ms: int) -> None:
    """Say something to everyone in a room the caller is in."""
    callers.forbid_stand_in(caller)
    room = locked(session, room_id)
    check_takes_part(session, caller, room)
    who = views.user(session.get_one(models.User, caller.user_id))
    tell(session, room, wire.Said(user=who, text=asked.text), now_ms)


def lobby(session: Session) -> wire.Lobby:
    """Return the lobby (直播任务列表): rooms with a free seat first, of those the newest first."""
    chosen = (
        select(models.Room)
        .where(models.Room.state != "ended", models.Room.visibility == "public")
        .order_by(models.Room.state.desc(), models.Room.created_ms.desc(), models.Room.id)
        .limit(LOBBY_ROOMS)
    )
    rows = session.scalars(chosen).all()
    firsts = _first_entries(session)
    shown = tuple(views.lobby_room(session, row, firsts.get(row.id)) for row in rows)
    rev = session.get_one(models.Counter, "lobby").value
    return wire.Lobby(rev=rev, rooms=shown)


def _first_entries(session: Session) -> dict[str, str]:
    """Return the path of each living room's newest first entry."""
    chosen = (
        select(models.Entry)
        .join(models.Room, models.Room.id == models.Entry.room_id)
        .where(models.Entry.kind == "first", models.Room.state != "ended")
        .order_by(models.Entry.expires_ms)
    )
    return {row.room_id: path(row) for row in session.scalars(chosen)}


def first_entry(session: Session, room_id: str) -> models.Entry | None:
    """Return a room's newest first entry."""
    chosen = select(models.Entry).where(models.Entry.room_id == room_id, models.Entry.kind == "first")
    return session.scalars(chosen.order_by(models.Entry.expires_ms.desc()).limit(1)).first()


def path(entry: models.Entry) -> str:
    """Return an entry's path on the hub."""
    return f"/e/{entry.token}"


def lobby_changed(session: Session, now_ms: int) -> None:
    """Publish the lobby with a new revision."""
    session.flush()
    session.get_one(models.Counter, "lobby", with_for_update=True, populate_existing=True).value += 1
    outbox.say(session, topics.LOBBY, lobby(session), now_ms, retain=True)


def relay_changed(session: Session, relay: str, state: RelayState, now_ms: int) -> None:
    """Take over from a relay's snapshot which seats are live."""
    live = {(media.room, media.seat) for media in state.seats if media.is_live}
    for room_id in sorted(set(session.scalars(select(models.Seat.room_id).distinct()))):
        room = session.get_one(
            models.Room, room_id, with_for_update={"key_share": True}, populate_existing=True
        )
        news = [seat for seat in room.seats if seat.is_live != ((room.id, seat.seat) in live)]
        for seat in news:
            seat.is_live = not seat.is_live
            seat.away_since_ms = None if seat.is_live else now_ms
        if news:
            changed(session, room, now_ms)
            log.info(
                "relay %s: room %s is live on %d seats", relay, room.id, sum(s.is_live for s in room.seats)
            )
