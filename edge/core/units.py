"""Units of pitch: hertz, MIDI note numbers, cents, and how one becomes the other."""

import math
from typing import NewType

Hertz = NewType("Hertz", float)
"""A frequency, above 0."""

Midi = NewType("Midi", float)
"""A pitch as a MIDI note number with fractions: 60 is middle C, 69 is A at 440 Hz, 1.0 is a semitone."""

Cents = NewType("Cents", float)
"""A difference of pitch; 100 are a semitone, 1200 an octave."""


def hz_to_midi(f0_hz: float) -> Midi:
    """Return the MIDI note number of `f0_hz` (above 0)."""
    return Midi(69.0 + 12.0 * math.log2(f0_hz / 440.0))


def midi_to_hz(midi: float) -> Hertz:
    """Return the frequency of a MIDI note number."""
    return Hertz(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


def cents_between(f0_hz: float, reference_hz: float) -> Cents:
    """Return how far `f0_hz` is above `reference_hz`, both above 0."""
    return Cents(1200.0 * math.log2(f0_hz / reference_hz))
