"""RTP forwarding inside aiortc: what a publisher sends goes to every viewer without decoding or encoding.

A publisher's sequence numbers and RTP timestamps are kept: a viewer's NACK names the publisher's own packet,
and the RTP timestamp of a frame at the viewer is the one the publisher gave it. Where a viewer moves to
another publisher, sequence numbers go on from the last one sent (SRTP refuses numbers that jump back);
timestamps stay the publisher's. A box keeps its origin of timestamps across connections, so its viewers
notice nothing; where timestamps jump, a browser's picture would freeze for seconds (its sound and picture
lose their common clock), and the viewer is marked to be closed, so that it asks anew.

aiortc has no interface for this, so subclasses reach for names that are private to it. `missing_names` says
which of them an installed aiortc lacks; `Transcoding` does the same work with public names alone, at about
twenty times the cost and with timestamps of its own.
"""

import asyncio
import struct
import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver
from aiortc.codecs import is_rtx
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket, RtpPacket, unwrap_rtx

HISTORY = 1024
"""Packets kept of each track for viewers that miss one; a power of two."""

KEYFRAME_EVERY_S = 0.25
"""Least time between two keyframes asked of a publisher, however many viewers ask."""

LONGEST_JUMP_S = 1.0
"""How far a new publisher's timestamps may be from the old one's for viewers to go on, in s."""

_HEADER = struct.Struct("!BBHLL")
_SEQUENCE = struct.Struct("!H")
_R = "_RTCRtpReceiver__"
_S = "_RTCRtpSender__"
_T = "_RTCRtpTransceiver__"
_CREATE = "_RTCPeerConnection__createTransceiver"

_PRIVATE: dict[type, tuple[str, ...]] = {
    RTCPeerConnection: (_CREATE,),
    RTCRtpTransceiver: (f"{_T}sender", f"{_T}receiver"),
    RTCRtpReceiver: (
        *(
            f"{_R}{name}"
            for name in ("codecs", "rtx_ssrc", "decoder_queue", "jitter_buffer", "remote_streams")
        ),
        "_handle_rtp_packet",
        "_handle_rtcp_packet",
        "_send_rtcp_pli",
        "_set_rtcp_ssrc",
    ),
    RTCRtpSender: (
        *(f"{_S}{name}" for name in ("rtp_started", "rtp_exited", "rtx_payload_type", "ntp_timestamp")),
        *(f"{_S}{name}" for name in ("rtp_timestamp", "octet_count", "packet_count")),
        "_handle_rtcp_packet",
        "_retransmit",
        "_run_rtp",
        "_send_keyframe",
        "_rtx_ssrc",
        "_ssrc",
    ),
    RTCDtlsTransport: ("_send_rtp",),
}


class Plant(Protocol):
    """A way to carry media from a publisher to its viewers."""

    def connection(self, addresses: Sequence[str] | None) -> RTCPeerConnection:
        """Return a new connection, bound to `addresses` (None: every address of the machine)."""
        ...

    def attach(self, sender: RTCRtpSender, source: RTCRtpReceiver | None) -> None:
        """Send to a viewer what `source` receives from now on; None: nothing for now."""
        ...

    def has_jumped(self, sender: RTCRtpSender) -> bool:
        """Say whether a viewer cannot go on because timestamps jumped."""
        ...

    def quiet_s(self, source: RTCRtpReceiver) -> float:
        """Return for how long nothing has come from the publisher, in s."""
        ...


async def missing_names() -> list[str]:
    """Return the private names of aiortc that the installed version lacks; empty: forwarding works."""
    connection = RTCPeerConnection(_configuration())
    try:
        transceiver = connection.addTransceiver("video")
        parts: Iterable[Any] = (
            connection,
            transceiver,
            transceiver.receiver,
            transceiver.sender,
            transceiver.receiver.transport,
        )
        return [
            f"{type(part).__name__}.{name}"
            for part in parts
            for kind, names in _PRIVATE.items()
            if isinstance(part, kind)
            for name in names
            if not hasattr(part, name)
        ]
    finally:
        await connection.close()


