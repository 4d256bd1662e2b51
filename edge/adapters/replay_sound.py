"""A microphone that is a file, and a speaker that only keeps time, for boxes without a sound card."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import numpy as np

from edge.adapters.soundfile import excerpt, load_sound
from edge.core.audio import AudioFrame, Samples
from edge.core.stamping import PlayClock

QUEUE_S = 0.2
"""Most sound that waits in the speaker, in s."""


class FileMicrophone:
    """Plays a file as if somebody sang it, in real time; a `Microphone` that can be `Cued`."""

    def __init__(
        self,
        path: Path,
        *,
        rate_hz: int = 48_000,
        frame_ms: int = 20,
        is_looped: bool = False,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Decode `path`; raises `Refused` where it is no sound.

        Until it is cued the microphone is silent, or plays over and over if `is_looped`; a looped file goes
        on over and over after its cue, too.
        """
        self.rate_hz = rate_hz
        self._samples = load_sound(path, rate_hz)
        self._frame = rate_hz * frame_ms // 1000
        self._is_looped = is_looped
        self._now_s = now_s
        self._zero_s: float | None = None

    @property
    def duration_s(self) -> float:
        """Length of the file in s."""
        return len(self._samples) / self.rate_hz

    def cue(self, at_s: float) -> None:
        """Begin the file again so that its first sample falls on box time `at_s`."""
        self._zero_s = at_s

    async def frames(self) -> AsyncGenerator[AudioFrame, None]:
        """Yield frames as time goes by, without end; none is ever left out."""
        start_s = self._now_s()
        if self._zero_s is None and self._is_looped:
            self._zero_s = start_s
        count = 0
        while True:
            at_s = start_s + count / self.rate_hz
            count += self._frame
            wait_s = start_s + count / self.rate_hz - self._now_s()
            await asyncio.sleep(max(0.0, wait_s))
            yield AudioFrame(self._heard_at(at_s), self.rate_hz, at_s)

    def _heard_at(self, at_s: float) -> Samples:
        if self._zero_s is None:
            return np.zeros(self._frame, dtype=np.float32)
        first = round((at_s - self._zero_s) * self.rate_hz)
        if not self._is_looped or first < 0:
            return excerpt(self._samples, first, self._frame)
        return self._samples[(first + np.arange(self._frame)) % len(self._samples)]


class NullSpeaker:
    """Plays nothing, at the pace at which a sound card would; a `Speaker`."""

    def __init__(self, rate_hz: int = 48_000, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self.rate_hz = rate_hz
        self._now_s = now_s
        self._clock = PlayClock(rate_hz)

    async def play(self, samples: Samples) -> float:
        """Return the box time at which the first sample would be heard; waits while the queue is full."""
        heard_s = self._clock.place(len(samples), self._now_s())
        await asyncio.sleep(max(0.0, self._clock.waiting_s(self._now_s()) - QUEUE_S))
        return heard_s
