"""Synthetic voices whose pitch is known at every moment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core.audio import Samples
from edge.core.song import Song
from edge.core.units import midi_to_hz

NOTES = (40, 45, 50, 55, 59, 62, 67, 72, 76, 79)
"""MIDI numbers of the tones: E2 to G5."""
TONE_S = 0.8
REST_S = 0.4
_HARMONICS = 12
_EDGE_S = 0.02
_LEVEL = 0.3
_BREATH = 0.02


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice and its pitch."""

    samples: Samples
    rate_hz: int
    f0_hz: NDArray[np.float64]
    """For each sample: its pitch in Hz, 0 where nobody sings."""


def sing_tones(rate_hz: int) -> Voice:
    """Return tones, steady and with vibrato, with breath (noise) and silence by turns between them."""
    noise = np.random.default_rng(5)
    sounds: list[NDArray[np.float64]] = []
    pitches: list[NDArray[np.float64]] = []
    for index, midi in enumerate(NOTES):
        for cents in (0.0, 60.0):
            t = np.arange(round(TONE_S * rate_hz)) / rate_hz
            f0_hz = midi_to_hz(midi) * 2 ** (cents * np.sin(2 * np.pi * 5.5 * t) / 1200)
            rest = np.zeros(round(REST_S * rate_hz))
            breath = noise.normal(0, _BREATH, len(rest)) if index % 2 else rest
            sounds += [harmonic(f0_hz, rate_hz), breath]
            pitches += [f0_hz, rest]
    return Voice(np.concatenate(sounds).astype(np.float32), rate_hz, np.concatenate(pitches))


def hum(song: Song, rate_hz: int) -> Samples:
    """Return one unchanging tone, on the song's middle note, for the whole song."""
    pitched = sorted(note.midi for line in song.lines for note in line.notes if note.kind in _PITCHED)
    f0_hz = np.full(round(song.duration_s * rate_hz), midi_to_hz(pitched[len(pitched) // 2]))
    return harmonic(f0_hz, rate_hz).astype(np.float32)


def harmonic(f0_hz: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Return a tone of falling harmonics whose pitch at each sample is `f0_hz`."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate_hz
    highest = 0.45 * rate_hz / float(f0_hz.max())
    sound = sum(
        (np.sin(number * phase) / number for number in range(1, _HARMONICS + 1) if number <= highest),
        start=np.zeros(len(f0_hz)),
    )
    edge = np.clip(np.arange(len(f0_hz)) / (_EDGE_S * rate_hz), 0, 1)
    return np.asarray(_LEVEL * sound * edge * edge[::-1])


_PITCHED = frozenset({"normal", "golden"})