class Incoming(RTCRtpReceiver):
    """One track of a publisher: hands packets to its viewers and keeps the newest for those who miss one."""

    def __init__(self, kind: str, transport: RTCDtlsTransport) -> None:
        super().__init__(kind, transport)
        self.viewers: set[Outgoing] = set()
        self.heard_s = time.monotonic()
        self._history: dict[int, RtpPacket] = {}
        self._report: tuple[int, int] | None = None
        self._asked_s = -KEYFRAME_EVERY_S
        self._ask_later: asyncio.TimerHandle | None = None
        self._asking: list[asyncio.Future[None]] = []
        setattr(self, f"{_R}jitter_buffer", _NoBuffer())
        getattr(self, f"{_R}decoder_queue").put(None)  # the decoder's thread ends as soon as it starts

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.heard_s = time.monotonic()
        found = self._original(packet)
        if found is not None:
            original, codec = found
            self._history[original.sequence_number % HISTORY] = original
            for viewer in tuple(self.viewers):
                await viewer.forward(original, codec)
        await super()._handle_rtp_packet(packet, arrival_time_ms)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        self.heard_s = time.monotonic()
        if isinstance(packet, RtcpSrPacket):
            self._report = (packet.sender_info.ntp_timestamp, packet.sender_info.rtp_timestamp)
            for viewer in self.viewers:
                viewer.report(*self._report)
        await super()._handle_rtcp_packet(packet)

    def add(self, viewer: "Outgoing") -> None:
        """Send `viewer` everything from the next keyframe on."""
        self.viewers.add(viewer)
        if self._report is not None:
            viewer.report(*self._report)
        self.ask_keyframe()

    def packet(self, sequence_number: int) -> RtpPacket | None:
        """Return the packet of that number, while it is kept."""
        packet = self._history.get(sequence_number % HISTORY)
        return packet if packet is not None and packet.sequence_number == sequence_number else None

    def ask_keyframe(self) -> None:
        """Ask the publisher for a keyframe: at once, or once the last request is old enough."""
        if self.track is None or self.track.kind != "video" or self._ask_later is not None:
            return
        wait_s = self._asked_s + KEYFRAME_EVERY_S - time.monotonic()
        self._ask_later = asyncio.get_running_loop().call_later(max(0.0, wait_s), self._ask)

    def _ask(self) -> None:
        self._ask_later = None
        self._asked_s = time.monotonic()
        known = set(getattr(self, f"{_R}remote_streams")) - set(getattr(self, f"{_R}rtx_ssrc"))
        self._asking = [asyncio.ensure_future(self._send_rtcp_pli(ssrc)) for ssrc in known]

    async def stop(self) -> None:
        """Stop receiving; viewers get nothing more from here."""
        if self._ask_later is not None:
            self._ask_later.cancel()
        self.viewers.clear()
        await super().stop()

    def _original(self, packet: RtpPacket) -> tuple[RtpPacket, RTCRtpCodecParameters] | None:
        """Return the media packet and its codec, taken out of its retransmission where it is one."""
        codecs: dict[int, RTCRtpCodecParameters] = getattr(self, f"{_R}codecs")
        codec = codecs.get(packet.payload_type)
        if codec is None or not is_rtx(codec):
            return None if codec is None else (packet, codec)
        ssrc = getattr(self, f"{_R}rtx_ssrc").get(packet.ssrc)
        payload_type = codec.parameters.get("apt")
        if ssrc is None or len(packet.payload) < 2 or not isinstance(payload_type, int):
            return None
        media = codecs.get(payload_type)
        return None if media is None else (unwrap_rtx(packet, payload_type, ssrc), media)


