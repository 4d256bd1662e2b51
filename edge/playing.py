"""The playing loop: feeds the speaker without a gap, with the backing at its time and the partner's voice.

Every block knows the box time at which it is heard. So the backing is placed by that time and not by
counting: a speaker that stutters or drifts comes back into step, and it is known what was heard when.
"""

import logging
from collections import deque
from collections.abc import Callable

import numpy as np

from edge.core.audio import AudioFrame, Samples
from edge.ports import Speaker

log = logging.getLogger(__name__)

BLOCK_S = 0.01
"""Length of a block, in s."""
IN_STEP_S = 0.03
"""The backing is moved when it is further than this from where it should be, in s."""
REMEMBERED_S = 2.0
"""How long what was played is remembered, in s."""
PARTNER_START_S = 0.04
"""So much of the partner's voice is gathered before it plays, against an uneven network, in s."""
PARTNER_MOST_S = 0.25
"""The partner's voice never lags more than this: the oldest is dropped, in s."""


class Player:
    """What the booth hears; made once, fed to one speaker after the other."""

    def __init__(self, *, rate_hz: int, backing_gain: float) -> None:
        self.rate_hz = rate_hz
        self.on_played: Callable[[AudioFrame], None] = lambda frame: None
        """Called with each block and the time at which it is heard."""
        self._gain = np.float32(backing_gain)
        self._backing: Samples | None = None
        self._start_s = 0.0
        self._position = 0
        self._partner = _PartnerQueue(rate_hz)
        self._past: deque[AudioFrame] = deque()

    @property
    def heard_until_s(self) -> float:
        """Box time up to which it is known what is heard; -inf before the first block."""
        if not self._past:
            return -np.inf
        return self._past[-1].at_s + self._past[-1].duration_s

    def begin(self, backing: Samples, start_s: float) -> None:
        """Play `backing` (at this player's rate) so that its first sample is heard at box time `start_s`."""
        self._backing = backing
        self._start_s = start_s
        self._position = -1

    def stop(self) -> None:
        """Stop the backing."""
        self._backing = None

    def hear_partner(self, frame: AudioFrame) -> None:
        """Take in a frame of the partner's voice, to be played at once."""
        self._partner.put(frame)

    def forget_partner(self) -> None:
        """Drop what is left of the partner's voice."""
        self._partner.clear()

    async def run(self, speaker: Speaker) -> None:
        """Feed `speaker` until cancelled or until it raises `DeviceLost`."""
        count = round(speaker.rate_hz * BLOCK_S)
        next_s = await speaker.play(np.zeros(count, np.float32)) + BLOCK_S
        while True:
            block = self._block(next_s, count)
            heard_s = await speaker.play(block)
            frame = AudioFrame(block, speaker.rate_hz, heard_s)
            self._remember(frame)
            self.on_played(frame)
            next_s = heard_s + count / speaker.rate_hz

    def heard(self, at_s: float, count: int, rate_hz: int) -> Samples:
        """Return what is heard from box time `at_s` on: `count` samples at `rate_hz`, zeros where unknown."""
        out = np.zeros(count, np.float32)
        times = at_s + np.arange(count) / rate_hz
        for frame in reversed(self._past):
            if frame.at_s + frame.duration_s <= at_s:
                break
            first = np.searchsorted(times, frame.at_s, "left")
            last = np.searchsorted(times, frame.at_s + frame.duration_s, "left")
            if last > first:
                where = (times[first:last] - frame.at_s) * frame.rate_hz
                out[first:last] = np.interp(where, np.arange(len(frame.samples)), frame.samples)
        return out

    def _block(self, heard_s: float, count: int) -> Samples:
        block = self._partner.take(count)
        if self._backing is not None:
            block += self._gain * self._backing_at(self._backing, heard_s, count)
        return np.clip(block, -1.0, 1.0)

    def _backing_at(self, backing: Samples, heard_s: float, count: int) -> Samples:
        due = round((heard_s - self._start_s) * self.rate_hz)
        if self._position < 0 or abs(due - self._position) > IN_STEP_S * self.rate_hz:
            self._position = due
        first, self._position = self._position, self._position + count
        out = np.zeros(count, np.float32)
        begin, end = max(first, 0), min(first + count, len(backing))
        if end > begin:
            out[begin - first : end - first] = backing[begin:end]
        return out

    def _remember(self, frame: AudioFrame) -> None:
        self._past.append(frame)
        while frame.at_s - self._past[0].at_s > REMEMBERED_S:
            self._past.popleft()


class _PartnerQueue:
    """The partner's voice between the network and the speaker."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._samples = np.zeros(0, np.float32)
        self._is_playing = False

    def put(self, frame: AudioFrame) -> None:
        self._samples = np.concatenate((self._samples, _at_rate(frame, self._rate_hz)))
        most = round(PARTNER_MOST_S * self._rate_hz)
        if len(self._samples) > most:
            self._samples = self._samples[-round(PARTNER_START_S * self._rate_hz) :]

    def clear(self) -> None:
        self._samples = np.zeros(0, np.float32)
        self._is_playing = False

    def take(self, count: int) -> Samples:
        """Return the next `count` samples, silence while too little has gathered."""
        out = np.zeros(count, np.float32)
        if not self._is_playing and len(self._samples) < PARTNER_START_S * self._rate_hz:
            return out
        got = self._samples[:count]
        out[: len(got)] = got
        self._samples = self._samples[count:]
        self._is_playing = len(got) == count
        return out


def _at_rate(frame: AudioFrame, rate_hz: int) -> Samples:
    if frame.rate_hz == rate_hz:
        return frame.samples
    count = round(len(frame.samples) * rate_hz / frame.rate_hz)
    where = np.arange(count) * frame.rate_hz / rate_hz
    return np.interp(where, np.arange(len(frame.samples)), frame.samples).astype(np.float32)
