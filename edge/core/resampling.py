"""Changing the sample rate of a stream, block by block, with the same result for any chunking."""

import math

import numpy as np
from numpy.typing import NDArray

from edge.core.audio import Samples

TAPS = 64
"""Samples of the slower rate that one output sample is computed from."""


class Resampler:
    """A polyphase windowed-sinc filter from `from_hz` to `to_hz`.

    Output sample n belongs to the same moment as input sample n * from_hz / to_hz: the filter's delay is
    taken out, so that only the waiting for it remains. Blocks of a fixed number of output samples are
    computed, whatever comes in: the arithmetic, and so every bit, is the same for any chunking.

    Source: J. O. Smith, "Digital Audio Resampling", https://ccrma.stanford.edu/~jos/resample/.
    """

    def __init__(self, from_hz: int, to_hz: int, block: int) -> None:
        divisor = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // divisor, from_hz // divisor
        self._block = block
        scale = max(1.0, from_hz / to_hz)
        self._half = math.ceil(TAPS / 2 * scale)
        self._filters = _filters(self._up, self._half, scale)
        self._held: NDArray[np.float64] = np.zeros(self._half)
        self._first = -self._half
        self._next = 0

    def feed(self, samples: Samples) -> list[Samples]:
        """Take samples in and return the blocks that are complete, each shape (block,), float32."""
        self._held = np.concatenate((self._held, samples.astype(np.float64)))
        blocks: list[Samples] = []
        while self._last_needed() < self._first + len(self._held):
            blocks.append(self._compute())
        return blocks

    def _last_needed(self) -> int:
        return (self._next + self._block - 1) * self._down // self._up + self._half

    def _compute(self) -> Samples:
        places = (self._next + np.arange(self._block)) * self._down
        centres, phases = places // self._up, places % self._up
        columns = np.arange(-self._half + 1, self._half + 1)
        picked = self._held[(centres - self._first)[:, None] + columns[None, :]]
        block: Samples = np.multiply(picked, self._filters[phases]).sum(axis=1).astype(np.float32)
        self._next += self._block
        spent = self._next * self._down // self._up - self._half - self._first
        self._held = self._held[spent:]
        self._first += spent
        return block


def _filters(up: int, half: int, scale: float) -> NDArray[np.float64]:
    """One filter for each phase, shape (up, 2 * half); Kaiser window, stop band below -80 dB."""
    offsets = np.arange(-half + 1, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.kaiser(4097, 8.0)
    shape = np.interp(offsets / half, np.linspace(-1, 1, 4097), window, left=0.0, right=0.0)
    taps = np.sinc(offsets * 0.92 / scale) * shape
    return np.asarray(taps / taps.sum(axis=1, keepdims=True), dtype=np.float64)
