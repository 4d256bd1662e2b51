"""Boxes: enrolled by a one-time code, logged in by their key, told what to do, and listened to."""

import base64
import logging

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core import authorise, entries
from cloud.core.authorise import Principal
from cloud.core.errors import LogInNeeded, NotAllowed, NotNow, TooLate, Unknown, Wrong
from cloud.desk import Desk, accounts, outbox, rooms, seating, tasks, views
from cloud.desk.callers import Caller
from cloud.tokens import TOKEN_S, Access, digest, new_id, new_secret
from edge.wire import boxes as wire
from edge.wire.songs import AskSong, QueuedSong
from edge.wire.users import BusGrant, UserAttributes

log = logging.getLogger(__name__)

CHALLENGE_MS = 60_000
"""How long a box may take to sign a nonce."""

QR_S = 24 * 3600
"""How long a box's QR code lets phones in; a new one comes with each session."""

new_enrol_code = seating.new_enrol_code


def enrol(desk: Desk, session: Session, asked: wire.Enrol, now_ms: int) -> wire.Enrolled:
    """Let a new box in.

    Raises:
        NotAllowed: no such code.
        TooLate: the code was used or has expired.
        Wrong: the public key is not one.
        NotNow: this key belongs to another box.
    """
    key = _canonical(asked.public_key)
    code = session.get(models.EnrolCode, digest(asked.code), with_for_update=True)
    if code is None:
        raise NotAllowed("this enrolment code is not known: make a new one on the hub")
    if code.used_ms is not None or code.expires_ms <= now_ms:
        raise TooLate("this enrolment code was used or has expired: make a new one on the hub")
    if session.scalar(select(models.Box.id).where(models.Box.public_key == key)) is not None:
        raise NotNow("this key belongs to a box that is enrolled already: delete the key file and try again")
    code.used_ms = now_ms
    seat = session.get(models.Seat, (code.room_id, code.seat)) if code.room_id else None
    if code.room_id and seat is None:
        raise TooLate("the seat this stand-in is for has been left")
    owner = seat.user if seat else _house(desk, session, asked.name, now_ms)
    box = models.Box(
        id=new_id("box"),
        name=asked.name,
        hardware=asked.hardware,
        public_key=key,
        user_id=owner.id,
        is_stand_in=seat is not None,
        state="lost",
        seen_ms=now_ms,
        created_ms=now_ms,
    )
    session.add(box)
    session.flush()
    if seat is not None:
        seat.box_id, seat.no_stand_in = box.id, None
        rooms.changed(session, rooms.locked(session, seat.room_id), now_ms)
    return wire.Enrolled(box=box.id, user=views.user(owner))


def _house(desk: Desk, session: Session, name: str, now_ms: int) -> models.User:
    attributes = UserAttributes(nickname=name.strip() or "booth", avatar="📦")
    return accounts.new_user(desk, session, attributes, "house", now_ms)


def _canonical(public_key: str) -> str:
    """Return a raw Ed25519 key as base64url without padding."""
    try:
        raw = base64.urlsafe_b64decode(public_key.rstrip("=") + "=" * (-len(public_key.rstrip("=")) % 4))
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise Wrong("public_key: a raw Ed25519 key of 32 bytes in base64url was expected") from error
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def challenge(session: Session, box_id: str, now_ms: int) -> wire.Challenge:
    """Return a nonce for a box to sign."""
    _known(session, box_id)
    row = models.Challenge(nonce=new_secret(), box_id=box_id, expires_ms=now_ms + CHALLENGE_MS)
    session.add(row)
    return wire.Challenge(nonce=row.nonce)


def log_in(desk: Desk, session: Session, box_id: str, asked: wire.BoxLogIn, now_ms: int) -> wire.BoxSession:
    """Begin a session of a box that signed its nonce.

    Raises:
        LogInNeeded: a nonce of another box or another time, or a wrong signature.
    """
    box = _known(session, box_id)
    row = session.get(models.Challenge, asked.nonce)
    if row is None or row.box_id != box_id or row.expires_ms <= now_ms:
        raise LogInNeeded("this nonce is not known or has expired: ask for a new challenge")
    _check_signature(box.public_key, asked)
    session.delete(row)
    qr = entries.Entry("box", box.id, new_id(), now_ms + QR_S * 1000)
    seat = _seat(session, box.id)
    return wire.BoxSession(
        access_token=desk.signer.sign(Access(f"d-{box.id}"), now_ms),
        expires_in_s=TOKEN_S,
        box=box.id,
        qr_url=f"{desk.url}/b/{entries.sign(desk.signer.key, qr)}",
        room=seat.room_id if seat else None,
    )


def _known(session: Session, box_id: str) -> models.Box:
    row = session.get(models.Box, box_id)
    if row is None or row.revoked_ms is not None:
        raise Unknown(f"there is no box {box_id}: enrol it with a new code")
    return row


def _check_signature(public_key: str, asked: wire.BoxLogIn) -> None:
    try:
        signature = base64.urlsafe_b64decode(asked.signature + "=" * (-len(asked.signature) % 4))
        raw = base64.urlsafe_b64decode(public_key + "=")
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, asked.nonce.encode())
    except (ValueError, InvalidSignature) as error:
        raise LogInNeeded("the nonce is not signed with this box's key") from error


