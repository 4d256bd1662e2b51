"""The box's viewer: another seat's voice and picture from the hub's relay by WHEP."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, cast

import av
import numpy as np
from aiortc import RTCPeerConnection, RTCRtpReceiver
from aiortc.rtp import RtpPacket

from edge.adapters.webrtc.buffers import (
    LONGEST_WAIT_S,
    CaptureTime,
    EncodedPicture,
    PictureOrder,
    PicturePacket,
    SampleTime,
    SoundOrder,
    SoundPacket,
)
from edge.adapters.webrtc.connection import bind_to, keep_connected, new_connection
from edge.core.audio import AudioFrame, Samples
from edge.core.errors import Refused
from edge.core.picture import PictureFrame
from edge.ports import Speaker
from edge.streams import Stream, picture_stream, sound_stream

log = logging.getLogger(__name__)

RATE_HZ = 48_000
PICTURE_CLOCK_HZ = 90_000

MOST_UNDECODED = 30
"""Encoded pictures that may wait for the decoder; more, and it starts again at a keyframe."""

FARTHEST_AHEAD_S = 0.080
"""How much of a partner's voice a speaker may have queued before a frame is left out, in s."""

_R = "_RTCRtpReceiver__"
_NAMES = tuple(f"{_R}{name}" for name in ("jitter_buffer", "decoder_queue", "codecs"))


class WhepListener:
    """Yields what one seat publishes; `microphone` and `camera` are the same as ports."""

    def __init__(self, url: str, token: str, *, has_sound: bool = True, has_picture: bool = True) -> None:
        self.is_live = False
        """Whether there is a connection now."""
        self.microphone = _Microphone(self)
        self.camera = _Camera(self)
        self._url = url
        self._token = token
        self._has_sound = has_sound
        self._has_picture = has_picture
        self._sound: Stream[AudioFrame] = sound_stream("listener")
        self._picture: Stream[PictureFrame] = picture_stream("listener")
        self._heard: _Heard | None = None
        self._seen: _Seen | None = None

    async def run(self) -> None:
        """Listen until cancelled; waits while the seat is not live, and connects again by itself.

        Raises:
            Refused: the hub refuses the token: get a new grant.
        """
        await keep_connected("listener", self._url, self._token, self._prepare, self._talk)

    async def voice(self) -> AsyncIterator[AudioFrame]:
        """Yield the voice, 48 kHz, gaps filled with silence; each call is a reader of its own."""
        reader = self._sound.open("a reader")
        try:
            async for frame in reader:
                yield frame
        finally:
            self._sound.close(reader)

    async def pictures(self) -> AsyncIterator[PictureFrame]:
        """Yield the newest picture, with the publisher's RTP timestamp."""
        reader = self._picture.open("a reader")
        try:
            async for frame in reader:
                yield frame
        finally:
            self._picture.close(reader)

    def _prepare(self) -> RTCPeerConnection:
        connection = new_connection()
        self._heard = self._seen = None
        if self._has_sound:
            self._heard = _Heard(self._sound)
            _tap(connection, "audio", ("audio/opus",), self._heard)
        if self._has_picture:
            self._seen = _Seen(self._picture)
            _tap(connection, "video", ("video/VP8", "video/H264", "video/rtx"), self._seen)
        bind_to(connection, self._url)
        return connection

    async def _talk(self, connection: RTCPeerConnection) -> None:
        self.is_live = True
        try:
            if self._seen is not None:
                await self._seen.decode()
            else:
                await asyncio.Event().wait()
        finally:
            self.is_live = False


