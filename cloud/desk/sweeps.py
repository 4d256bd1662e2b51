"""What time alone changes: expired requests, tickets, tasks and rounds, empty rooms, old rows."""

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import rooms as rules
from cloud.desk import Desk, entering, invitations, matches, rooms, rounds, tasks

KEPT_MS = 24 * 3600 * 1000
"""How long messages that were sent, and commands, are kept."""


def expire_due(desk: Desk, session: Session, now_ms: int) -> int:
    """Do all that is due by `now_ms`, each in its usual way; return how many things changed."""
    return (
        _requests(session, now_ms)
        + _tickets(session, now_ms)
        + _tasks(session, now_ms)
        + _rounds(session, now_ms)
        + _seats(session, now_ms)
        + _viewers(session, now_ms)
        + _rooms(session, now_ms)
        + _entries(desk, session, now_ms)
        + matches.match_waiting(session, now_ms)
    )


def _requests(session: Session, now_ms: int) -> int:
    ended = select(models.Room.id).where(models.Room.state == "ended")
    is_over = or_(models.Request.expires_ms <= now_ms, models.Request.room_id.in_(ended))
    chosen = select(models.Request).where(models.Request.state == "pending", is_over)
    rows = session.scalars(chosen.with_for_update(skip_locked=True)).all()
    for row in rows:
        invitations.expire(session, row, now_ms)
    return len(rows)


def _tickets(session: Session, now_ms: int) -> int:
    due = select(models.Ticket).where(models.Ticket.state == "waiting", models.Ticket.expires_ms <= now_ms)
    rows = session.scalars(due.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.state = "expired"
    return len(rows)


def _tasks(session: Session, now_ms: int) -> int:
    due = select(models.Task).where(models.Task.state == "open", models.Task.expires_ms <= now_ms)
    rows = session.scalars(due.order_by(models.Task.expires_ms).with_for_update(skip_locked=True)).all()
    for row in rows:
        tasks.expire(session, row, now_ms)
    return len(rows)


def _rounds(session: Session, now_ms: int) -> int:
    running = select(models.Round).where(models.Round.ended_ms.is_(None), models.Round.start_ms <= now_ms)
    changes = 0
    for row in session.scalars(running.with_for_update(skip_locked=True)).all():
        room = session.get_one(models.Room, row.room_id, with_for_update={"key_share": True})
        if rounds.settle(session, room, row, now_ms):
            changes += 1
        elif row.state == "counting":
            rounds.begin_singing(session, room, row, now_ms)
            changes += 1
    return changes


def _seats(session: Session, now_ms: int) -> int:
    """Free the seats of singers who went off the air and did not come back."""
    away = select(models.Seat).where(models.Seat.away_since_ms <= now_ms - rules.AWAY_MS)
    rows = session.scalars(away.with_for_update(skip_locked=True)).all()
    for row in rows:
        entering.vacate(session, row, now_ms)
    return len(rows)


def _viewers(session: Session, now_ms: int) -> int:
    """Count out viewers who closed their page without a word."""
    gone = delete(models.Viewer).where(models.Viewer.seen_ms <= now_ms - rules.UNSEEN_MS)
    left = session.scalars(gone.returning(models.Viewer.room_id)).all()
    for room_id in sorted(set(left)):
        rooms.changed(session, session.get_one(models.Room, room_id), now_ms)
    if left:
        rooms.lobby_changed(session, now_ms)
    return len(left)


def _rooms(session: Session, now_ms: int) -> int:
    """End rooms in which nobody has sung for a while."""
    is_taken = exists().where(models.Seat.room_id == models.Room.id)
    empty = select(models.Room).where(
        models.Room.state != "ended", models.Room.touched_ms <= now_ms - rules.EMPTY_MS, ~is_taken
    )
    rows = session.scalars(empty.with_for_update(skip_locked=True)).all()
    for row in rows:
        entering.close(session, row, now_ms)
    return len(rows)


def _entries(desk: Desk, session: Session, now_ms: int) -> int:
    """Give rooms on the lobby a new first entry before the old one expires."""
    fresh = exists().where(
        models.Entry.room_id == models.Room.id,
        models.Entry.kind == "first",
        models.Entry.expires_ms > now_ms + rules.RENEW_MS,
    )
    stale = select(models.Room).where(
        models.Room.state != "ended",
        models.Room.kind == "perform",
        models.Room.visibility == "public",
        ~fresh,
    )
    rows = session.scalars(stale.with_for_update(skip_locked=True)).all()
    for row in rows:
        entering.hand_out(desk, session, row, "first", now_ms)
    if rows:
        rooms.lobby_changed(session, now_ms)
    return len(rows)


def tidy(session: Session, now_ms: int) -> None:
    """Delete what nobody asks for any more; to be called about once an hour.

    What is retained stays: the worker tells it again to a broker that has forgotten it.
    """
    before = now_ms - KEPT_MS
    for table, is_old in (
        (models.Outbox, (models.Outbox.sent_ms < before) & ~models.Outbox.retain),
        (models.Command, models.Command.expires_ms < before),
        (models.Challenge, models.Challenge.expires_ms < now_ms),
        (models.EnrolCode, models.EnrolCode.expires_ms < before),
    ):
        session.execute(delete(table).where(is_old))
