"""Interaction requests (直播互动请求): sent, accepted, declined, withdrawn, expired."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import requests as rules
from cloud.core.errors import NotAllowed, NotNow, Unknown
from cloud.desk import Desk, callers, entering, outbox, rooms, views
from cloud.desk.callers import Caller
from cloud.tokens import new_id
from edge.wire import users as wire

MAX_PENDING = 20
"""Most requests one user may have waiting for answers."""


def send(session: Session, caller: Caller, asked: wire.SendRequest, now_ms: int) -> wire.Request:
    """Invite a user into a room the caller holds.

    Raises:
        NotAllowed: the caller does not hold the room, or invites themselves.
        Unknown: there is no such user or room.
        NotNow: this user was invited already, the seat is taken, or too many requests wait.
    """
    callers.forbid_stand_in(caller)
    room = rooms.locked(session, asked.room)
    if room.broadcaster_id != caller.user_id:
        raise NotAllowed("only the broadcaster invites into a room: open one of your own")
    if asked.to == caller.user_id:
        raise NotAllowed("you cannot invite yourself: choose somebody else")
    if session.get(models.User, asked.to) is None:
        raise Unknown(f"there is no user {asked.to}")
    if room.state != "open" or room.mode == "solo":
        raise NotNow("this room has no free seat: nobody can be invited now")
    _check_pending(session, caller.user_id, asked)
    row = models.Request(
        id=new_id("q"),
        sender_id=caller.user_id,
        to_id=asked.to,
        room_id=room.id,
        message=asked.message,
        state="pending",
        created_ms=now_ms,
        expires_ms=now_ms + rules.REQUEST_S * 1000,
    )
    session.add(row)
    session.flush()
    _tell_both(session, row, now_ms)
    return views.request(row, for_user=caller.user_id)


def _check_pending(session: Session, sender: str, asked: wire.SendRequest) -> None:
    pending = select(models.Request).where(
        models.Request.sender_id == sender, models.Request.state == "pending"
    )
    rows = session.scalars(pending).all()
    if any((row.to_id, row.room_id) == (asked.to, asked.room) for row in rows):
        raise NotNow("this user has been invited already: wait for the answer")
    if len(rows) >= MAX_PENDING:
        raise NotNow(f"{MAX_PENDING} of your requests wait for answers: withdraw one first")


def answer(
    desk: Desk, session: Session, caller: Caller, request_id: str, said: rules.Answer, now_ms: int
) -> wire.Request:
    """Accept or decline a request one got, or withdraw one's own; accepting gives an entry.

    Raises:
        Unknown: not a request the caller sent or got.
        NotAllowed: it is the other one's to say.
        NotNow: it was answered before or has expired.
    """
    callers.forbid_stand_in(caller)
    row = session.get(models.Request, request_id, with_for_update=True)
    if row is None or caller.user_id not in (row.sender_id, row.to_id):
        raise Unknown(f"there is no request {request_id}")
    state = _state(row, now_ms)
    becomes = rules.answered(state, said, by=caller.user_id, sender=row.sender_id, to=row.to_id)
    if becomes == row.state:
        return views.request(row, for_user=caller.user_id)
    if becomes == "accepted":
        room = rooms.locked(session, row.room_id)
        row.entry = rooms.path(entering.hand_out(desk, session, room, "second", now_ms, user_id=row.to_id))
    row.state = becomes
    session.flush()
    _tell_both(session, row, now_ms)
    return views.request(row, for_user=caller.user_id)


def _state(row: models.Request, now_ms: int) -> rules.State:
    shown = views.request(row, for_user=row.to_id).state
    return "expired" if shown == "pending" and row.expires_ms <= now_ms else shown


def expire(session: Session, row: models.Request, now_ms: int) -> None:
    """Nobody answered in time, or the room has ended."""
    row.state = "expired"
    session.flush()
    _tell_both(session, row, now_ms)


def _tell_both(session: Session, row: models.Request, now_ms: int) -> None:
    for user_id in (row.to_id, row.sender_id):
        shown = views.request(row, for_user=user_id)
        outbox.notify(session, user_id, wire.RequestChanged(request=shown), now_ms)


def mine(session: Session, caller: Caller) -> wire.Requests:
    """Return the newest requests the caller sent or got."""
    chosen = select(models.Request).where(
        or_(models.Request.sender_id == caller.user_id, models.Request.to_id == caller.user_id)
    )
    rows = session.scalars(chosen.order_by(models.Request.created_ms.desc(), models.Request.id).limit(50))
    return wire.Requests(requests=tuple(views.request(row, for_user=caller.user_id) for row in rows))
