"""Microphone and speaker of a Linux machine, through ALSA (pyalsaaudio).

Reading and writing block; each device has a thread for it that nothing else sees.
"""

import asyncio
import contextlib
import errno
import logging
import queue
import threading
import time
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np

from edge.core.audio import AudioFrame, Samples
from edge.core.errors import DeviceLost
from edge.core.stamping import PlayClock, Stamper

try:
    import alsaaudio
except ImportError:  # an extra of its own: it is compiled against libasound2
    alsaaudio = None

log = logging.getLogger(__name__)

QUEUE_S = 0.2
"""Most sound that waits in the speaker, in s."""
WAITING_S = 2.0
"""Most sound that waits for a slow reader of the microphone, in s."""
PATIENCE_S = 5.0
"""How long a microphone may deliver nothing before it counts as lost, in s."""
_PERIODS = 4
_FULL = 32768.0


class AlsaMicrophone:
    """A `Microphone`: one frame for each ALSA period, mono, stamped when captured."""

    def __init__(self, device: str, rate_hz: int = 48_000, period_ms: float = 10.0) -> None:
        self.rate_hz = rate_hz
        self.xruns = 0
        """How often the machine was too slow and sound was lost."""
        self.dropped = 0
        """Frames that were lost because nobody took them."""
        self._device = device
        self._period = max(16, round(rate_hz * period_ms / 1000))

    async def frames(self) -> AsyncGenerator[AudioFrame, None]:
        """Yield frames as they are captured; raises `DeviceLost` when the device is or goes away."""
        pcm = await asyncio.to_thread(self._open)
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[AudioFrame | DeviceLost] = asyncio.Queue()
        most = max(2, round(WAITING_S * self.rate_hz / self._period))
        stop = threading.Event()

        def put(item: AudioFrame | DeviceLost) -> None:
            if inbox.qsize() >= most:
                inbox.get_nowait()
                self.dropped += 1
            inbox.put_nowait(item)

        def hand(item: AudioFrame | DeviceLost) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(put, item)

        thread = threading.Thread(target=self._listen, args=(pcm, stop, hand), name="microphone", daemon=True)
        thread.start()
        try:
            while True:
                yield await self._take(inbox)
        finally:
            stop.set()
            await asyncio.to_thread(thread.join, 1.0)
            if self.xruns or self.dropped:
                log.warning(
                    "microphone %s: %d overruns, %d frames dropped", self._device, self.xruns, self.dropped
                )

    async def _take(self, inbox: "asyncio.Queue[AudioFrame | DeviceLost]") -> AudioFrame:
        try:
            item = await asyncio.wait_for(inbox.get(), PATIENCE_S)
        except TimeoutError:
            raise _lost("microphone", self._device, f"delivered nothing for {PATIENCE_S:.0f} s") from None
        if isinstance(item, DeviceLost):
            raise item
        return item

    def _open(self) -> Any:
        return _open("microphone", self._device, self.rate_hz, self._period)

    def _listen(self, pcm: Any, stop: threading.Event, hand: Any) -> None:
        channels = pcm.info()["channels"]
        stamper = Stamper(self.rate_hz)
        start_s, count = time.monotonic(), 0
        try:
            while not stop.is_set():
                length, data = pcm.read()
                if length == -errno.EPIPE:
                    self.xruns += 1
                    continue
                if length < 0:
                    hand(_lost("microphone", self._device, errno.errorcode.get(-length, str(length))))
                    return
                samples = _to_mono(data, channels)
                count += len(samples)
                _keep_pace(start_s + count / self.rate_hz)
                if len(samples):
                    hand(AudioFrame(samples, self.rate_hz, stamper.stamp(len(samples), time.monotonic())))
        except alsaaudio.ALSAAudioError as error:
            hand(_lost("microphone", self._device, str(error)))
        finally:
            pcm.close()


