"""Pitch of a voice, hop by hop: what is sung, how surely, and whether anything is sung at all.

The McLeod pitch method (P. McLeod, G. Wyvill, "A smarter way to find pitch", ICMC 2005): a normalised
square difference function (NSDF) over a window of 64 ms, computed by FFT, and the first of its peaks that
is nearly as high as the highest. Rules of this file:

- everything is computed for one hop at a time, from samples alone: the same sound gives the same points,
  bit for bit, however it is cut into frames;
- loudness matters only in relation to the loudest that was heard lately: a quiet recording is as good as a
  loud one.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core.audio import AudioFrame, Samples
from edge.core.resampling import Resampler

RATE_HZ = 16_000
"""Rate at which pitch is computed, in Hz."""
HOP = 256
"""Samples from one point to the next."""
HOP_S = HOP / RATE_HZ
"""16 ms."""
WINDOW = 1024
"""Samples a point is computed from: 64 ms."""
LOWEST_HZ = 65.0
HIGHEST_HZ = 1100.0

_FFT = 2 * WINDOW
_SHORTEST = int(RATE_HZ / HIGHEST_HZ)
_LONGEST = math.ceil(RATE_HZ / LOWEST_HZ)
_NEARLY = 0.95
"""A peak this near to the highest one counts as the period (McLeod's k)."""
_VOICED = 0.65
"""NSDF from which on a window is voiced."""
_GATE_DB = 40.0
"""Below the loudest lately, by this much, nobody sings."""
_FADE_DB = 0.05
"""How fast the loudest lately is forgotten, in dB per hop: 3 dB a second."""
_SILENCE_DB = -95.0
"""Full scale dB below which there is no recording at all."""
_GAP_S = 0.1
"""A stamp this far from where the samples say means that samples were lost."""


@dataclass(frozen=True, slots=True)
class PitchPoint:
    """The voice at one moment."""

    at_s: float
    """Middle of the window, in the clock of the frames, in s."""
    f0_hz: float | None
    """Fundamental frequency in Hz; None where nobody sings."""
    confidence: float
    """How periodic the sound is, 0 to 1."""

    @property
    def is_voiced(self) -> bool:
        """Whether somebody sings."""
        return self.f0_hz is not None


class PitchTracker:
    """Turns frames of one microphone into pitch points, one every `HOP_S`."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._restart(math.nan)

    def feed(self, frame: AudioFrame) -> list[PitchPoint]:
        """Take the next frame in and return the points that are complete, in order.

        Frames follow each other without a gap; where a stamp says that samples were lost, the tracker
        starts again there.

        Raises:
            ValueError: the frame has another rate than the tracker was made for.
        """
        if frame.rate_hz != self._rate_hz:
            raise ValueError(f"frame of {frame.rate_hz} Hz for a tracker of {self._rate_hz} Hz")
        expected_s = self._origin_s + self._count / self._rate_hz
        if not abs(frame.at_s - expected_s) <= _GAP_S:
            self._restart(frame.at_s)
        self._count += len(frame.samples)
        return [point for block in self._resampler.feed(frame.samples) for point in self._hear(block)]

    def _restart(self, at_s: float) -> None:
        self._origin_s = at_s
        self._count = 0
        self._resampler = Resampler(self._rate_hz, RATE_HZ, HOP)
        self._window: NDArray[np.float64] = np.zeros(WINDOW)
        self._hops = 0
        self._loudest_db = _SILENCE_DB

    def _hear(self, block: Samples) -> list[PitchPoint]:
        self._window = np.concatenate((self._window[HOP:], block.astype(np.float64)))
        self._hops += 1
        if self._hops * HOP < WINDOW:
            return []
        at_s = self._origin_s + (self._hops * HOP - WINDOW / 2) / RATE_HZ
        return [self._point(at_s)]

    def _point(self, at_s: float) -> PitchPoint:
        window = self._window - self._window.mean()
        if not self._is_loud(window):
            return PitchPoint(at_s, None, 0.0)
        nsdf = _nsdf(window)
        lag, clarity = _choose(nsdf)
        confidence = min(max(clarity, 0.0), 1.0)
        if lag is None or clarity < _VOICED:
            return PitchPoint(at_s, None, confidence)
        return PitchPoint(at_s, RATE_HZ / lag, confidence)

    def _is_loud(self, window: NDArray[np.float64]) -> bool:
        level_db = 10.0 * math.log10(float(np.mean(window * window)) + 1e-12)
        self._loudest_db = max(self._loudest_db - _FADE_DB, level_db, _SILENCE_DB)
        return level_db > max(_SILENCE_DB, self._loudest_db - _GATE_DB)


def _nsdf(window: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return McLeod's n'(lag) of `window`, shape (_LONGEST + 2,), -1 to 1; equation 9 of the paper."""
    spectrum = np.fft.rfft(window, _FFT)
    power = spectrum.real**2 + spectrum.imag**2
    lags = _LONGEST + 2
    correlation = np.fft.irfft(power, _FFT)[:lags]
    squares = np.cumsum(window * window)
    total = squares[-1]
    ends = squares[WINDOW - 1 - np.arange(lags)]
    starts = total - np.concatenate(([0.0], squares[: lags - 1]))
    return np.asarray(2.0 * correlation / (ends + starts + 1e-9))


def _choose(nsdf: NDArray[np.float64]) -> tuple[float | None, float]:
    """Return the period in samples, with fractions, and the height of its peak; None if there is no peak."""
    inner = nsdf[1:-1]
    is_peak = (inner > nsdf[:-2]) & (inner >= nsdf[2:]) & (inner > 0)
    peaks = np.flatnonzero(is_peak) + 1
    below = np.flatnonzero(nsdf < 0)
    peaks = peaks[peaks > (below[0] if len(below) else _LONGEST)]
    peaks = peaks[(peaks >= _SHORTEST) & (peaks <= _LONGEST)]
    if not len(peaks):
        return None, 0.0
    refined = [_refine(nsdf, int(peak)) for peak in peaks]
    highest = max(height for _, height in refined)
    return next(peak for peak in refined if peak[1] >= _NEARLY * highest)


def _refine(nsdf: NDArray[np.float64], peak: int) -> tuple[float, float]:
    """Return place and height of the parabola's top through a peak and its neighbours."""
    left, middle, right = float(nsdf[peak - 1]), float(nsdf[peak]), float(nsdf[peak + 1])
    bend = left - 2.0 * middle + right
    if bend >= 0.0:
        return float(peak), middle
    shift = 0.5 * (left - right) / bend
    return peak + shift, middle - 0.25 * (left - right) * shift
