"""The relay: who publishes to which seat, who watches it, and for how long.

A seat of a room has at most one publication (one picture, a dry voice and a program mix). A publisher that
comes back takes the seat over as soon as its new connection stands, and the viewers go with it. Viewers of a
seat whose publisher has gone wait a while and are then closed; new ones are told to come back later.
"""

import asyncio
import contextlib
import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver, RTCSessionDescription
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from cloud.core.errors import HubError, NotNow, Unknown
from cloud.media.forwarding import Forwarding, Plant, Transcoding, missing_names
from cloud.media.offers import BadOffer, Offer, Role, preference
from cloud.tokens import MediaClaims
from edge.wire.boxes import RelayState, SeatMedia
from edge.wire.rooms import SeatName

log = logging.getLogger(__name__)

SWEEP_S = 0.2
"""How often deadlines are looked at, in s."""

SeatKey = tuple[str, SeatName]


class NotLive(Unknown):
    """Nobody publishes to this seat now; ask again after `retry_s`."""

    retry_s = 1


class TooMany(HubError):
    """Too many connections."""

    status = 429
    retry_s = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one relay, one token and one address may have."""

    sessions: int = 400
    """Connections altogether."""
    per_token: int = 4
    per_address: int = 200
    waiting_per_address: int = 24
    """Connections of one address that do not stand yet."""
    connect_s: float = 10.0
    """How long a connection may take to stand."""
    silent_s: float = 6.0
    """How long a publisher may be silent before it counts as gone."""
    orphan_s: float = 20.0
    """How long viewers wait for a publisher that has gone."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks at the door."""

    claims: MediaClaims
    token: str
    """Digest of the token."""
    address: str


@dataclass(eq=False, slots=True)
class Session:
    """One connection of a publisher or a viewer."""

    visitor: Visitor
    role: Role
    connection: RTCPeerConnection
    opened_s: float
    sound: str = "program"
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    etag: str = field(default_factory=lambda: secrets.token_hex(8))
    is_up: bool = False
    tracks: dict[str, tuple[RTCRtpReceiver, RTCRtpCodecParameters]] = field(default_factory=dict)
    """A publisher's tracks by name: `picture`, `dry`, `program`."""
    wants: set[str] = field(default_factory=set)
    """What a viewer came for: `picture`, `sound`."""
    senders: dict[str, tuple[RTCRtpSender, RTCRtpCodecParameters]] = field(default_factory=dict)
    """What it gets of that."""

    @property
    def seat(self) -> SeatKey:
        """The seat it is about."""
        return self.visitor.claims.room, self.visitor.claims.seat


@dataclass(eq=False, slots=True)
class Seat:
    """What goes on at one seat."""

    publisher: Session | None = None
    viewers: set[Session] = field(default_factory=set)
    displaced: set[str] = field(default_factory=set)
    """Digests of tokens that lost the seat to another: two devices must not fight over it for ever."""
    left_s: float = 0.0
    """When the publisher went."""


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def choose_plant() -> Plant:
    """Return RTP forwarding where the installed aiortc allows it, else transcoding, and say so."""
    lacking = await missing_names()
    if not lacking:
        return Forwarding()
    log.error(
        "this aiortc lacks %s, on which RTP forwarding is built: media is decoded and encoded instead, at "
        "twenty times the cost and without exact picks; install aiortc 1.16",
        ", ".join(lacking),
    )
    return Transcoding()


