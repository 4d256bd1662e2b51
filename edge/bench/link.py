"""A box's two ends of a relay, for the hub's bench: `python -m edge.bench.link`.

Publishes a voice of bursts and numbered pictures with the box's own uplink, watches them with its own
listener, and says how late they arrive. It reads one JSON object a line and answers each with another:

- `{"whip", "whep", "publish", "watch"}`, first: addresses and tokens; answered at the first picture;
- `{"do": "measure", "seconds"}`: delays of sound and pictures, and how many picture stamps were right;
- `{"do": "join", "tokens"}`: how long each further viewer waits for its first picture.

It ends with its input.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.adapters.webrtc import WhepListener, WhipUplink
from edge.core.audio import AudioFrame, Samples
from edge.core.picture import PictureFrame, Pixels

RATE_HZ = 48_000
HOP = 480
"""Samples the microphone delivers at a time: 10 ms."""
EVERY_S = 0.253
"""From one burst to the next; no multiple of a packet's length."""
BURST_S = 0.03
TONE_HZ = 1_000.0
LOUD = 0.1
"""A burst has begun where the sound is louder than this."""
FPS = 15.0
WIDTH, HEIGHT = 640, 360
BITS = 10
"""Bits of the number at the top of each picture, most valuable first; white is 1."""
CELL = 64
"""Side of one bit's square, in pixels."""
PATIENCE_S = 20.0


class Bursts:
    """A voice that is silent but for short bursts at known moments."""

    def __init__(self, begin_s: float) -> None:
        self.begin_s = begin_s
        t = np.arange(round(BURST_S * RATE_HZ)) / RATE_HZ
        period = np.zeros(round(EVERY_S * RATE_HZ), np.float32)
        period[: len(t)] = 0.5 * np.sin(2 * np.pi * TONE_HZ * t)
        self._period = period

    def samples(self, first: int, count: int) -> Samples:
        """Return `count` samples from index `first` on."""
        return self._period[(first + np.arange(count)) % len(self._period)]


class Delays:
    """Finds bursts in what is heard, and how long after its beginning each was there.

    The stamps of heard frames are late by the shortest delay there was; they only tell which burst it is.
    """

    def __init__(self, begin_s: float) -> None:
        self.delays_s: list[float] = []
        self._begin_s = begin_s
        self._last = -1

    def hear(self, frame: AudioFrame, now_s: float) -> None:
        """Take in a frame that arrives at `now_s`."""
        loud = np.flatnonzero(np.abs(frame.samples) > LOUD)
        if not len(loud):
            return
        at_s = frame.at_s + loud[0] / frame.rate_hz
        number = int((at_s - self._begin_s + 0.02) // EVERY_S)
        if number > self._last:
            self._last = number
            self.delays_s.append(now_s - self._begin_s - number * EVERY_S)


class Film:
    """Moving pictures, each with its number in black and white squares at the top."""

    def __init__(self) -> None:
        dice = np.random.default_rng(1)
        coarse = dice.integers(40, 200, (HEIGHT // 20, WIDTH // 20, 3), np.uint8)
        self._ground: Pixels = coarse.repeat(20, 0).repeat(20, 1)

    def picture(self, number: int) -> Pixels:
        """Return the picture of that number."""
        pixels = np.roll(self._ground, number * 5, 1)
        for bit in range(BITS):
            is_on = number >> (BITS - 1 - bit) & 1
            pixels[:CELL, bit * CELL : (bit + 1) * CELL] = 235 if is_on else 20
        return pixels


def read_number(pixels: NDArray[Any]) -> int:
    """Return the number that stands in a picture."""
    cell = pixels.shape[1] / BITS
    number = 0
    for bit in range(BITS):
        left = round((bit + 0.25) * cell)
        square = pixels[round(cell * 0.25) : round(cell * 0.75), left : left + round(cell / 2)]
        number = number << 1 | int(square.mean() > 128)
    return number


class Link:
    """Both ends: what was sent, and what has arrived."""

    def __init__(self, orders: dict[str, str]) -> None:
        self._whep = orders["whep"]
        self._uplink = WhipUplink(orders["whip"], orders["publish"])
        self._listener = WhepListener(orders["whep"], orders["watch"])
        self._bursts = Bursts(time.monotonic())
        self._film = Film()
        self._sent: dict[int, tuple[float, int]] = {}
        """RTP timestamp to (time sent in s, number)."""
        self._delays = Delays(self._bursts.begin_s)
        self._picture_delays_s: list[float] = []
        self._right = self._pictures = 0
        self.has_picture = asyncio.Event()

    async def run(self) -> None:
        """Publish and watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (
                self._uplink.run,
                self._listener.run,
                self._sing,
                self._show,
                self._hear,
                self._look,
            ):
                group.create_task(work())

    async def measure(self, seconds: float) -> dict[str, Any]:
        """Return what arrives in the next `seconds`."""
        self._delays.delays_s = []
        self._picture_delays_s = []
        self._right = self._pictures = 0
        await asyncio.sleep(seconds)
        return {
            "sound_s": self._delays.delays_s,
            "picture_s": self._picture_delays_s,
            "pictures": self._pictures,
            "right": self._right,
        }

    async def join(self, tokens: Sequence[str]) -> dict[str, Any]:
        """Return how long one more viewer waits for its first picture, for each of `tokens`, in s."""
        return {"joins_s": [await self._join(token) for token in tokens]}

    async def _join(self, token: str) -> float | None:
        listener = WhepListener(self._whep, token)
        began_s = time.monotonic()
        running = asyncio.create_task(listener.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await anext(listener.pictures())
                return time.monotonic() - began_s
        except TimeoutError:
            return None
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _sing(self) -> None:
        count = 0
        while True:
            due_s = self._bursts.begin_s + (count + HOP) / RATE_HZ
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            at_s = self._bursts.begin_s + count / RATE_HZ
            frame = AudioFrame(self._bursts.samples(count, HOP), RATE_HZ, at_s)
            await self._uplink.send_voice(frame)
            await self._uplink.send_program(frame)
            count += HOP

    async def _show(self) -> None:
        number = 0
        while True:
            pixels = self._film.picture(number)
            now_s = time.monotonic()
            rtp = await self._uplink.send_picture(PictureFrame(pixels, now_s))
            self._sent[rtp] = (now_s, number)
            number = (number + 1) % 2**BITS
            await asyncio.sleep(1 / FPS)

    async def _hear(self) -> None:
        async for frame in self._listener.voice():
            self._delays.hear(frame, time.monotonic())

    async def _look(self) -> None:
        async for frame in self._listener.pictures():
            now_s = time.monotonic()
            sent_s, number = self._sent.get(frame.rtp or 0, (None, None))
            self._pictures += 1
            self._right += number is not None and number == read_number(frame.pixels)
            if sent_s is not None:
                self._picture_delays_s.append(now_s - sent_s)
            self.has_picture.set()


async def serve() -> None:
    """Do as the input says until it ends."""
    link = Link(await _order() or {})
    running = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await link.has_picture.wait()
        _answer({"is_live": True})
        while order := await _order():
            if order["do"] == "measure":
                _answer(await link.measure(order["seconds"]))
            else:
                _answer(await link.join(order["tokens"]))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _order() -> dict[str, Any] | None:
    line = await asyncio.to_thread(sys.stdin.readline)
    return json.loads(line) if line else None


def _answer(values: dict[str, Any]) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
