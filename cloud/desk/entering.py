"""The way into a room and out again: open one, enter, watch, leave, end it."""

import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import entries
from cloud.core import rooms as rules
from cloud.core.errors import Full, NotAllowed, NotNow, Unknown
from cloud.desk import Desk, callers, rooms, rounds, seating, tasks, views
from cloud.desk.callers import Caller
from cloud.tokens import new_id
from edge.wire import rooms as wire
from edge.wire.rooms import SeatName

MAX_ROOMS = 5
"""Most rooms one user may hold at once."""


def open_room(
    desk: Desk, session: Session, caller: Caller, ask: wire.AskRoom, now_ms: int
) -> wire.RoomGranted:
    """Open a room: to perform, with a first entry on the lobby, or to create, with a second entry.

    Raises:
        NotAllowed: from a phone.
        NotNow: the caller holds too many rooms.
        Unknown: there is no such song.
    """
    callers.forbid_stand_in(caller)
    rules.check_first_client(caller.client(ask.client))
    _check_few(session, caller.user_id)
    owner = session.get_one(models.User, caller.user_id)
    song = session.get(models.Song, ask.song) if ask.song else None
    if ask.song and song is None:
        raise Unknown(f"there is no song {ask.song}: search the catalogue")
    found = rules.attributes(ask, views.user_attributes(owner), song.title if song else None)
    fields = found.model_dump(mode="json")
    song_id = fields.pop("song")
    row = models.Room(
        id=new_id("r"),
        kind=ask.kind,
        broadcaster_id=owner.id,
        song_id=song_id if song_id and session.get(models.Song, song_id) else None,
        state="open",
        rev=0,
        events_rev=0,
        tasks_rev=0,
        created_ms=now_ms,
        touched_ms=now_ms,
        **fields,
    )
    session.add(row)
    session.flush()
    entry = hand_out(desk, session, row, "first" if ask.kind == "perform" else "second", now_ms)
    rooms.changed(session, row, now_ms)
    tasks.publish_list(session, row, now_ms)
    rooms.lobby_changed(session, now_ms)
    return wire.RoomGranted(room=row.id, attributes=views.room_attributes(row), entry=_shown(desk, entry))


def _check_few(session: Session, user_id: str) -> None:
    held = select(models.Room.id).where(models.Room.broadcaster_id == user_id, models.Room.state != "ended")
    if len(session.scalars(held).all()) >= MAX_ROOMS:
        raise NotNow(f"you hold {MAX_ROOMS} rooms: end one of them first")


def hand_out(
    desk: Desk, session: Session, room: models.Room, kind: str, now_ms: int, *, user_id: str | None = None
) -> models.Entry:
    """Make an entry to a room, for whoever holds it or for one user alone."""
    said = entries.Entry(
        "first" if kind == "first" else "second", room.id, new_id(), now_ms + rules.ENTRY_S * 1000
    )
    token = entries.sign(desk.signer.key, said)
    row = models.Entry(
        jti=said.name,
        room_id=room.id,
        kind=kind,
        token=token,
        user_id=user_id,
        expires_ms=said.expires_ms // 1000 * 1000,
    )
    session.add(row)
    session.flush()
    return row


def _shown(desk: Desk, entry: models.Entry) -> wire.Entry:
    code = segno.make(desk.url + rooms.path(entry), error="m", micro=False)
    svg: str = code.svg_inline(scale=4, border=2)
    return wire.Entry(
        kind="first" if entry.kind == "first" else "second",
        path=rooms.path(entry),
        expires_ms=entry.expires_ms,
        qr_svg=svg,
    )


def enter(
    desk: Desk, session: Session, caller: Caller, token: str, asked: wire.EnterRoom, now_ms: int
) -> wire.Entered:
    """Take a seat through an entry.

    Raises:
        NotAllowed: a forged link, one that is for somebody else, or a phone as first client.
        TooLate: the entry has expired or the room has ended.
        Full: both singers' places are taken.
    """
    callers.forbid_stand_in(caller)
    room = _room_of_entry(desk, session, caller, token, now_ms)
    client = caller.client(asked.client)
    taken: dict[SeatName, str] = {seating.name(seat): seat.user_id for seat in room.seats}
    kept = room.reserved_for if (room.reserved_until_ms or 0) > now_ms else None
    mode = views.room_attributes(room).mode
    name = rules.seat_for(caller.user_id, room.broadcaster_id, taken, mode, kept_for=kept)
    if name == "a":
        rules.check_first_client(client)
    if caller.box_id is not None:
        _leave_other_rooms(session, caller.box_id, room.id, now_ms)
    seating.sit(desk, session, room, name, caller, client, now_ms)
    if room.reserved_for == caller.user_id:
        room.reserved_for = room.reserved_until_ms = None
    _stop_watching(session, room.id, caller.principal)
    _settle_state(session, room, now_ms)
    return _entered(desk, session, room, caller, name, now_ms)


def _room_of_entry(desk: Desk, session: Session, caller: Caller, token: str, now_ms: int) -> models.Room:
    said = entries.read(desk.signer.key, token, now_ms)
    row = session.get(models.Entry, said.name) if said.purpose != "box" else None
    if row is None:
        raise NotAllowed("this link does not lead into a room: scan or copy it again")
    room = rooms.locked(session, row.room_id)
    if row.user_id is not None and caller.user_id not in (row.user_id, room.broadcaster_id):
        raise NotAllowed("this link was made for somebody else: ask for one of your own")
    return room


