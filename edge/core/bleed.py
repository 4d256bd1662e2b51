"""Taking out of a recording what the box itself played: a linear echo canceller.

A partitioned-block adaptive filter in the frequency domain (J.-S. Soo, K. K. Pang, "Multidelay block
frequency domain adaptive filter", IEEE ASSP 38(2), 1990) learns the way from the speaker to the microphone
and subtracts what came that way. How fast it learns follows from how much of what is left is echo
(J.-M. Valin, "On adjusting the learning rate in frequency domain echo cancellation with double-talk",
IEEE ASLP 15(3), 2007), so that a singer does not disturb it; and the filter in use changes only for one
that has proved better. It is linear: it takes away, and never bends or gates the singer's voice.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from edge.core.audio import AudioFrame, Samples

Spectrum = NDArray[np.complex128]
Power = NDArray[np.float64]

TAIL_S = 0.25
"""Longest echo that is learnt, in s."""
LEAD_S = 0.02
"""How much too late the stamps of what was played may be, in s."""
KEPT_S = 2.0
"""How long what was played is kept for a late microphone, in s."""
STEP_S = 0.02
"""A stamp that is off by less continues the stream before it, in s."""

_MOST = 0.25
"""Largest step of the filter."""
_FIRST = 0.25
"""Step while nothing is learnt yet."""
_FLOOR = 1e-7
"""Power of a sample below which there is nothing to learn from."""
_LEAST_LEAK = 0.005
_BETTER = 0.4
"""Weight of the newest block in the comparison of the two filters."""


class Canceller:
    """Subtracts, block by block, the echo of a reference from a recording."""

    def __init__(self, block: int, partitions: int, rate_hz: int) -> None:
        self._block = block
        self._partitions = partitions
        shape = (partitions, block + 1)
        self._played: Spectrum = np.zeros(shape, np.complex128)
        self._learning: Spectrum = np.zeros(shape, np.complex128)
        self._used: Spectrum = np.zeros(shape, np.complex128)
        self._last = np.zeros(block)
        self._power: Power = np.zeros(block + 1)
        self._average = block / rate_hz
        self._rates = (2.0 * block / rate_hz, 0.5 * block / rate_hz)
        self._left_mean: Power = np.zeros(block + 1)
        self._echo_mean: Power = np.zeros(block + 1)
        self._cross, self._own = 0.0, 1.0
        self._learnt = 0.0
        self._constrained = 0
        self._gain, self._spread = 0.0, 0.0

    def subtract(self, heard: NDArray[np.float64], played: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is left of `heard`; both shape (block,), -1 to 1."""
        self._push(played)
        left_used = heard - self._echo(self._used)
        echo = self._echo(self._learning)
        left = heard - echo
        if played.any() or self._power.max() > 0.0:
            self._learn(left, echo, heard)
            left_used = self._choose(left_used, left)
        return left_used

    def _push(self, played: NDArray[np.float64]) -> None:
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate((self._last, played)))
        self._last = played
        newest = self._played.real**2 + self._played.imag**2
        power = newest.sum(axis=0)
        self._power = np.maximum(power, 0.65 * self._power + 0.35 * power)

    def _echo(self, weights: Spectrum) -> NDArray[np.float64]:
        return np.fft.irfft((weights * self._played).sum(axis=0))[self._block :]

    def _learn(
        self, left: NDArray[np.float64], echo: NDArray[np.float64], heard: NDArray[np.float64]
    ) -> None:
        zeros = np.zeros(self._block)
        spectrum = np.fft.rfft(np.concatenate((zeros, left)))
        left_power = spectrum.real**2 + spectrum.imag**2
        echo_spectrum = np.fft.rfft(np.concatenate((zeros, echo)))
        echo_power = echo_spectrum.real**2 + echo_spectrum.imag**2
        leak = self._leak(left_power, echo_power, float(left @ left), float(echo @ echo))
        step = self._step(leak, left, echo, heard, left_power, echo_power)
        floor = _FLOOR * 2 * self._block * self._partitions
        gradient = np.conj(self._played) * (step * spectrum / (self._power + floor))
        self._learning += self._shares()[:, None] * gradient
        self._constrain()

    def _shares(self) -> Power:
        """How much of the step each partition gets, 1 on average: more where the echo is strong."""
        sizes = np.sqrt((self._learning.real**2 + self._learning.imag**2).sum(axis=1))
        sizes += 0.1 * sizes.max() + 1e-9
        return np.asarray(sizes * (self._partitions / sizes.sum()))

    def _leak(self, left_power: Power, echo_power: Power, left: float, echo: float) -> float:
        """How much echo is left, as a share of the echo taken away; Valin's equations 15 to 19."""
        self._left_mean += self._average * (left_power - self._left_mean)
        self._echo_mean += self._average * (echo_power - self._echo_mean)
        left_moves, echo_moves = left_power - self._left_mean, echo_power - self._echo_mean
        own = float(echo_moves @ echo_moves)
        if own <= 1e-20:
            return _LEAST_LEAK
        own = own**0.5
        cross = float(left_moves @ echo_moves) / own
        slow, most = self._rates
        rate = min(slow * echo / (left + 1e-12), most)
        self._cross += rate * (cross - self._cross)
        self._own += rate * (own - self._own)
        self._own = max(self._own, 1e-9)
        self._cross = min(max(self._cross, _LEAST_LEAK * self._own), self._own)
        return self._cross / self._own

    def _step(
        self,
        leak: float,
        left: NDArray[np.float64],
        echo: NDArray[np.float64],
        heard: NDArray[np.float64],
        left_power: Power,
        echo_power: Power,
    ) -> Power:
        left_sum, echo_sum = float(left @ left) + 1e-12, float(echo @ echo) + 1e-12
        if self._learnt < self._partitions:
            played = float(self._last @ self._last)
            step = _FIRST * min(1.0, played / left_sum)
            self._learnt += step
            return np.full(self._block + 1, step)
        both = float(left @ echo)
        share = min(max(3.0 * leak * echo_sum / left_sum, both * both / (left_sum * echo_sum)), _MOST)
        wanted = 0.7 * leak * echo_power + 0.3 * share * left_power
        return np.minimum(wanted, _MOST * left_power) / (left_power + 1e-12)

    def _constrain(self) -> None:
        """Keep the filter causal: the first partition always, the others by turns."""
        self._constrained = self._constrained % max(self._partitions - 1, 1) + 1
        for index in {0, min(self._constrained, self._partitions - 1)}:
            response = np.fft.irfft(self._learning[index])
            response[self._block :] = 0.0
            self._learning[index] = np.fft.rfft(response)

    def _choose(self, used: NDArray[np.float64], learning: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the learning filter over when it has proved better, throw it away when it went astray."""
        used_sum, learning_sum = float(used @ used), float(learning @ learning)
        between = used - learning
        self._gain += _BETTER * (used_sum - learning_sum - self._gain)
        self._spread += _BETTER * (used_sum * float(between @ between) - self._spread)
        if self._gain > 0.0 and self._gain * self._gain > 0.25 * self._spread:
            self._used = self._learning.copy()
            self._gain, self._spread = 0.0, 0.0
            fade = np.linspace(0.0, 1.0, self._block)
            return (1.0 - fade) * used + fade * learning
        if self._gain < 0.0 and self._gain * self._gain > 4.0 * self._spread:
            self._learning = self._used.copy()
            self._gain, self._spread = 0.0, 0.0
        return used


class _Line:
    """Places frames on one line of samples by their stamps, without jitter."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._next: int | None = None

    def place(self, frame: AudioFrame) -> int:
        """Return the index of the frame's first sample."""
        index = round(frame.at_s * self._rate_hz)
        if self._next is None or abs(index - self._next) > STEP_S * self._rate_hz:
            self._next = index
        first = self._next
        self._next += len(frame.samples)
        return first


class VoiceCleaner:
    """Takes what the box plays out of what its microphone hears; both are matched by their stamps.

    `played` may be called from another thread than `clean`.
    """

    def __init__(self, rate_hz: int, *, tail_s: float = TAIL_S) -> None:
        self._rate_hz = rate_hz
        self._block = 512 if rate_hz > 24_000 else 256
        self._canceller = Canceller(self._block, max(2, round(tail_s * rate_hz / self._block)), rate_hz)
        self._frames: deque[AudioFrame] = deque()
        self._played_line, self._heard_line = _Line(rate_hz), _Line(rate_hz)
        self._played = np.zeros(0)
        self._played_first = 0
        self._heard = np.zeros(0)
        self._heard_first: int | None = None
        self._clean = np.zeros(self._block)

    @property
    def delay_s(self) -> float:
        """How much later the cleaned voice comes out than the voice went in, in s; stamps account for it."""
        return self._block / self._rate_hz

    def played(self, frame: AudioFrame) -> None:
        """Note what the speaker plays; `at_s` is when its first sample is heard."""
        self._frames.append(frame)

    def clean(self, frame: AudioFrame) -> AudioFrame:
        """Return as many samples of the voice alone, `delay_s` older than those of `frame`."""
        if frame.rate_hz != self._rate_hz:
            raise ValueError(f"frame of {frame.rate_hz} Hz for a cleaner of {self._rate_hz} Hz")
        self._take_played()
        first = self._heard_line.place(frame)
        if self._heard_first is None or first != self._heard_first + len(self._heard):
            self._heard_first = first - len(self._heard)
        self._heard = np.concatenate((self._heard, frame.samples.astype(np.float64)))
        while len(self._heard) >= self._block:
            self._clean_block()
        count = len(frame.samples)
        samples, self._clean = self._clean[:count], self._clean[count:]
        return AudioFrame(samples.astype(np.float32), self._rate_hz, frame.at_s - self.delay_s)

    def _clean_block(self) -> None:
        first = (self._heard_first or 0) + round(LEAD_S * self._rate_hz)
        block, self._heard = self._heard[: self._block], self._heard[self._block :]
        self._heard_first = (self._heard_first or 0) + self._block
        left = self._canceller.subtract(block, self._played_at(first))
        self._clean = np.concatenate((self._clean, left))
        self._forget(first - round(KEPT_S * self._rate_hz))

    def _played_at(self, first: int) -> NDArray[np.float64]:
        out = np.zeros(self._block)
        start = max(first, self._played_first)
        stop = min(first + self._block, self._played_first + len(self._played))
        if start < stop:
            out[start - first : stop - first] = self._played[
                start - self._played_first : stop - self._played_first
            ]
        return out

    def _take_played(self) -> None:
        while self._frames:
            frame = self._frames.popleft()
            if frame.rate_hz != self._rate_hz:
                raise ValueError(f"played at {frame.rate_hz} Hz for a cleaner of {self._rate_hz} Hz")
            self._append(self._played_line.place(frame), frame.samples)

    def _append(self, first: int, samples: Samples) -> None:
        if not len(self._played):
            self._played_first = first
        gap = first - (self._played_first + len(self._played))
        if gap < 0:
            self._played = self._played[: max(0, len(self._played) + gap)]
            self._played_first = min(self._played_first, first)
        elif gap > KEPT_S * self._rate_hz:
            self._played, self._played_first = np.zeros(0), first
        elif gap:
            self._played = np.concatenate((self._played, np.zeros(gap)))
        self._played = np.concatenate((self._played, samples.astype(np.float64)))

    def _forget(self, before: int) -> None:
        spent = before - self._played_first
        if spent > self._rate_hz:
            self._played = self._played[spent:]
            self._played_first = before
