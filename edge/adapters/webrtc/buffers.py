"""From packets as they arrive to sound and pictures in order, with as little waiting as can be.

aiortc's own buffer keeps four packets of sound (80 ms) and waits with a picture until the next one begins
(66 ms at 15 frames/s). Here a packet in order goes on at once, and a picture is whole at its marker bit. Only
a gap makes anything wait: sound for two newer packets or 40 ms, a picture for its retransmission.
"""

from dataclasses import dataclass
from typing import Literal

MOST_NEWER = 2
"""Newer packets of sound after which a missing one is given up."""

LONGEST_WAIT_S = 0.040
"""Time after which a missing packet of sound is given up, in s."""

LONGEST_PICTURE_WAIT_S = 0.150
"""Time after which a missing packet of a picture is given up, in s."""

MOST_HELD = 256
"""Packets of pictures held behind a gap before it is given up."""

KEYFRAME_EVERY_S = 0.3
"""Least time between two requests for a keyframe, in s."""

LONGEST_SILENCE_S = 2.0
"""Longest gap that is filled with silence; a longer one, or a jump back, is a new beginning."""

CLOCK_DRIFT = 100e-6
"""How fast another clock may fall behind ours, s per s."""


@dataclass(frozen=True, slots=True)
class SoundPacket:
    """One Opus packet."""

    number: int
    """Sequence number, 16 bit."""
    timestamp: int
    """RTP timestamp, 48 kHz, 32 bit."""
    payload: bytes


@dataclass(frozen=True, slots=True)
class PicturePacket:
    """A part of an encoded picture."""

    number: int
    timestamp: int
    """RTP timestamp, 90 kHz, 32 bit."""
    payload: bytes
    """Without the payload descriptor."""
    codec: Literal["VP8", "H264"]
    is_first: bool
    """Whether a picture may begin here."""
    is_last: bool
    """The marker bit."""


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A whole picture, encoded."""

    timestamp: int
    payload: bytes
    codec: Literal["VP8", "H264"]


def distance(number: int, origin: int, bits: int = 16) -> int:
    """Return how far `number` lies after `origin` in wrapping numbers; negative: before."""
    half = 1 << (bits - 1)
    return (number - origin + half) % (1 << bits) - half


class SoundOrder:
    """Puts packets of sound in order; a gap waits for two newer packets or 40 ms, no longer."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._held: dict[int, SoundPacket] = {}
        self._since_s = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether packets are held behind a gap."""
        return bool(self._held)

    def put(self, packet: SoundPacket, now_s: float) -> list[SoundPacket]:
        """Take a packet that arrived at `now_s` and return what can go on, in order."""
        if self._next is None or abs(distance(packet.number, self._next)) > 1000:
            self._held.clear()
            self._next = packet.number
        if distance(packet.number, self._next) < 0:
            return []
        if not self._held:
            self._since_s = now_s
        self._held[packet.number] = packet
        found = self._in_order()
        if len(self._held) >= MOST_NEWER or self._is_late(now_s):
            found += self._skip()
        return found

    def late(self, now_s: float) -> list[SoundPacket]:
        """Return what has waited too long by `now_s`."""
        return self._skip() if self._held and self._is_late(now_s) else []

    def _is_late(self, now_s: float) -> bool:
        return bool(self._held) and now_s - self._since_s >= LONGEST_WAIT_S - 1e-6

    def _skip(self) -> list[SoundPacket]:
        origin = self._next or 0
        self._next = min(self._held, key=lambda number: distance(number, origin))
        return self._in_order()

    def _in_order(self) -> list[SoundPacket]:
        found = []
        while self._next is not None and self._next in self._held:
            found.append(self._held.pop(self._next))
            self._next = (self._next + 1) % 2**16
        return found


class SampleTime:
    """Says how much silence a gap in the timestamps stands for, so that time stays true."""

    def __init__(self, rate_hz: int = 48_000) -> None:
        self._rate_hz = rate_hz
        self._next: int | None = None

    def silence_before(self, timestamp: int, count: int) -> int | None:
        """Return how many samples are missing before `count` samples at `timestamp`; None: time jumped."""
        expected, self._next = self._next, (timestamp + count) % 2**32
        if expected is None:
            return None
        gap = distance(timestamp, expected, 32)
        return gap if 0 <= gap <= LONGEST_SILENCE_S * self._rate_hz else None


class CaptureTime:
    """Maps RTP timestamps to box time by the quickest packets: the best guess of when they were captured.

    The smallest transit seen stands for no waiting on the way; it may grow again at the rate two clocks
    drift apart. What even the quickest packet needs is not known here.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._last: int | None = None
        self._ticks = 0
        self._offset_s = float("inf")
        self._seen_s = 0.0

    def seen(self, timestamp: int, arrived_s: float) -> float:
        """Take a packet's timestamp and arrival and return the box time of that timestamp, in s."""
        self._advance(timestamp)
        drift_s = max(0.0, arrived_s - self._seen_s) * CLOCK_DRIFT
        self._seen_s = arrived_s
        self._offset_s = min(self._offset_s + drift_s, arrived_s - self._ticks / self._rate_hz)
        return self._ticks / self._rate_hz + self._offset_s

    def _advance(self, timestamp: int) -> None:
        if self._last is not None:
            step = distance(timestamp, self._last, 32)
            if abs(step) > 10 * self._rate_hz:
                self._offset_s = float("inf")
            self._ticks += step
        self._last = timestamp


