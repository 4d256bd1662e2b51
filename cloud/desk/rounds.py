"""Rounds: one song sung in a room, from the count-in to the final score."""

import logging

from sqlalchemy.orm import Session

from cloud import models
from cloud.core import rooms as rules
from cloud.core.errors import NotNow, Unknown, Wrong
from cloud.desk import callers, outbox, rooms, seating, views
from cloud.desk.callers import Caller
from cloud.tokens import new_id
from edge.wire import rooms as wire
from edge.wire import topics
from edge.wire.boxes import BeginRound, SongEnded, StopRound
from edge.wire.scores import RoundFinal, RoundScored

log = logging.getLogger(__name__)


def start(session: Session, caller: Caller, room_id: str, asked: wire.StartRound, now_ms: int) -> wire.Round:
    """Begin a round: song time 0 is 3 s from now, on every side.

    Raises:
        NotAllowed: the caller does not sing in this room.
        NotNow: a round is being sung, or a seat is not ready.
        Wrong: the room has no song and none was named.
        Unknown: there is no such song.
    """
    callers.forbid_stand_in(caller)
    room = rooms.locked(session, room_id)
    latest = views.latest_round(session, room_id)
    is_singing = latest is not None and latest.state != "ended"
    seats = [
        rules.SeatIs(seating.name(seat), seat.user_id, views.is_ready(session, seat)) for seat in room.seats
    ]
    rules.check_start(caller.user_id, seats, is_singing=is_singing)
    song = _song(session, asked.song or room.song_id)
    row = models.Round(
        id=new_id("n"),
        room_id=room.id,
        song_id=song.id,
        song_title=song.title,
        mode=room.mode,
        state="counting",
        start_ms=now_ms + rules.COUNT_IN_MS,
        duration_s=song.duration_s,
        singers={seat.seat: seat.user for seat in seats},
    )
    session.add(row)
    session.flush()
    room.song_id = song.id
    shown = views.song_round(row)
    for seat in room.seats:
        if seat.box_id is not None:
            outbox.order(session, seat.box_id, BeginRound(room=room.id, round=shown), now_ms)
    rooms.tell(session, room, wire.RoundStarted(round=shown), now_ms)
    rooms.changed(session, room, now_ms)
    return shown


def _song(session: Session, song_id: str | None) -> models.Song:
    if song_id is None:
        raise Wrong("song: this room has no song yet: name one")
    song = session.get(models.Song, song_id)
    if song is None:
        raise Unknown(f"there is no song {song_id}: search the catalogue")
    return song


def score(session: Session, box_id: str, fact: RoundScored, now_ms: int) -> None:
    """Take one singer's final score, once; the last one ends the round."""
    row = session.get(models.Round, fact.round, with_for_update=True)
    room = session.get(models.Room, fact.room)
    seat = session.get(models.Seat, (fact.room, fact.seat))
    if row is None or room is None or row.room_id != fact.room or row.state == "ended":
        log.info("box %s scored round %s, which is not being sung: ignored", box_id, fact.round)
        return
    if seat is None or seat.box_id != box_id or fact.seat not in row.singers:
        log.warning("box %s scored seat %s of room %s, which it does not hold", box_id, fact.seat, fact.room)
        return
    if session.get(models.Score, (row.id, fact.seat)) is not None:
        return
    row.scores.append(
        models.Score(
            round_id=row.id,
            seat=fact.seat,
            user_id=row.singers[fact.seat],
            score=fact.score,
            notes_hit=fact.notes_hit,
        )
    )
    for line, points in enumerate(fact.lines):
        session.add(models.LineScore(round_id=row.id, seat=fact.seat, line=line, score=points))
    session.flush()
    if not settle(session, room, row, now_ms):
        rooms.changed(session, room, now_ms)


def song_ended(session: Session, box_id: str, fact: SongEnded, now_ms: int) -> None:
    """A box has finished a song it did not score (nobody sang there); the round does not wait for it."""
    row = session.get(models.Round, fact.round, with_for_update=True)
    seat = session.get(models.Seat, (fact.room, fact.seat))
    if (
        row is None
        or row.state == "ended"
        or row.room_id != fact.room
        or seat is None
        or seat.box_id != box_id
    ):
        log.info("box %s ended round %s, which is not being sung: ignored", box_id, fact.round)
        return
    log.info("box %s has ended round %s on seat %s", box_id, fact.round, fact.seat)


def settle(session: Session, room: models.Room, row: models.Round, now_ms: int) -> bool:
    """End a round if it is over; return whether it was."""
    scored = [one.seat for one in row.scores]
    ends_ms = rules.ends_ms(row.start_ms, row.duration_s)
    if not rules.is_over(row.singers, scored, ends_ms=ends_ms, now_ms=now_ms):
        return False
    _finish(session, room, row, now_ms)
    return True


def begin_singing(session: Session, room: models.Room, row: models.Round, now_ms: int) -> None:
    """The count-in is over."""
    row.state = "singing"
    rooms.changed(session, room, now_ms)


def stop(session: Session, room: models.Room, now_ms: int) -> None:
    """End the round that is being sung, if any, with the scores there are, because a singer leaves."""
    row = views.latest_round(session, room.id)
    if row is None or row.state == "ended":
        return
    for seat in room.seats:
        if seat.box_id is not None:
            outbox.order(session, seat.box_id, StopRound(room=room.id, round=row.id), now_ms)
    _finish(session, room, row, now_ms)


def _finish(session: Session, room: models.Room, row: models.Round, now_ms: int) -> None:
    scores = {one.seat: one.score for one in row.scores}
    row.state, row.ended_ms = "ended", now_ms
    row.winner = rules.winner(views.room_attributes(room).mode, scores)
    session.flush()
    final = _final(row)
    outbox.say(session, topics.round_final(room.id, row.id), final, now_ms, retain=True)
    rooms.tell(session, room, wire.RoundEnded(final=final), now_ms)
    rooms.changed(session, room, now_ms)
    log.info("round %s in room %s: %d of %d seats scored", row.id, room.id, len(scores), len(row.singers))


def _final(row: models.Round) -> RoundFinal:
    return RoundFinal.model_validate(
        {
            "round": row.id,
            "room": row.room_id,
            "song": row.song_id,
            "scores": {one.seat: one.score for one in row.scores},
            "winner": row.winner,
            "ended_ms": row.ended_ms,
        }
    )


def final(session: Session, caller: Caller, room_id: str, round_id: str) -> RoundFinal:
    """Return how a round ended.

    Raises:
        Unknown: there is no such round in a room the caller may see.
        NotNow: it has not ended.
    """
    rooms.show(session, caller, room_id)
    row = session.get(models.Round, round_id)
    if row is None or row.room_id != room_id:
        raise Unknown(f"there is no round {round_id} in this room")
    if row.state != "ended":
        raise NotNow("this round is still being sung: ask again when it has ended")
    return _final(row)
