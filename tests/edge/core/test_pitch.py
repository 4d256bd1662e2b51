"""Hearing pitch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.audio import AudioFrame
from edge.core.pitch import HOP_S, PitchTracker
from edge.core.units import cents_between


def voice(f0_hz, rate_hz=48_000, level=0.2, vibrato_cents=0.0):
    """A harmonic tone; `f0_hz` is a number or one for each sample."""
    f0_hz = np.broadcast_to(f0_hz, rate_hz).astype(float)
    cents = vibrato_cents * np.sin(2 * np.pi * 5.5 * np.arange(rate_hz) / rate_hz)
    phase = 2 * np.pi * np.cumsum(f0_hz * 2 ** (cents / 1200)) / rate_hz
    return (level * sum(np.sin(k * phase) / k for k in range(1, 7))).astype(np.float32)


def track(samples, rate_hz=48_000, cuts=(), at_s=0.0):
    tracker, points, first = PitchTracker(rate_hz), [], 0
    for stop in [*cuts, len(samples)]:
        points += tracker.feed(AudioFrame(samples[first:stop], rate_hz, at_s + first / rate_hz))
        first = stop
    return points


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("f0_hz", [70.0, 110.0, 196.0, 440.0, 880.0, 1050.0])
def test_a_steady_tone_is_heard_within_five_cents(f0_hz, rate_hz):
    points = track(voice(f0_hz, rate_hz), rate_hz)

    assert len(points) >= 57
    assert all(point.is_voiced and abs(cents_between(point.f0_hz, f0_hz)) < 5 for point in points)


def test_a_sweep_is_followed_without_lag():
    rise_hz = np.linspace(200, 400, 48_000)

    points = track(voice(rise_hz))

    errors = [
        cents_between(point.f0_hz, np.interp(point.at_s, np.arange(48_000) / 48_000, rise_hz))
        for point in points
    ]
    assert np.abs(errors).max() < 15


def test_points_are_stamped_in_the_middle_of_their_window_on_the_frames_clock():
    points = track(voice(220), at_s=1000.0)

    assert points[0].at_s == pytest.approx(1000.032)
    assert np.diff([point.at_s for point in points]) == pytest.approx(HOP_S)


def test_silence_and_noise_are_not_voiced():
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)

    silent, noisy = track(np.zeros(48_000, np.float32)), track(noise)

    assert not any(point.is_voiced for point in silent)
    assert np.mean([point.is_voiced for point in noisy]) < 0.05


def test_a_quiet_recording_is_heard_as_well_as_a_loud_one():
    loud, quiet = track(voice(220, level=0.2)), track(voice(220, level=0.2 / 1000))

    assert sum(point.is_voiced for point in quiet) == sum(point.is_voiced for point in loud)


def test_a_hum_of_the_room_far_below_the_voice_is_not_singing():
    sound = np.concatenate((voice(330), voice(100, level=0.2 / 300)))

    points = track(sound)

    assert not any(point.is_voiced for point in points if point.at_s > 1.05)


def test_lost_samples_start_the_tracker_again_at_the_new_stamp():
    tracker = PitchTracker(16_000)
    sound = voice(220, 16_000)
    tracker.feed(AudioFrame(sound, 16_000, 0.0))

    points = tracker.feed(AudioFrame(sound, 16_000, 5.0))

    assert points[0].at_s == pytest.approx(5.032)


def test_a_frame_of_another_rate_is_an_error():
    with pytest.raises(ValueError, match="44100 Hz"):
        PitchTracker(48_000).feed(AudioFrame(np.zeros(10, np.float32), 44_100, 0.0))


@given(cuts=st.lists(st.integers(0, 22_050), max_size=12), rate_hz=st.sampled_from([16_000, 44_100]))
@settings(max_examples=25, deadline=None)
def test_points_are_the_same_bit_for_bit_however_the_sound_is_cut(cuts, rate_hz):
    noise = np.random.default_rng(3).normal(0, 0.01, rate_hz).astype(np.float32)
    sound = (voice(247.0, rate_hz, vibrato_cents=60.0) + noise)[: rate_hz // 2]

    points = track(sound, rate_hz, sorted(min(cut, len(sound)) for cut in cuts))

    assert [(point.f0_hz, point.confidence) for point in points] == [
        (point.f0_hz, point.confidence) for point in track(sound, rate_hz)
    ]
