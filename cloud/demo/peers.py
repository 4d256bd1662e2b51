"""Headless WebRTC: a singer that publishes sound by WHIP, a viewer that keeps what it gets by WHEP."""

import asyncio
import fractions
import time
from collections import deque
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

RATE_HZ = 48_000
HOP = 960
"""Samples of one Opus packet, 20 ms."""
TONE_HZ = 1_000.0
"""The known tone that a published voice carries until it is cued."""


def decode_sound(path: Path) -> NDArray[np.float32]:
    """Return a sound file as mono float32 at 48 kHz."""
    parts: list[NDArray[np.float32]] = []
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            parts.extend(out.to_ndarray()[0] for out in resampler.resample(frame))
        parts.extend(out.to_ndarray()[0] for out in resampler.resample(None))
    return np.concatenate(parts)


class SingingTrack(MediaStreamTrack):
    """A microphone: a known tone first, then a sung file from the moment it is cued to."""

    kind = "audio"

    def __init__(self, voice: NDArray[np.float32]) -> None:
        super().__init__()
        self._voice = voice
        self._sent = 0
        self._begun_s = time.time()
        self._cue_s: float | None = None

    def cue(self, at_s: float) -> None:
        """Sing the file so that its first sample falls on unix time `at_s`."""
        self._cue_s = at_s

    async def recv(self) -> av.AudioFrame:
        """Return the next 20 ms when they have been captured."""
        due_s = self._begun_s + (self._sent + HOP) / RATE_HZ
        await asyncio.sleep(max(0.0, due_s - time.time()))
        frame = av.AudioFrame.from_ndarray(self._samples()[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = self._sent
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self._sent += HOP
        return frame

    def _samples(self) -> NDArray[np.int16]:
        at_s = self._begun_s + self._sent / RATE_HZ
        if self._cue_s is None:
            phase = 2 * np.pi * TONE_HZ * (self._sent + np.arange(HOP)) / RATE_HZ
            return (6000 * np.sin(phase)).astype(np.int16)
        first = round((at_s - self._cue_s) * RATE_HZ)
        part = np.zeros(HOP, np.float32)
        low, high = max(first, 0), min(first + HOP, len(self._voice))
        if low < high:
            part[low - first : high - first] = self._voice[low:high]
        return (np.clip(part, -1, 1) * 32767).astype(np.int16)


async def exchange(
    http: aiohttp.ClientSession, peer: RTCPeerConnection, url: str, token: str, patience_s: float = 15
) -> str:
    """Offer `peer` to a WHIP or WHEP address and take the answer; return the session's address.

    Raises:
        ConnectionError: the door refused; says its status and sentence.
    """
    await peer.setLocalDescription(await peer.createOffer())
    end = time.monotonic() + patience_s
    while True:
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
        async with http.post(url, data=peer.localDescription.sdp, headers=headers) as answer:
            text = await answer.text()
            if answer.status == 201:
                await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
                return str(answer.headers["Location"])
            if answer.status != 404 or time.monotonic() > end:
                raise ConnectionError(f"{url} answered {answer.status}: {text[:200]}")
        await asyncio.sleep(0.3)


class Publisher:
    """Sends a sung voice by WHIP."""

    def __init__(self, voice: NDArray[np.float32]) -> None:
        self.track = SingingTrack(voice)
        self._peer = RTCPeerConnection()
        self._peer.addTransceiver(self.track, "sendonly")

    async def start(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        """Connect to the door."""
        await exchange(http, self._peer, url, token)

    async def stop(self) -> None:
        """Close the connection."""
        await self._peer.close()


class Watcher:
    """Keeps the last sound and pictures that one seat's stream brought."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str, *, keep_s: float = 40) -> None:
        self._http, self._url, self._token = http, url, token
        self.sound: deque[NDArray[np.float32]] = deque(maxlen=round(keep_s / 0.02))
        """20 ms of mono float32 at 48 kHz each."""
        self.frames = 0
        """Pictures decoded so far."""
        self.picture: NDArray[Any] | None = None
        """The newest picture, RGB (height, width, 3)."""
        self.rtp: int | None = None
        """RTP timestamp of the newest picture."""
        self._peer = RTCPeerConnection()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect to the door and begin to receive."""
        self._peer.addTransceiver("audio", direction="recvonly")
        self._peer.addTransceiver("video", direction="recvonly")
        await exchange(self._http, self._peer, self._url, self._token)
        for transceiver in self._peer.getTransceivers():
            keep = self._keep_sound if transceiver.kind == "audio" else self._keep_pictures
            self._tasks.append(asyncio.create_task(keep(transceiver.receiver)))

    async def stop(self) -> None:
        """Close the connection."""
        await self._peer.close()
        for task in self._tasks:
            task.cancel()

    def heard(self, seconds: float) -> NDArray[np.float32]:
        """Return the last `seconds` of sound."""
        parts = list(self.sound)[-round(seconds / 0.02) :]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    async def _keep_sound(self, receiver: RTCRtpReceiver) -> None:
        resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        try:
            while True:
                frame = await receiver.track.recv()
                assert isinstance(frame, av.AudioFrame)
                self.sound.extend(out.to_ndarray()[0] for out in resampler.resample(frame))
        except MediaStreamError:
            return

    async def _keep_pictures(self, receiver: RTCRtpReceiver) -> None:
        # aiortc counts a track's pts from its first RTP timestamp, which only its mapper knows.
        mapper = getattr(receiver, "_RTCRtpReceiver__timestamp_mapper")  # noqa: B009 - no static name
        try:
            while True:
                frame = await receiver.track.recv()
                assert isinstance(frame, av.VideoFrame)
                self.frames += 1
                self.rtp = (int(frame.pts or 0) + int(mapper._origin or 0)) % 2**32
                self.picture = frame.to_ndarray(format="rgb24")
        except MediaStreamError:
            return


def tone_share(sound: NDArray[np.float32], tone_hz: float = TONE_HZ) -> float:
    """Return the share (0 to 1) of a sound's energy that lies within 30 Hz of `tone_hz`."""
    if len(sound) < HOP:
        return 0.0
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    return float(power[np.abs(hz - tone_hz) < 30].sum() / max(power.sum(), 1e-12))


def likeness(heard: NDArray[np.float32], sung: NDArray[np.float32]) -> float:
    """Return how alike two sounds are (0 to 1) at their best alignment, by their loudness over time.

    Both are mono at 48 kHz; the correlation of their 20 ms loudness contours is taken at every lag.
    """
    a, b = _loudness(heard), _loudness(sung)
    if len(a) < 50 or len(b) < len(a):
        return 0.0
    a = a - a.mean()
    best = 0.0
    for lag in range(len(b) - len(a) + 1):
        part = b[lag : lag + len(a)]
        part = part - part.mean()
        scale = float(np.linalg.norm(a) * np.linalg.norm(part))
        if scale > 1e-9:
            best = max(best, float(a @ part) / scale)
    return best


def _loudness(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    hops = len(sound) // HOP
    square = sound[: hops * HOP].astype(np.float64).reshape(hops, HOP) ** 2
    loud: NDArray[np.float64] = np.sqrt(square.mean(axis=1))
    return loud
