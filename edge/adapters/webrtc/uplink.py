"""The box's publisher: voice, program mix and picture to the hub's relay by WHIP."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

from aiortc import RTCPeerConnection

from edge.adapters.webrtc.connection import bind_to, keep_connected, new_connection
from edge.adapters.webrtc.encoding import PICTURE_CLOCK_HZ, RATE_HZ, PictureEncoder, SoundEncoder
from edge.adapters.webrtc.sending import PacketSender, add_sender
from edge.core.audio import AudioFrame
from edge.core.picture import PictureFrame

VOICE_BITS = 64_000
PROGRAM_BITS = 96_000


class WhipUplink:
    """Fulfils `Uplink`; what is sent while there is no connection is lost, as with any live picture."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        has_program: bool = True,
        has_picture: bool = True,
        width: int = 640,
        height: int = 360,
        fps: float = 15.0,
        bit_rate: int = 1_000_000,
    ) -> None:
        self.is_live = False
        """Whether media reaches the relay now."""
        self._url = url
        self._token = token
        self._has_program = has_program
        self._has_picture = has_picture
        self._least_gap_s = 0.75 / fps
        self._origin = random.randrange(2**32)  # noqa: S311 - RFC 3550 asks for any, not for a secret
        self._sounds = {
            "voice": SoundEncoder(VOICE_BITS, "lowdelay"),
            "program": SoundEncoder(PROGRAM_BITS, "audio"),
        }
        self._pictures = PictureEncoder(width, height, bit_rate)
        self._senders: dict[str, PacketSender] = {}
        self._newest: tuple[PictureFrame, int] | None = None
        self._has_newest = asyncio.Event()
        self._sent_s = float("-inf")

    async def run(self) -> None:
        """Publish until cancelled; connects again by itself when the relay or the network goes.

        Raises:
            Refused: the hub refuses the token: get a new grant.
        """
        try:
            await keep_connected("uplink", self._url, self._token, self._prepare, self._talk)
        finally:
            self._senders = {}

    async def send_voice(self, frame: AudioFrame) -> None:
        """Send the dry voice."""
        await self._send_sound("voice", frame)

    async def send_program(self, frame: AudioFrame) -> None:
        """Send the mix that viewers hear."""
        await self._send_sound("program", frame)

    async def send_picture(self, frame: PictureFrame) -> int:
        """Queue a frame, at the cost of one still waiting; return the RTP timestamp it is sent with."""
        timestamp = self._timestamp(frame.at_s, PICTURE_CLOCK_HZ)
        if self.is_live and self._has_picture and frame.at_s - self._sent_s >= self._least_gap_s:
            self._sent_s = frame.at_s
            self._newest = (frame, timestamp)
            self._has_newest.set()
        return timestamp

    async def _send_sound(self, name: str, frame: AudioFrame) -> None:
        sender = self._senders.get(name)
        if sender is None or not self.is_live:
            return
        for at_s, payload in self._sounds[name].encode(frame):
            await sender.send_payloads([payload], self._timestamp(at_s, RATE_HZ), ends_frame=False)

    def _timestamp(self, at_s: float, rate_hz: int) -> int:
        """Return the RTP timestamp of box time `at_s`: the same before and after a new connection."""
        return (self._origin + round(at_s * rate_hz)) % 2**32

    def _prepare(self) -> RTCPeerConnection:
        connection = new_connection()
        senders = {"voice": add_sender(connection, "audio", "audio/opus")}
        if self._has_program:
            senders["program"] = add_sender(connection, "audio", "audio/opus")
        if self._has_picture:
            senders["picture"] = add_sender(connection, "video", "video/VP8")
            senders["picture"].adapt(self._pictures.codec)
        bind_to(connection, self._url)
        self._senders = senders
        return connection

    async def _talk(self, connection: RTCPeerConnection) -> None:
        """Encode and send pictures while the connection stands; sound is sent as it comes."""
        self.is_live = True
        try:
            with ThreadPoolExecutor(1, thread_name_prefix="picture-encoder") as thread:
                while True:
                    await self._has_newest.wait()
                    self._has_newest.clear()
                    await self._send_newest(thread)
        finally:
            self.is_live = False
            self._newest = None

    async def _send_newest(self, thread: ThreadPoolExecutor) -> None:
        sender = self._senders.get("picture")
        if sender is None or self._newest is None or not sender.is_ready:
            return
        (frame, timestamp), self._newest = self._newest, None
        is_key, sender.wants_keyframe = sender.wants_keyframe, False
        loop = asyncio.get_running_loop()
        payloads = await loop.run_in_executor(thread, lambda: self._pictures.encode(frame, is_key=is_key))
        await sender.send_payloads(payloads, timestamp, ends_frame=True)