class PictureOrder:
    """Puts pictures together; one that misses a packet waits for it, then for the next keyframe."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._held: dict[int, PicturePacket] = {}
        self._since_s = 0.0
        self._parts: list[PicturePacket] = []
        self._needs_keyframe = True
        self._asked_s = float("-inf")

    def put(self, packet: PicturePacket, now_s: float) -> tuple[bool, list[EncodedPicture]]:
        """Take a packet; return whether to ask for a keyframe, and the pictures that are whole now."""
        if self._next is None or abs(distance(packet.number, self._next)) > 2000:
            self._restart(packet.number)
        found: list[EncodedPicture] = []
        if distance(packet.number, self._next or 0) >= 0:
            if not self._held:
                self._since_s = now_s
            self._held[packet.number] = packet
            found = self._in_order(now_s)
            if self._held and (now_s - self._since_s > LONGEST_PICTURE_WAIT_S or len(self._held) > MOST_HELD):
                found += self._skip(now_s)
        return self._asks(now_s), found

    def lost(self) -> None:
        """The decoder cannot go on: only a keyframe helps."""
        self._needs_keyframe = True

    def _restart(self, number: int) -> None:
        self._held.clear()
        self._parts.clear()
        self._needs_keyframe = True
        self._next = number

    def _skip(self, now_s: float) -> list[EncodedPicture]:
        origin = self._next or 0
        self._parts.clear()
        self._needs_keyframe = True
        self._next = min(self._held, key=lambda number: distance(number, origin))
        return self._in_order(now_s)

    def _in_order(self, now_s: float) -> list[EncodedPicture]:
        found = []
        while self._next is not None and self._next in self._held:
            found += self._take(self._held.pop(self._next))
            self._next = (self._next + 1) % 2**16
            self._since_s = now_s
        return found

    def _take(self, packet: PicturePacket) -> list[EncodedPicture]:
        found: list[EncodedPicture] = []
        if self._parts and self._parts[0].timestamp != packet.timestamp:
            found = self._whole()
        if packet.payload:
            self._parts.append(packet)
        return found + (self._whole() if packet.is_last else [])

    def _whole(self) -> list[EncodedPicture]:
        """Return what the parts make up, if it can be decoded."""
        parts, self._parts = self._parts, []
        if not parts or not parts[0].is_first:
            return []
        payload = b"".join(part.payload for part in parts)
        codec = parts[0].codec
        if self._needs_keyframe and not is_keyframe(codec, payload):
            return []
        self._needs_keyframe = False
        return [EncodedPicture(parts[0].timestamp, payload, codec)]

    def _asks(self, now_s: float) -> bool:
        if not self._needs_keyframe or now_s - self._asked_s < KEYFRAME_EVERY_S:
            return False
        self._asked_s = now_s
        return True


def is_keyframe(codec: str, payload: bytes) -> bool:
    """Say whether an encoded picture needs no other (VP8: RFC 6386 section 9.1; H.264: a unit of type 5)."""
    if codec == "VP8":
        return bool(payload) and payload[0] & 1 == 0
    start = payload.find(b"\0\0\1")
    while start >= 0 and start + 3 < len(payload):
        if payload[start + 3] & 0x1F == 5:
            return True
        start = payload.find(b"\0\0\1", start + 3)
    return False