def _seat(session: Session, box_id: str) -> models.Seat | None:
    return session.scalars(select(models.Seat).where(models.Seat.box_id == box_id)).first()


def grant_bus(
    desk: Desk, session: Session, caller: Caller, room_id: str | None, now_ms: int
) -> tuple[Principal, BusGrant]:
    """Return who may connect to the broker now, and how.

    A user's every grant has a name of its own: a broker cuts a connection whose name is granted anew,
    and a page wants to keep its old one until the new one stands.

    Raises:
        NotAllowed: a room the caller is not in.
    """
    principal = _principal(session, caller, room_id, now_ms)
    grant = BusGrant(
        username=principal.session,
        password=desk.signer.sign_bus(principal, now_ms),
        client_id=principal.session,
        expires_in_s=TOKEN_S,
        topics=authorise.subscriptions(principal),
        port=desk.mqtt_port,
    )
    return principal, grant


def _principal(session: Session, caller: Caller, room_id: str | None, now_ms: int) -> Principal:
    if caller.box_id is None:
        if room_id is not None:
            rooms.check_takes_part(session, caller, rooms.living(session, room_id))
            rooms.viewer_seen(session, caller, room_id, now_ms)
        return authorise.user(new_id(), caller.user_id, room_id)
    if room_id is None:
        return authorise.box(caller.box_id)
    seat = _seat(session, caller.box_id)
    if seat is None or seat.room_id != room_id:
        raise NotAllowed(f"this box holds no seat in room {room_id}: enter it first")
    return authorise.box(caller.box_id, room_id, seat.seat)


def ask_song(session: Session, caller: Caller, box_id: str, asked: AskSong, now_ms: int) -> None:
    """Put a song on the queue of the box whose QR code the caller scanned.

    Raises:
        NotAllowed: another box's.
        Unknown: there is no such song.
    """
    if box_id != caller.bound_box_id:
        raise NotAllowed("only guests who scanned this box's QR code may ask for songs on it")
    song = session.get(models.Song, asked.song)
    if song is None or not song.is_listed:
        raise Unknown(f"there is no song {asked.song}: search the catalogue")
    by = views.user(session.get_one(models.User, caller.user_id))
    queued = QueuedSong(id=new_id("s"), song=views.song_info(song), by=by)
    outbox.order(session, box_id, wire.QueueSong(queued=queued), now_ms, lasts_ms=600_000)


def box_said(desk: Desk, session: Session, box_id: str, said: wire.BoxState, now_ms: int) -> None:
    """Take over a box's state. A box that is ready but not where the hub has it is told where to be; a host
    of stand-ins that is ready is told whom to start.
    """
    if box_id == seating.STAND_INS:
        if said.s == "ready":
            seating.restart_stand_ins(desk, session, now_ms)
        return
    box = session.get(models.Box, box_id)
    if box is None or box.revoked_ms is not None:
        log.info("box %s, which is not enrolled, says %s: ignored", box_id, said.s)
        return
    seat = _seat(session, box_id)
    was_ready = seat is not None and views.is_ready(session, seat)
    has_restarted = said.boot is not None and said.boot != box.boot
    box.state, box.seen_ms = said.s, now_ms
    box.boot, box.version = said.boot or box.boot, (said.v or box.version or "")[:40] or None
    session.flush()
    if seat is None:
        if said.s == "ready" and said.room is not None:
            outbox.order(session, box_id, wire.LeaveSeat(room=said.room), now_ms)
        return
    room = rooms.locked(session, seat.room_id)
    if has_restarted:
        seat.is_ready = False
    if said.s == "ready" and (has_restarted or said.room != room.id):
        seating.send_in(desk, session, room, seat, now_ms)
    if views.is_ready(session, seat) != was_ready:
        rooms.changed(session, room, now_ms)


def seat_ready(session: Session, box_id: str, fact: wire.SeatReady, now_ms: int) -> None:
    """A box hears its singer and is ready to score."""
    seat = session.get(models.Seat, (fact.room, fact.seat))
    if seat is None or seat.box_id != box_id:
        log.info(
            "box %s is ready for seat %s of room %s, which it does not hold", box_id, fact.seat, fact.room
        )
        return
    seat.is_ready = True
    rooms.changed(session, rooms.locked(session, fact.room), now_ms)


def command_answered(session: Session, box_id: str, answer: wire.CommandAnswer, now_ms: int) -> None:
    """Take a box's answer to a command; a second one changes nothing."""
    row = session.get(models.Command, answer.id)
    if row is None or row.box_id != box_id or row.answered_ms is not None:
        log.info("box %s answered command %s, which is not waiting: ignored", box_id, answer.id)
        return
    row.answered_ms, row.ok, row.error = now_ms, answer.ok, (answer.error or "")[:400] or None
    session.flush()
    if not answer.ok:
        log.warning("box %s could not %s: %s", box_id, row.op, answer.error)
    if row.pick_id is not None:
        tasks.answer_pick(session, row.pick_id, answer, now_ms)
    if row.op == "start-box" and answer.stand_in is not None:
        seating.stand_in_refused(session, answer.stand_in, now_ms)