class AlsaSpeaker:
    """A `Speaker`; it opens its device when it first plays, and again after it was lost."""

    def __init__(self, device: str, rate_hz: int = 48_000, period_ms: float = 10.0) -> None:
        self.rate_hz = rate_hz
        self.xruns = 0
        """How often nothing was there to be played."""
        self._device = device
        self._period = max(16, round(rate_hz * period_ms / 1000))
        self._writer: _Writer | None = None
        self._clock = PlayClock(rate_hz)

    async def play(self, samples: Samples) -> float:
        """Queue `samples` and return the box time at which the first is heard; waits while the queue is full.

        Raises:
            DeviceLost: the device is not there, or went away; the next call tries again.
        """
        if self._writer is None:
            pcm = await asyncio.to_thread(_open, "speaker", self._device, self.rate_hz, self._period)
            self._writer = _Writer(pcm, self._device, self.rate_hz)
            self._clock = PlayClock(self.rate_hz)
        writer = self._writer
        self.xruns = writer.xruns
        if writer.failure:
            self._writer = None
            raise writer.failure
        heard_s = self._clock.place(len(samples), time.monotonic(), writer.heard_s())
        writer.put(samples)
        await asyncio.sleep(max(0.0, self._clock.waiting_s(time.monotonic()) - QUEUE_S))
        return heard_s

    async def close(self) -> None:
        """Play what is queued and close the device."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await asyncio.to_thread(writer.close)


class _Writer:
    """The speaker's thread."""

    def __init__(self, pcm: Any, device: str, rate_hz: int) -> None:
        self.failure: DeviceLost | None = None
        self.xruns = 0
        self._pcm = pcm
        self._device = device
        self._rate_hz = rate_hz
        info = pcm.info()
        self._channels: int = info["channels"]
        self._buffer: int = info["buffer_size"]
        self._queue: queue.Queue[Samples | None] = queue.Queue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._device_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def put(self, samples: Samples) -> None:
        with self._lock:
            self._waiting += len(samples)
        self._queue.put(samples)

    def heard_s(self) -> float | None:
        """When samples that are put now will be heard, if the device can say so."""
        with self._lock:
            return None if self._device_s is None else self._device_s + self._waiting / self._rate_hz

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(2.0)

    def _run(self) -> None:
        try:
            while (samples := self._queue.get()) is not None:
                self._write(samples)
        except alsaaudio.ALSAAudioError as error:
            self.failure = _lost("speaker", self._device, str(error))
        finally:
            self._pcm.close()

    def _write(self, samples: Samples) -> None:
        mono = np.clip(samples * _FULL, -_FULL, _FULL - 1).astype("<i2")
        data = np.repeat(mono, self._channels).tobytes()
        if self._pcm.write(data) == -errno.EPIPE:
            self.xruns += 1
            self._pcm.write(data)
        queued = self._buffer - self._pcm.avail()
        with self._lock:
            self._waiting -= len(samples)
            self._device_s = time.monotonic() + queued / self._rate_hz if queued > 0 else None


def _open(what: str, device: str, rate_hz: int, period: int) -> Any:
    """Open a device for mono 16-bit sound, or say in one sentence why it cannot be."""
    if alsaaudio is None:
        raise DeviceLost(f'{what} "{device}": pyalsaaudio is not installed: run pip install "ktv-live[alsa]"')
    try:
        pcm = alsaaudio.PCM(
            type=alsaaudio.PCM_CAPTURE if what == "microphone" else alsaaudio.PCM_PLAYBACK,
            device=device,
            rate=rate_hz,
            channels=1,
            format=alsaaudio.PCM_FORMAT_S16_LE,
            periodsize=period,
            periods=_PERIODS,
        )
    except alsaaudio.ALSAAudioError as error:
        raise _lost(what, device, str(error).partition(" [")[0]) from error
    info = pcm.info()
    if info["rate"] != rate_hz:
        pcm.close()
        raise DeviceLost(
            f'{what} "{device}" delivers {info["rate"]} Hz, {rate_hz} Hz was asked: '
            f"set rate_hz = {info['rate']} under [{what}] in box.toml"
        )
    if info["format_name"] != "S16_LE":
        pcm.close()
        raise DeviceLost(
            f'{what} "{device}" has the format {info["format_name"]}, S16_LE was asked: '
            f'set device = "plug{device}" under [{what}] in box.toml'
        )
    return pcm


def _lost(what: str, device: str, reason: str) -> DeviceLost:
    return DeviceLost(
        f'{what} "{device}" is not available ({reason}): plug it in, or set device under [{what}] '
        f"in box.toml to one that `{'arecord' if what == 'microphone' else 'aplay'} -L` lists"
    )


def _to_mono(data: bytes, channels: int) -> Samples:
    samples = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(_FULL)
    return samples if channels == 1 else samples.reshape(-1, channels).mean(axis=1, dtype=np.float32)


def _keep_pace(due_s: float) -> None:
    """Wait where a device runs ahead of time, as ALSA's `null` and `file` do; a sound card never does."""
    ahead_s = due_s - time.monotonic()
    if ahead_s > 0.05:
        time.sleep(ahead_s)