def _leave_other_rooms(session: Session, box_id: str, room_id: str, now_ms: int) -> None:
    """A box is in one room at a time: the last one it was sent to."""
    chosen = select(models.Seat).where(models.Seat.box_id == box_id, models.Seat.room_id != room_id)
    for seat in session.scalars(chosen).all():
        vacate(session, seat, now_ms)


def _entered(
    desk: Desk, session: Session, room: models.Room, caller: Caller, name: SeatName | None, now_ms: int
) -> wire.Entered:
    shown = views.room(session, room)
    seats = rules.seats_of(shown.attributes.mode)
    if name is None:
        watch = tuple(
            seating.media_grant(desk, caller.principal, room.id, seat, "watch", now_ms) for seat in seats
        )
        return wire.Entered(room=shown, role="viewer", watch=watch)
    if caller.box_id is not None:
        return wire.Entered(room=shown, role="singer", seat=name)
    return wire.Entered(
        room=shown,
        role="singer",
        seat=name,
        publish=seating.media_grant(desk, caller.principal, room.id, name, "publish", now_ms),
        watch=tuple(
            seating.media_grant(desk, caller.principal, room.id, seat, "dry", now_ms) for seat in seats
        ),
    )


def watch(
    desk: Desk, session: Session, caller: Caller, room_id: str, asked: wire.EnterRoom, now_ms: int
) -> wire.Entered:
    """Become a viewer of a room, or get fresh grants as one.

    Raises:
        NotAllowed: the room is open by link only, and no entry of it is shown.
        Full: it has as many viewers as it may.
    """
    callers.forbid_stand_in(caller)
    room = rooms.locked(session, room_id)
    rooms.viewer_seen(session, caller, room.id, now_ms)
    if not rooms.takes_part(session, caller, room):
        _check_may_watch(desk, room, asked.entry, now_ms)
        if views.viewers(session, room.id) >= room.capacity:
            raise Full(f"this room is full: {room.capacity} are watching; try again later")
        session.add(
            models.Viewer(room_id=room.id, principal=caller.principal, user_id=caller.user_id, seen_ms=now_ms)
        )
        session.flush()
        rooms.changed(session, room, now_ms)
        rooms.lobby_changed(session, now_ms)
    return _entered(desk, session, room, caller, None, now_ms)


def _check_may_watch(desk: Desk, room: models.Room, entry: str | None, now_ms: int) -> None:
    if room.visibility == "public":
        return
    if entry is None:
        raise NotAllowed("this room is open by link only: ask its broadcaster for a link")
    if entries.read(desk.signer.key, entry, now_ms).about != room.id:
        raise NotAllowed("this link leads into another room")


def stop_watching(session: Session, caller: Caller, room_id: str, now_ms: int) -> None:
    """Stop being a viewer of a room."""
    room = rooms.locked(session, room_id)
    if _stop_watching(session, room.id, caller.principal):
        rooms.changed(session, room, now_ms)
        rooms.lobby_changed(session, now_ms)


def _stop_watching(session: Session, room_id: str, principal: str) -> bool:
    row = session.get(models.Viewer, (room_id, principal))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def leave_seat(session: Session, caller: Caller, room_id: str, name: str, now_ms: int) -> None:
    """Leave a seat, or send its singer away as the broadcaster; a round being sung ends.

    Raises:
        Unknown: nobody sits there.
        NotAllowed: neither the singer nor the broadcaster asks.
    """
    callers.forbid_stand_in(caller)
    room = rooms.locked(session, room_id)
    seat = next((seat for seat in room.seats if seat.seat == name), None)
    if seat is None:
        raise Unknown(f"seat {name} of this room is free")
    if caller.user_id not in (seat.user_id, room.broadcaster_id):
        raise NotAllowed("only the singer and the broadcaster may free a seat")
    vacate(session, seat, now_ms)


def vacate(session: Session, seat: models.Seat, now_ms: int) -> None:
    """Free a seat; the round being sung ends, and the tasks in its picture go back."""
    room = rooms.locked(session, seat.room_id)
    rounds.stop(session, room, now_ms)
    tasks.close_all(session, room, now_ms, seat=seat.seat)
    seating.free(session, room, seat, now_ms)
    _settle_state(session, room, now_ms)


def _settle_state(session: Session, room: models.Room, now_ms: int) -> None:
    """Say anew whether a room is open or matched, after somebody sat down or left."""
    mode = views.room_attributes(room).mode
    room.state = rules.state_of({seating.name(seat) for seat in room.seats}, mode)
    room.touched_ms = now_ms
    rooms.changed(session, room, now_ms)
    rooms.lobby_changed(session, now_ms)


def end_room(session: Session, caller: Caller, room_id: str, now_ms: int) -> None:
    """End a room as its broadcaster.

    Raises:
        NotAllowed: somebody else asks.
    """
    callers.forbid_stand_in(caller)
    room = rooms.locked(session, room_id)
    if caller.user_id != room.broadcaster_id:
        raise NotAllowed("only the broadcaster may end a room")
    close(session, room, now_ms)


def close(session: Session, room: models.Room, now_ms: int) -> None:
    """End a room: its round, its tasks (points go back), its seats."""
    rounds.stop(session, room, now_ms)
    tasks.close_all(session, room, now_ms)
    for seat in list(room.seats):
        seating.free(session, room, seat, now_ms)
    for viewer in session.scalars(select(models.Viewer).where(models.Viewer.room_id == room.id)).all():
        session.delete(viewer)
    room.state, room.ended_ms = "ended", now_ms
    session.flush()
    rooms.changed(session, room, now_ms)
    rooms.lobby_changed(session, now_ms)
