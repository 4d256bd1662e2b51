"""Seats: who sits there, and the box that hears, scores and watches there: their own, or a stand-in."""

from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import rooms as rules
from cloud.desk import Desk, outbox, rooms, tasks, views
from cloud.desk.callers import Caller
from cloud.tokens import TOKEN_S, MediaClaims, digest, new_secret
from edge.wire.boxes import BeginRound, LeaveSeat, StandInRefused, StartBox, StopBox, TakeSeat
from edge.wire.rooms import MediaGrant, SeatName
from edge.wire.users import ClientKind, StandInMissing

STAND_INS = "standins-1"
"""The host that starts stand-in boxes."""

CODE_MS = 15 * 60 * 1000
"""How long an enrolment code holds."""


def name(seat: models.Seat) -> SeatName:
    """Return a seat's name."""
    return "a" if seat.seat == "a" else "b"


def media_grant(
    desk: Desk,
    principal: str,
    room: str,
    seat: SeatName,
    use: Literal["publish", "watch", "dry"],
    now_ms: int,
) -> MediaGrant:
    """Let `principal` publish a seat, watch it, or watch it with the dry voice alone."""
    role: Literal["publish", "watch"] = "publish" if use == "publish" else "watch"
    token = desk.signer.sign(MediaClaims(principal, room, seat, role), now_ms)
    url = f"/whip/{room}" if use == "publish" else f"/whep/{room}?seat={seat}"
    url += "&sound=dry" if use == "dry" else ""
    return MediaGrant(url=url, token=token, seat=seat, expires_in_s=TOKEN_S)


def sit(
    desk: Desk,
    session: Session,
    room: models.Room,
    seat: SeatName,
    caller: Caller,
    client: ClientKind,
    now_ms: int,
) -> models.Seat:
    """Put the caller on a seat and set its box to work; the one who sits there already gets it again."""
    row = next((one for one in room.seats if one.seat == seat), None)
    if row is not None and (row.client == "box", row.box_id if row.client == "box" else None) != (
        client == "box",
        caller.box_id,
    ):
        free(session, room, row, now_ms)
        row = None
    if row is None:
        row = models.Seat(
            room_id=room.id,
            seat=seat,
            user_id=caller.user_id,
            client=client,
            box_id=caller.box_id,
            is_stand_in=caller.box_id is None,
            is_live=False,
            is_ready=False,
            taken_ms=now_ms,
            away_since_ms=now_ms,
        )
        room.seats.append(row)
        session.flush()
        session.refresh(row)
        if row.is_stand_in:
            _start_stand_in(desk, session, room, row, caller.principal, now_ms)
    row.client = client
    if row.box_id is not None:
        send_in(desk, session, room, row, now_ms)
    return row


def send_in(desk: Desk, session: Session, room: models.Room, seat: models.Seat, now_ms: int) -> None:
    """Tell a seat's box all it has to do there."""
    if seat.box_id is None:
        return
    take = take_seat(desk, session, room, seat, f"d-{seat.box_id}", now_ms)
    outbox.order(session, seat.box_id, take, now_ms)
    tasks.send_watch(session, room, seat.seat, now_ms)
    latest = views.latest_round(session, room.id)
    if latest is not None and latest.state != "ended":
        begin = BeginRound(room=room.id, round=views.song_round(latest))
        outbox.order(session, seat.box_id, begin, now_ms)


def take_seat(
    desk: Desk, session: Session, room: models.Room, seat: models.Seat, principal: str, now_ms: int
) -> TakeSeat:
    """Return the order to work on a seat, with fresh grants."""
    attributes = views.room_attributes(room)
    here = name(seat)
    others = [one for one in rules.seats_of(attributes.mode) if one != here]
    singer = views.user(session.get_one(models.User, seat.user_id))
    own = None if seat.is_stand_in else media_grant(desk, principal, room.id, here, "publish", now_ms)
    hear = media_grant(desk, principal, room.id, others[0], "dry", now_ms) if others else None
    return TakeSeat(
        room=room.id,
        seat=here,
        scene=attributes.scene,
        mode=attributes.mode,
        singer=singer,
        publish=own,
        hear=None if seat.is_stand_in else hear,
        source=media_grant(desk, principal, room.id, here, "dry", now_ms) if seat.is_stand_in else None,
    )


def new_enrol_code(
    session: Session,
    now_ms: int,
    *,
    room: str | None = None,
    seat: str | None = None,
    lasts_ms: int = CODE_MS,
) -> str:
    """Return a one-time code that lets one new box in."""
    code = new_secret()
    session.add(
        models.EnrolCode(
            code_hash=digest(code), room_id=room, seat=seat, created_ms=now_ms, expires_ms=now_ms + lasts_ms
        )
    )
    session.flush()
    return code


def restart_stand_ins(desk: Desk, session: Session, now_ms: int) -> None:
    """The stand-ins host is there (again): let it start every stand-in that is not at work."""
    missing = (
        select(models.Seat).where(models.Seat.is_stand_in).order_by(models.Seat.room_id, models.Seat.seat)
    )
    for seat in session.scalars(missing).all():
        box = session.get(models.Box, seat.box_id) if seat.box_id else None
        if box is not None and box.state == "ready":
            continue
        _revoke(session, seat.room_id, seat, now_ms)
        seat.box_id, seat.is_ready = None, False
        room = session.get_one(models.Room, seat.room_id)
        _start_stand_in(desk, session, room, seat, f"s-{STAND_INS}", now_ms)


def _start_stand_in(
    desk: Desk, session: Session, room: models.Room, seat: models.Seat, principal: str, now_ms: int
) -> None:
    seat.no_stand_in = None
    code = new_enrol_code(session, now_ms, room=room.id, seat=seat.seat)
    take = take_seat(desk, session, room, seat, principal, now_ms)
    start = StartBox(enrol_code=code, name=f"stand-in {seat.seat}", take=take)
    outbox.order(session, STAND_INS, start, now_ms)


def stand_in_refused(session: Session, refused: StandInRefused, now_ms: int) -> None:
    """Tell the room and the singer that no box scores them, unless they have left or got one meanwhile."""
    seat = session.get(models.Seat, (refused.room, refused.seat))
    if seat is None or not seat.is_stand_in or seat.box_id is not None:
        return
    seat.no_stand_in = refused.why
    rooms.changed(session, rooms.locked(session, refused.room), now_ms)
    missing = StandInMissing(room=refused.room, seat=refused.seat, why=refused.why)
    outbox.notify(session, seat.user_id, missing, now_ms)


def free(session: Session, room: models.Room, seat: models.Seat, now_ms: int) -> None:
    """Take a singer off a seat and send its box away."""
    if seat.is_stand_in:
        outbox.order(session, STAND_INS, StopBox(room=room.id, seat=name(seat)), now_ms)
        _revoke(session, room.id, seat, now_ms)
    elif seat.box_id is not None:
        outbox.order(session, seat.box_id, LeaveSeat(room=room.id), now_ms)
    room.seats.remove(seat)
    session.flush()


def _revoke(session: Session, room_id: str, seat: models.Seat, now_ms: int) -> None:
    """A stand-in that has gone gets no session any more, and its code lets nobody in."""
    box = session.get(models.Box, seat.box_id) if seat.box_id else None
    if box is not None:
        box.revoked_ms = now_ms
    codes = select(models.EnrolCode).where(
        models.EnrolCode.room_id == room_id,
        models.EnrolCode.seat == seat.seat,
        models.EnrolCode.used_ms.is_(None),
    )
    for code in session.scalars(codes):
        code.used_ms = now_ms
