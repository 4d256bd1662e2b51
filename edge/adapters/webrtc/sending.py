"""RTP senders that are fed with encoded packets and know their timestamps beforehand.

aiortc draws the origin of a track's RTP timestamps inside its sending loop and tells nobody. A pick must name
the very frame a viewer saw, so the box decides on its timestamps itself. This needs names private to aiortc;
`check_names` says so at once where an installed one lacks them.
"""

import asyncio
import random
from typing import Any

from aiortc import RTCPeerConnection, RTCRtpSender, clock
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RTP_HISTORY_SIZE, RtpPacket

from edge.core.errors import Refused

_S = "_RTCRtpSender__"
_TRANSCEIVER_SENDER = "_RTCRtpTransceiver__sender"
_NAMES = (
    *(
        f"{_S}{name}"
        for name in ("rtp_started", "rtp_exited", "rtp_history", "rtp_header_extensions_map", "mid")
    ),
    *(f"{_S}{name}" for name in ("encoder", "ntp_timestamp", "rtp_timestamp", "octet_count", "packet_count")),
    "_run_rtp",
    "_send_keyframe",
    "_ssrc",
    "_stream_id",
)


class PacketSender(RTCRtpSender):
    """Sends what it is given, when it is given it."""

    def __init__(self, kind: str, transport: Any) -> None:
        super().__init__(kind, transport)
        self.wants_keyframe = True
        """Set when a viewer needs one; whoever encodes takes it back."""
        self._payload_type: int | None = None
        self._number = random.randrange(2**15)  # noqa: S311 - the lower half: SRTP must not wrap early

    @property
    def is_ready(self) -> bool:
        """Whether packets reach the relay."""
        return self._payload_type is not None

    def adapt(self, encoder: Vp8Encoder) -> None:
        """Let the relay's bandwidth estimate set the encoder's bit rate."""
        setattr(self, f"{_S}encoder", encoder)

    async def send_payloads(self, payloads: list[bytes], timestamp: int, *, ends_frame: bool) -> None:
        """Send the parts of one frame; the last carries the marker bit where `ends_frame`."""
        if self._payload_type is None:
            return
        for index, payload in enumerate(payloads):
            packet = RtpPacket(
                payload_type=self._payload_type,
                marker=int(ends_frame and index == len(payloads) - 1),
                sequence_number=self._number,
                timestamp=timestamp,
                ssrc=self._ssrc,
                payload=payload,
            )
            self._number = (self._number + 1) % 2**16
            await self._send_packet(packet)
        setattr(self, f"{_S}ntp_timestamp", clock.current_ntp_time())
        setattr(self, f"{_S}rtp_timestamp", timestamp)

    async def _send_packet(self, packet: RtpPacket) -> None:
        packet.extensions.abs_send_time = (clock.current_ntp_time() >> 14) & 0x00FFFFFF
        packet.extensions.mid = getattr(self, f"{_S}mid")
        getattr(self, f"{_S}rtp_history")[packet.sequence_number % RTP_HISTORY_SIZE] = packet
        try:
            await self.transport._send_rtp(packet.serialize(getattr(self, f"{_S}rtp_header_extensions_map")))
        except ConnectionError:
            self._payload_type = None
            return
        setattr(self, f"{_S}octet_count", getattr(self, f"{_S}octet_count") + len(packet.payload))
        setattr(self, f"{_S}packet_count", getattr(self, f"{_S}packet_count") + 1)

    def _send_keyframe(self) -> None:
        self.wants_keyframe = True

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        getattr(self, f"{_S}rtp_started").set()
        self._payload_type = codec.payloadType
        self.wants_keyframe = True
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
        finally:
            self._payload_type = None
            getattr(self, f"{_S}rtp_exited").set()


def add_sender(connection: RTCPeerConnection, kind: str, mime_type: str) -> PacketSender:
    """Add a track of one codec to `connection` and return what sends it."""
    transceiver = connection.addTransceiver(kind, "sendonly")
    known = RTCRtpSender.getCapabilities(kind).codecs
    transceiver.setCodecPreferences([one for one in known if one.mimeType in {mime_type, f"{kind}/rtx"}])
    stock = transceiver.sender
    lacking = [name for name in _NAMES if not hasattr(stock, name)]
    if lacking or not hasattr(transceiver, _TRANSCEIVER_SENDER):
        raise Refused(f"this aiortc lacks {', '.join(lacking or [_TRANSCEIVER_SENDER])}: install aiortc 1.16")
    sender = PacketSender(kind, stock.transport)
    sender._stream_id = stock._stream_id
    transceiver.receiver._set_rtcp_ssrc(sender._ssrc)
    setattr(transceiver, _TRANSCEIVER_SENDER, sender)
    return sender
