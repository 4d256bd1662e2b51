"""Changing the sample rate of a stream."""

import numpy as np
import pytest

from edge.core.resampling import Resampler


def tone(f_hz, rate_hz, seconds=0.5):
    return np.sin(2 * np.pi * f_hz * np.arange(round(seconds * rate_hz)) / rate_hz).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_a_tone_keeps_its_pitch_and_its_place_in_time(rate_hz):
    blocks = Resampler(rate_hz, 16_000, 256).feed(tone(440, rate_hz))

    out = np.concatenate(blocks)

    np.testing.assert_allclose(out[512:-512], tone(440, 16_000)[: len(out)][512:-512], atol=2e-3)


def test_what_the_new_rate_cannot_carry_is_taken_out():
    out = np.concatenate(Resampler(48_000, 16_000, 256).feed(tone(9_500, 48_000)))

    assert np.abs(out[512:-512]).max() < 2e-3


def test_the_result_does_not_depend_on_the_chunking():
    noise = np.random.default_rng(1).normal(0, 0.1, 20_000).astype(np.float32)
    whole = np.concatenate(Resampler(44_100, 16_000, 256).feed(noise))
    resampler, parts, first = Resampler(44_100, 16_000, 256), [], 0

    for length in np.random.default_rng(2).integers(0, 900, 100):
        parts += resampler.feed(noise[first : first + length])
        first += length

    assert np.array_equal(np.concatenate(parts), whole[: sum(map(len, parts))])
    assert len(whole) - sum(map(len, parts)) <= 256