async def play_voice(frames: AsyncIterator[AudioFrame], speaker: Speaker) -> None:
    """Play a partner's voice; where the speaker falls behind, frames are left out so that it stays live."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=speaker.rate_hz)
    heard_s = 0.0
    async for frame in frames:
        if heard_s - time.monotonic() > FARTHEST_AHEAD_S:
            heard_s -= frame.duration_s
            continue
        samples = frame.samples if speaker.rate_hz == frame.rate_hz else _resampled(resampler, frame)
        if len(samples):
            heard_s = await speaker.play(samples) + len(samples) / speaker.rate_hz


class _Microphone:
    def __init__(self, listener: WhepListener) -> None:
        self._listener = listener

    def frames(self) -> AsyncIterator[AudioFrame]:
        """Yield the voice as it arrives."""
        return self._listener.voice()


class _Camera:
    def __init__(self, listener: WhepListener) -> None:
        self._listener = listener

    def frames(self) -> AsyncIterator[PictureFrame]:
        """Yield the newest picture."""
        return self._listener.pictures()


class _Heard:
    """Opus packets to sound; stands where aiortc has its jitter buffer."""

    def __init__(self, stream: Stream[AudioFrame]) -> None:
        self._stream = stream
        self._order = SoundOrder()
        self._time = SampleTime(RATE_HZ)
        self._capture = CaptureTime(RATE_HZ)
        self._codec = av.CodecContext.create("libopus", "r")
        self._codec.format = av.AudioFormat("s16")
        self._codec.layout = "mono"
        self._codec.sample_rate = RATE_HZ
        self._timer: asyncio.TimerHandle | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """Take a packet; aiortc is told that there is nothing for it to decode."""
        if packet.payload:
            now_s = time.monotonic()
            sound = SoundPacket(packet.sequence_number, packet.timestamp, packet.payload)
            for one in self._order.put(sound, now_s):
                self._emit(one, now_s)
            if self._order.is_waiting and self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(LONGEST_WAIT_S, self._give_up)
        return False, None

    def _give_up(self) -> None:
        self._timer = None
        now_s = time.monotonic()
        for one in self._order.late(now_s):
            self._emit(one, now_s)
        if self._order.is_waiting:
            self._timer = asyncio.get_running_loop().call_later(LONGEST_WAIT_S / 2, self._give_up)

    def _emit(self, packet: SoundPacket, now_s: float) -> None:
        samples = self._decoded(packet.payload)
        if not len(samples):
            return
        silence = self._time.silence_before(packet.timestamp, len(samples))
        end_s = self._capture.seen(packet.timestamp, now_s)  # a packet leaves when its last sample is there
        at_s = end_s - len(samples) / RATE_HZ
        if silence:
            samples = np.concatenate([np.zeros(silence, np.float32), samples])
            at_s -= silence / RATE_HZ
        self._stream.put(AudioFrame(samples, RATE_HZ, at_s))

    def _decoded(self, payload: bytes) -> Samples:
        try:
            frames = self._codec.decode(av.Packet(payload))
        except av.FFmpegError as error:
            log.debug("a packet of sound cannot be decoded: %s", error)
            return np.zeros(0, np.float32)
        parts = [frame.to_ndarray().reshape(-1).astype(np.float32) / 32768 for frame in frames]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


class _Seen:
    """Video packets to pictures; stands where aiortc has its jitter buffer."""

    def __init__(self, stream: Stream[PictureFrame]) -> None:
        self.codecs: dict[int, Any] = {}
        """The receiver's codecs by payload type."""
        self._stream = stream
        self._order = PictureOrder()
        self._capture = CaptureTime(PICTURE_CLOCK_HZ)
        self._waiting: deque[tuple[EncodedPicture, float]] = deque()
        self._news = asyncio.Event()
        self._decoders: dict[str, av.VideoCodecContext] = {}

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """Take a packet; the answer's first part asks the publisher for a keyframe."""
        now_s = time.monotonic()
        codec: Literal["VP8", "H264"] = "H264" if self.codecs[packet.payload_type].name == "H264" else "VP8"
        part = PicturePacket(
            packet.sequence_number,
            packet.timestamp,
            packet._data,  # type: ignore[attr-defined]  # aiortc keeps the depayloaded data there
            codec,
            _may_begin(codec, packet.payload),
            bool(packet.marker),
        )
        asks, pictures = self._order.put(part, now_s)
        for picture in pictures:
            self._waiting.append((picture, self._capture.seen(picture.timestamp, now_s)))
        if len(self._waiting) > MOST_UNDECODED:
            self._waiting.clear()
            self._order.lost()
        self._news.set()
        return asks, None

    async def decode(self) -> None:
        """Decode what comes, in a thread, until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="picture-decoder") as thread:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._waiting:
                    picture, at_s = self._waiting.popleft()
                    for pixels in await loop.run_in_executor(thread, self._pixels, picture):
                        self._stream.put(PictureFrame(pixels, at_s, picture.timestamp))

    def _pixels(self, picture: EncodedPicture) -> list[Any]:
        decoder = self._decoders.get(picture.codec)
        if decoder is None:
            name = "libvpx" if picture.codec == "VP8" else "h264"
            decoder = cast(av.VideoCodecContext, av.CodecContext.create(name, "r"))
            self._decoders[picture.codec] = decoder
        try:
            frames = decoder.decode(av.Packet(picture.payload))
        except av.FFmpegError as error:
            log.debug("a picture cannot be decoded: %s", error)
            self._order.lost()
            return []
        return [frame.to_ndarray(format="rgb24") for frame in frames]


def _tap(connection: RTCPeerConnection, kind: str, mime_types: tuple[str, ...], tap: _Heard | _Seen) -> None:
    """Add a track that is received, and put `tap` where aiortc has its jitter buffer."""
    transceiver = connection.addTransceiver(kind, "recvonly")
    known = RTCRtpReceiver.getCapabilities(kind)
    codecs = known.codecs if known is not None else []
    transceiver.setCodecPreferences([one for one in codecs if one.mimeType in mime_types])
    receiver = transceiver.receiver
    lacking = [name for name in _NAMES if not hasattr(receiver, name)]
    if lacking:
        raise Refused(f"this aiortc lacks {', '.join(lacking)}: install aiortc 1.16")
    setattr(receiver, f"{_R}jitter_buffer", tap)
    getattr(receiver, f"{_R}decoder_queue").put(None)  # aiortc's decoder ends as soon as it starts
    if isinstance(tap, _Seen):
        tap.codecs = getattr(receiver, f"{_R}codecs")


def _may_begin(codec: str, payload: bytes) -> bool:
    """Say whether a picture may begin with this RTP payload (RFC 7741 section 4.2, RFC 6184 section 5.8)."""
    if not payload:
        return False
    if codec == "VP8":
        return payload[0] & 0x1F == 0x10
    is_part = payload[0] & 0x1F == 28
    return not is_part or (len(payload) > 1 and bool(payload[1] & 0x80))


def _resampled(resampler: av.AudioResampler, frame: AudioFrame) -> Samples:
    sound = av.AudioFrame.from_ndarray(frame.samples[None, :], format="flt", layout="mono")
    sound.sample_rate = frame.rate_hz
    parts = [np.asarray(part.to_ndarray()[0], np.float32) for part in resampler.resample(sound)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