class Outgoing(RTCRtpSender):
    """One track to a viewer."""

    def __init__(self, trackOrKind: MediaStreamTrack | str, transport: RTCDtlsTransport) -> None:  # noqa: N803
        super().__init__(trackOrKind, transport)
        self._source: Incoming | None = None
        self._payload_type: int | None = None
        self._shift: int | None = None
        self._last: int | None = None
        self._waits_for_keyframe = True
        self._octets = self._packets = self._repeats = 0
        self._sent: tuple[int, float] | None = None
        self.has_jumped = False
        """Whether another publisher's timestamps do not follow on those sent before."""

    def follow(self, source: Incoming | None) -> None:
        """Send what `source` receives from now on."""
        if self._source is not None:
            self._source.viewers.discard(self)
        self._source = source
        self._shift = None
        self._waits_for_keyframe = self.kind == "video"
        if source is not None and self._payload_type is not None:
            source.add(self)

    async def forward(self, packet: RtpPacket, codec: RTCRtpCodecParameters) -> None:
        """Send a publisher's packet."""
        if self._waits_for_keyframe and not begins_keyframe(codec.name, packet.payload):
            return
        self._waits_for_keyframe = False
        if self._shift is None:
            if self._does_jump(packet.timestamp, codec.clockRate):
                self.has_jumped = True
                self.follow(None)
                return
            self._shift = 0 if self._last is None else (self._last + 1 - packet.sequence_number) % 2**16
        number = (packet.sequence_number + self._shift) % 2**16
        if self._last is None or (number - self._last) % 2**16 < 2**15:
            self._last = number
        self._sent = (packet.timestamp, time.monotonic())
        self._octets += len(packet.payload)
        self._packets += 1
        await self._send(packet, self._payload_type or 0, number, self._ssrc, packet.payload)

    def _does_jump(self, timestamp: int, rate_hz: int) -> bool:
        """Say whether `timestamp` is not where time has brought those sent before."""
        if self._sent is None:
            return False
        last, sent_s = self._sent
        gap = (timestamp - last + 2**31) % 2**32 - 2**31
        return abs(gap / rate_hz - (time.monotonic() - sent_s)) > LONGEST_JUMP_S

    def report(self, ntp_timestamp: int, rtp_timestamp: int) -> None:
        """Take over the publisher's sender report; the next one to the viewer says the same."""
        setattr(self, f"{_S}ntp_timestamp", ntp_timestamp)
        setattr(self, f"{_S}rtp_timestamp", rtp_timestamp)
        setattr(self, f"{_S}octet_count", self._octets)
        setattr(self, f"{_S}packet_count", self._packets)

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        getattr(self, f"{_S}rtp_started").set()
        self._payload_type = codec.payloadType
        self.follow(self._source)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
        finally:
            self.follow(None)
            getattr(self, f"{_S}rtp_exited").set()

    async def _retransmit(self, sequence_number: int) -> None:
        if self._source is None or self._shift is None:
            return
        packet = self._source.packet((sequence_number - self._shift) % 2**16)
        if packet is None:
            return
        repeat_type: int | None = getattr(self, f"{_S}rtx_payload_type")
        if repeat_type is None:
            await self._send(packet, self._payload_type or 0, sequence_number, self._ssrc, packet.payload)
            return
        payload = _SEQUENCE.pack(sequence_number) + packet.payload  # RFC 4588 section 4
        self._repeats = (self._repeats + 1) % 2**16
        await self._send(packet, repeat_type, self._repeats, self._rtx_ssrc, payload)

    def _send_keyframe(self) -> None:
        if self._source is not None:
            self._source.ask_keyframe()

    async def _send(self, packet: RtpPacket, kind: int, number: int, ssrc: int, payload: bytes) -> None:
        header = _HEADER.pack(0x80, packet.marker << 7 | kind, number, packet.timestamp, ssrc)
        try:
            await self.transport._send_rtp(header + payload)
        except (ConnectionError, OSError):
            self.follow(None)  # the connection's own state tells the relay


class Forwarding:
    """Media by RTP forwarding."""

    def connection(self, addresses: Sequence[str] | None) -> RTCPeerConnection:
        """Return a new connection whose tracks forward packets."""
        return _Connection(addresses)

    def attach(self, sender: RTCRtpSender, source: RTCRtpReceiver | None) -> None:
        """Send to a viewer what `source` receives from now on."""
        assert isinstance(sender, Outgoing) and (source is None or isinstance(source, Incoming))  # noqa: S101
        sender.follow(source)

    def has_jumped(self, sender: RTCRtpSender) -> bool:
        """Say whether a viewer cannot go on because timestamps jumped."""
        return isinstance(sender, Outgoing) and sender.has_jumped

    def quiet_s(self, source: RTCRtpReceiver) -> float:
        """Return for how long nothing has come from the publisher, in s."""
        return time.monotonic() - source.heard_s if isinstance(source, Incoming) else 0.0


