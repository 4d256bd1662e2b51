"""A singer with a tone and a moving picture, and a viewer that keeps what it gets."""

import asyncio
import contextlib
import random
import time

import numpy as np

from edge.adapters.webrtc import WhepListener, WhipUplink
from edge.core.audio import AudioFrame
from edge.core.errors import Refused
from edge.core.picture import PictureFrame

RATE_HZ = 48_000


class Singer:
    """Publishes a tone as its voice, another as its program, and numbered pictures."""

    def __init__(self, url, token, *, voice_hz=440.0, program_hz=880.0, fps=15.0, **options):
        self.uplink = WhipUplink(url, token, **options)
        self.sent = {}
        """RTP timestamp to (time sent, brightness)."""
        self._voice_hz, self._program_hz, self._fps = voice_hz, program_hz, fps
        self.error = None
        self._tasks = []

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(work()) for work in (self._publish, self._sing, self._film)]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _publish(self):
        try:
            await self.uplink.run()
        except Refused as error:
            self.error = error

    async def reconnect(self):
        """Lose the connection and open another, as a box does."""
        self._tasks[0].cancel()
        await asyncio.gather(self._tasks[0], return_exceptions=True)
        self._tasks[0] = asyncio.create_task(self._publish())

    async def _sing(self):
        start_s, count = time.monotonic(), 0
        while True:
            ready_s = start_s + (count + 480) / RATE_HZ
            await asyncio.sleep(max(0.0, ready_s - time.monotonic()))
            t = (count + np.arange(480)) / RATE_HZ
            for hz, send in (
                (self._voice_hz, self.uplink.send_voice),
                (self._program_hz, self.uplink.send_program),
            ):
                tone = (0.4 * np.sin(2 * np.pi * hz * t)).astype(np.float32)
                await send(AudioFrame(tone, RATE_HZ, start_s + count / RATE_HZ))
            count += 480

    async def _film(self):
        number = 0
        noise = np.random.default_rng(1).integers(0, 60, (18, 32, 3), np.uint8).repeat(20, 0).repeat(20, 1)
        while True:
            brightness = 40 + 20 * (number % 8)
            pixels = np.clip(noise.astype(int) + brightness, 0, 255).astype(np.uint8)
            now_s = time.monotonic()
            rtp = await self.uplink.send_picture(PictureFrame(np.roll(pixels, number * 5, 1), now_s))
            self.sent[rtp] = (now_s, float(pixels.mean()))
            number += 1
            await asyncio.sleep(1 / self._fps)


class Viewer:
    """Keeps what one seat sends."""

    def __init__(self, url, token, *, loss=0.0, **options):
        self.listener = LossyListener(url, token, loss=loss, **options)
        self.sounds = []
        self.pictures = []
        self.picture_delays_s = []
        self._tasks = []

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(work()) for work in (self.listener.run, self._hear, self._look)]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hear(self):
        async with contextlib.aclosing(self.listener.voice()) as frames:
            async for frame in frames:
                self.sounds.append(frame)

    async def _look(self):
        async with contextlib.aclosing(self.listener.pictures()) as frames:
            async for frame in frames:
                self.pictures.append((time.monotonic(), frame))

    def sound(self, seconds):
        """Return the last `seconds` heard."""
        return np.concatenate([frame.samples for frame in self.sounds])[-int(seconds * RATE_HZ) :]


class LossyListener(WhepListener):
    """A listener whose network loses a share of its packets."""

    def __init__(self, url, token, *, loss, **options):
        super().__init__(url, token, **options)
        self.lost = 0
        self._loss = loss
        self._random = random.Random(7)

    def _prepare(self):
        connection = super()._prepare()
        lose(connection, self._is_lost)
        return connection

    def _is_lost(self):
        is_lost = self._random.random() < self._loss
        self.lost += is_lost
        return is_lost


def lose(connection, is_lost):
    """Let packets of media that `connection` receives get lost where `is_lost()`."""
    transport = connection.getTransceivers()[0].receiver.transport
    handle = transport._handle_rtp_data

    async def handle_some(data, arrival_time_ms):
        if not is_lost():
            await handle(data, arrival_time_ms)

    transport._handle_rtp_data = handle_some
