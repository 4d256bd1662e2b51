"""Frames of sound: how long they are, and that nobody changes them."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from edge.core.audio import AudioFrame


def test_a_frame_lasts_as_long_as_its_samples_take():
    frame = AudioFrame(np.zeros(480, np.float32), 48_000, at_s=3.0)

    assert frame.duration_s == 0.01


def test_a_frame_cannot_be_changed():
    frame = AudioFrame(np.zeros(480, np.float32), 48_000, at_s=3.0)

    with pytest.raises(FrozenInstanceError):
        frame.at_s = 4.0
