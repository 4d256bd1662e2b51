"""Tickets: somebody looks for a partner, the hub finds a room with a free seat and keeps it for them."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import matching
from cloud.core import rooms as rules
from cloud.core.errors import NotNow, Unknown
from cloud.desk import callers, outbox, rooms, views
from cloud.desk.callers import Caller
from cloud.tokens import new_id
from edge.wire import rooms as wire
from edge.wire.users import SeatOffered

TICKET_MS = 60_000
"""How long a ticket waits for a room."""


def ask(session: Session, caller: Caller, asked: wire.AskMatch, now_ms: int) -> wire.Ticket:
    """Look for a partner: matched at once when a room suits, else the ticket waits. An older ticket of the
    caller is withdrawn.
    """
    callers.forbid_stand_in(caller)
    for old in session.scalars(_waiting().where(models.Ticket.user_id == caller.user_id)).all():
        old.state = "withdrawn"
    row = models.Ticket(
        id=new_id("m"),
        user_id=caller.user_id,
        mode=asked.mode,
        song_id=asked.song,
        language=asked.language,
        region=asked.region,
        state="waiting",
        created_ms=now_ms,
        expires_ms=now_ms + TICKET_MS,
    )
    session.add(row)
    session.flush()
    match_waiting(session, now_ms)
    return views.ticket(row)


def _waiting() -> Select[models.Ticket]:
    oldest_first = (models.Ticket.created_ms, models.Ticket.id)
    return select(models.Ticket).where(models.Ticket.state == "waiting").order_by(*oldest_first)


def match_waiting(session: Session, now_ms: int) -> int:
    """Match every waiting ticket that a room suits now, the oldest first; return how many."""
    waiting = session.scalars(_waiting().where(models.Ticket.expires_ms > now_ms).limit(200)).all()
    if not waiting:
        return 0
    free = _open_rooms(session, now_ms)
    matched = 0
    for ticket in waiting:
        wish = matching.Wish(ticket.user_id, ticket.mode, ticket.song_id, ticket.language, ticket.region)
        best = matching.best_room(wish, free)
        if best is not None:
            free.remove(best)
            _match(session, ticket, best.id, now_ms)
            matched += 1
    return matched


def _open_rooms(session: Session, now_ms: int) -> list[matching.OpenRoom]:
    """Return the rooms on the lobby whose broadcaster waits for a partner."""
    chosen = select(models.Room).where(
        models.Room.state == "open", models.Room.visibility == "public", models.Room.kind == "perform"
    )
    return [
        matching.OpenRoom(
            row.id, row.broadcaster_id, row.mode, row.song_id, row.language, row.region, row.created_ms
        )
        for row in session.scalars(chosen)
        if (row.reserved_until_ms or 0) <= now_ms and all(seat.seat != "b" for seat in row.seats)
    ]


def _match(session: Session, ticket: models.Ticket, room_id: str, now_ms: int) -> None:
    room = rooms.locked(session, room_id)
    entry = rooms.first_entry(session, room_id)
    if entry is None:
        return
    room.reserved_for, room.reserved_until_ms = ticket.user_id, now_ms + rules.RESERVED_MS
    ticket.state, ticket.room_id, ticket.entry = "matched", room_id, rooms.path(entry)
    session.flush()
    offer = SeatOffered(
        ticket=ticket.id, room=room_id, entry=rooms.path(entry), expires_ms=room.reserved_until_ms
    )
    outbox.notify(session, ticket.user_id, offer, now_ms)


def show(session: Session, caller: Caller, ticket_id: str) -> wire.Ticket:
    """Return one's own ticket."""
    return views.ticket(_own(session, caller, ticket_id))


def withdraw(session: Session, caller: Caller, ticket_id: str) -> None:
    """Stop looking for a partner.

    Raises:
        NotNow: the ticket was matched.
    """
    row = _own(session, caller, ticket_id)
    if row.state == "matched":
        raise NotNow("this ticket was matched: enter the room or let the offer pass")
    row.state = "withdrawn"


def _own(session: Session, caller: Caller, ticket_id: str) -> models.Ticket:
    row = session.get(models.Ticket, ticket_id)
    if row is None or row.user_id != caller.user_id:
        raise Unknown(f"there is no ticket {ticket_id}")
    return row
