"""Units of pitch."""

import pytest

from edge.core.units import cents_between, hz_to_midi, midi_to_hz


def test_a_is_note_69_at_440_hz():
    assert hz_to_midi(440.0) == 69.0
    assert midi_to_hz(60) == pytest.approx(261.6256, abs=1e-4)


def test_an_octave_is_1200_cents():
    assert cents_between(880.0, 440.0) == pytest.approx(1200.0)