class Transcoding:
    """Media by decoding and encoding, with aiortc's public interface alone."""

    def __init__(self) -> None:
        self._relay = MediaRelay()

    def connection(self, addresses: Sequence[str] | None) -> RTCPeerConnection:
        """Return a new connection; its addresses are aiortc's own choice."""
        return RTCPeerConnection(_configuration())

    def attach(self, sender: RTCRtpSender, source: RTCRtpReceiver | None) -> None:
        """Send to a viewer what `source` receives from now on."""
        sender.replaceTrack(None if source is None else self._relay.subscribe(source.track, buffered=False))

    def has_jumped(self, sender: RTCRtpSender) -> bool:
        """Never: what is encoded here has timestamps of its own."""
        return False

    def quiet_s(self, source: RTCRtpReceiver) -> float:
        """Not known: the connection's own time-out must do."""
        return 0.0


class _Connection(RTCPeerConnection):
    """A connection whose transceivers are made of `Incoming` and `Outgoing`."""

    def __init__(self, addresses: Sequence[str] | None) -> None:
        super().__init__(_configuration())
        self._addresses = addresses

    def _RTCPeerConnection__createTransceiver(  # noqa: N802 - aiortc's private name
        self, direction: str, kind: str, sender_track: MediaStreamTrack | None = None
    ) -> RTCRtpTransceiver:
        transceiver: RTCRtpTransceiver = getattr(super(), _CREATE)(direction, kind, sender_track)
        transport = transceiver.receiver.transport
        sender, receiver = Outgoing(kind, transport), Incoming(kind, transport)
        sender._stream_id = transceiver.sender._stream_id
        receiver._set_rtcp_ssrc(sender._ssrc)
        setattr(transceiver, f"{_T}sender", sender)
        setattr(transceiver, f"{_T}receiver", receiver)
        if self._addresses is not None:
            _bind(transport, self._addresses)
        return transceiver


class _NoBuffer:
    """Stands where aiortc keeps packets until a frame is whole: nothing is put together here."""

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        return False, None


def begins_keyframe(codec: str, payload: bytes) -> bool:
    """Say whether an RTP payload is the first of a frame that needs no other (RFC 7741, RFC 6184)."""
    if not payload:
        return False
    if codec == "H264":
        return _h264_kind(payload) in (5, 7)
    if codec != "VP8":
        return True
    try:
        descriptor, data = VpxPayloadDescriptor.parse(payload)
    except ValueError:
        return False
    is_first = descriptor.partition_start == 1 and descriptor.partition_id == 0
    return is_first and bool(data) and data[0] & 1 == 0


def _h264_kind(payload: bytes) -> int:
    """Return the type of the first NAL unit; 0 for a later part of a split one."""
    kind = payload[0] & 0x1F
    if kind == 24 and len(payload) > 3:  # STAP-A: header, size, then the first unit
        return payload[3] & 0x1F
    if kind == 28 and len(payload) > 1:  # FU-A: the second byte has the start bit and the type
        return payload[1] & 0x1F if payload[1] & 0x80 else 0
    return kind


def _bind(transport: RTCDtlsTransport, addresses: Sequence[str]) -> None:
    """Gather candidates on `addresses` alone."""
    connection = transport.transport._connection
    gather = type(connection).get_component_candidates

    async def gather_own(component: int, addresses: list[str], timeout: int = 5) -> Any:  # noqa: ASYNC109
        return await gather(connection, component, chosen, timeout)

    chosen = list(addresses)
    setattr(connection, "get_component_candidates", gather_own)  # noqa: B010 - a method of one object


def _configuration() -> RTCConfiguration:
    return RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
