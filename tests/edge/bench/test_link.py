"""What the box's two ends send can be told apart when it arrives."""

import numpy as np
import pytest

from edge.bench.link import EVERY_S, HOP, RATE_HZ, Bursts, Delays, Film, read_number
from edge.core.audio import AudioFrame


@pytest.mark.parametrize("delay_s", [0.005, 0.04, 0.2])
def test_the_delay_of_every_burst_is_found(delay_s):
    bursts, delays = Bursts(100.0), Delays(100.0)

    for first in range(0, RATE_HZ, HOP):
        at_s = 100.0 + first / RATE_HZ
        frame = AudioFrame(bursts.samples(first, HOP), RATE_HZ, at_s + 0.004)
        delays.hear(frame, at_s + HOP / RATE_HZ + delay_s)

    assert len(delays.delays_s) == int(1 / EVERY_S) + 1
    assert all(delay_s < found <= delay_s + HOP / RATE_HZ + 1e-6 for found in delays.delays_s)


def test_silence_has_no_delays():
    delays = Delays(0.0)

    delays.hear(AudioFrame(np.zeros(HOP, np.float32), RATE_HZ, 1.0), 1.1)

    assert delays.delays_s == []


@pytest.mark.parametrize("number", [0, 1, 341, 682, 1023])
def test_a_picture_bears_its_number(number):
    assert read_number(Film().picture(number)) == number
    assert read_number(Film().picture(number)[::2, ::2]) == number