class Relay:
    """Carries media from publishers to viewers."""

    def __init__(
        self,
        plant: Plant,
        *,
        addresses: Sequence[str] | None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.sessions: dict[str, Session] = {}
        self.seats: dict[SeatKey, Seat] = {}
        self._plant = plant
        self._addresses = addresses
        self._changed: Callable[[], None] = lambda: None
        self._ended: asyncio.Queue[Session] = asyncio.Queue()

    def tell(self, changed: Callable[[], None]) -> None:
        """Call `changed` each time the state may have changed."""
        self._changed = changed

    def state(self) -> RelayState:
        """Return everything the relay carries now."""
        known = (
            SeatMedia(
                room=room,
                seat=name,
                is_live=seat.publisher is not None,
                viewers=sum(viewer.is_up for viewer in seat.viewers),
            )
            for (room, name), seat in sorted(self.seats.items())
        )
        return RelayState(seats=tuple(known))

    async def publish(self, visitor: Visitor, offer: Offer) -> tuple[Session, str]:
        """Answer a publisher's offer; it takes the seat once its connection stands.

        Raises:
            NotNow: another device took the seat from this one, and is still there.
        """
        seat = self.seats.get((visitor.claims.room, visitor.claims.seat))
        if seat is not None and seat.publisher is not None and visitor.token in seat.displaced:
            raise NotNow(
                "another device sends for this seat now: stop it there, or ask the hub for a new grant"
            )
        self._make_room(visitor)
        session = self._open(visitor, "publish")
        sounds = iter(("dry", "program"))
        for line in offer.lines:
            codec = line.codecs[0]
            transceiver = self._add(session, line.kind, "recvonly" if line.is_wanted else "inactive", codec)
            if line.is_wanted:
                name = "picture" if line.kind == "video" else next(sounds)
                session.tracks[name] = (transceiver.receiver, codec)
        return session, await self._answer(session, offer)

    async def watch(self, visitor: Visitor, offer: Offer, sound: str) -> tuple[Session, str]:
        """Answer a viewer's offer.

        Raises:
            NotLive: nobody publishes to the seat now.
        """
        seat = self.seats.get((visitor.claims.room, visitor.claims.seat))
        if seat is None or seat.publisher is None:
            raise NotLive(f"seat {visitor.claims.seat} is not live yet: try again in a second")
        self._make_room(visitor)
        tracks = _chosen(seat.publisher, sound)
        session = self._open(visitor, "watch", sound)
        session.wants = {
            "picture" if one.kind == "video" else "sound" for one in offer.lines if one.is_wanted
        }
        seat.viewers.add(session)
        try:
            for line in offer.lines:
                name = "picture" if line.kind == "video" else "sound"
                source = tracks.get(name) if line.is_wanted else None
                codec = line.codecs[0] if source is None else _same(source[1], line.codecs)
                direction = "inactive" if source is None else "sendonly"
                transceiver = self._add(session, line.kind, direction, codec)
                if source is not None:
                    session.senders[name] = (transceiver.sender, codec)
                    self._plant.attach(transceiver.sender, source[0])
        except HubError:
            await self._close(session)
            raise
        return session, await self._answer(session, offer)

    async def end(self, session: Session) -> None:
        """Close a connection."""
        await self._close(session)

    async def run(self) -> None:
        """Close what has ended or takes too long, until cancelled; then close everything."""
        try:
            while True:
                await self._sweep()
        finally:
            for session in list(self.sessions.values()):
                await self._close(session)

    async def _sweep(self) -> None:
        with contextlib.suppress(TimeoutError):
            await self._close(await asyncio.wait_for(self._ended.get(), SWEEP_S))
        now_s = time.monotonic()
        for session in list(self.sessions.values()):
            if not session.is_up and now_s - session.opened_s > self.limits.connect_s:
                await self._close(session)
            elif session.is_up and session.tracks and self._is_silent(session):
                log.info("the publisher of seat %s fell silent: closed", session.seat)
                await self._close(session)
            elif any(self._plant.has_jumped(sender) for sender, _ in session.senders.values()):
                await self._close(session)
        for seat in list(self.seats.values()):
            if seat.publisher is None and now_s - seat.left_s > self.limits.orphan_s:
                for viewer in list(seat.viewers):
                    await self._close(viewer)

    def _make_room(self, visitor: Visitor) -> None:
        """Raise TooMany where a limit is reached."""
        near = [one for one in self.sessions.values() if one.visitor.address == visitor.address]
        counts = (
            (len(self.sessions), self.limits.sessions, "this relay carries"),
            (len(near), self.limits.per_address, "your address has"),
            (sum(not one.is_up for one in near), self.limits.waiting_per_address, "your address is opening"),
            (
                sum(one.visitor.token == visitor.token for one in self.sessions.values()),
                self.limits.per_token,
                "this token has opened",
            ),
        )
        for count, most, who in counts:
            if count >= most:
                raise TooMany(f"{who} {count} connections, {most} is the most: close one or try again later")

    def _open(self, visitor: Visitor, role: Role, sound: str = "program") -> Session:
        connection = self._plant.connection(self._addresses)
        session = Session(visitor, role, connection, time.monotonic(), sound)
        self.sessions[session.id] = session
        connection.on("connectionstatechange", lambda: self._state_changed(session))
        return session

    def _add(
        self, session: Session, kind: str, direction: str, codec: RTCRtpCodecParameters
    ) -> RTCRtpTransceiver:
        transceiver = session.connection.addTransceiver(kind, direction)
        transceiver.setCodecPreferences(preference(codec))
        return transceiver

    async def _answer(self, session: Session, offer: Offer) -> str:
        connection = session.connection
        try:
            await connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
            await connection.setLocalDescription(await connection.createAnswer())
        except Exception as error:  # whatever a stranger's offer sets off in aiortc is an answer to them
            await self._close(session)
            raise BadOffer(f"the offer cannot be answered ({error}): send createOffer's own SDP") from error
        return connection.localDescription.sdp

    def _state_changed(self, session: Session) -> None:
        state = session.connection.connectionState
        if state == "connected" and not session.is_up:
            session.is_up = True
            if session.role == "publish":
                self._take_seat(session)
            self._changed()
        elif state in {"failed", "closed"}:
            self._ended.put_nowait(session)

    def _take_seat(self, session: Session) -> None:
        seat = self.seats.setdefault(session.seat, Seat())
        if seat.publisher is not None:
            log.info("seat %s has a new publisher", session.seat)
            self._ended.put_nowait(seat.publisher)
            seat.displaced.add(seat.publisher.visitor.token)
        seat.displaced.discard(session.visitor.token)
        seat.publisher = session
        for viewer in seat.viewers:
            if not self._move(viewer, session):
                self._ended.put_nowait(viewer)

    def _move(self, viewer: Session, publisher: Session) -> bool:
        """Let a viewer follow a new publisher; False where it cannot take its codecs."""
        tracks = _chosen(publisher, viewer.sound)
        for name, (_, codec) in viewer.senders.items():
            if name in tracks and not _is_same(tracks[name][1], codec):
                return False
        if viewer.wants & tracks.keys() - viewer.senders.keys():
            return False  # there is a track now that it wants and could not have before: let it ask again
        for name, (sender, _) in viewer.senders.items():
            self._plant.attach(sender, tracks[name][0] if name in tracks else None)
        return True

    def _is_silent(self, session: Session) -> bool:
        quiet = (self._plant.quiet_s(receiver) for receiver, _ in session.tracks.values())
        return min(quiet, default=0.0) > self.limits.silent_s

    async def _close(self, session: Session) -> None:
        if self.sessions.pop(session.id, None) is None:
            return
        seat = self.seats.get(session.seat)
        if seat is not None:
            seat.viewers.discard(session)
            if seat.publisher is session:
                seat.publisher, seat.left_s = None, time.monotonic()
            if seat.publisher is None and not seat.viewers:
                self.seats.pop(session.seat)
        if session.is_up:
            self._changed()
        try:
            await session.connection.close()
        except Exception:  # a broken connection must not stop the relay
            log.exception("a connection did not close cleanly")


def _chosen(publisher: Session, sound: str) -> dict[str, tuple[RTCRtpReceiver, RTCRtpCodecParameters]]:
    """Return what a viewer gets: the picture, and the sound it asked for or the dry voice."""
    found = {}
    if "picture" in publisher.tracks:
        found["picture"] = publisher.tracks["picture"]
    voice = publisher.tracks.get(sound) or publisher.tracks.get("dry")
    if voice is not None:
        found["sound"] = voice
    return found


def _same(source: RTCRtpCodecParameters, offered: Sequence[RTCRtpCodecParameters]) -> RTCRtpCodecParameters:
    for codec in offered:
        if _is_same(source, codec):
            return codec
    names = ", ".join(sorted({codec.name for codec in offered}))
    raise BadOffer(f"the seat sends {source.name} and the offer takes {names}: offer {source.name} too")


def _is_same(one: RTCRtpCodecParameters, other: RTCRtpCodecParameters) -> bool:
    return one.mimeType.lower() == other.mimeType.lower() and one.parameters == other.parameters
