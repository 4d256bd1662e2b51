"""Taking what the box played out of what it hears."""

import numpy as np
import pytest

from edge.core.audio import AudioFrame
from edge.core.bleed import VoiceCleaner

RATE_HZ = 16_000
SECONDS = 8


def music(seed=0):
    """Chords with noise, a new one every quarter of a second: broad and never the same."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE_HZ // 4) / RATE_HZ
    parts = []
    for _ in range(4 * SECONDS):
        f_hz = rng.uniform(80, 2000, 6)
        parts.append(
            sum(np.sin(2 * np.pi * f * t + 6 * rng.random()) for f in f_hz) / 6 + rng.normal(0, 0.1, len(t))
        )
    return 0.3 * np.concatenate(parts)


def room(sound, delay_s=0.012):
    """The way from the speaker to the microphone: a delay and a fading tail."""
    rng = np.random.default_rng(9)
    tail = rng.normal(0, 1, RATE_HZ // 10) * np.exp(-np.arange(RATE_HZ // 10) / 300)
    path = np.concatenate((np.zeros(round(delay_s * RATE_HZ)), 0.5 * tail / np.sqrt((tail**2).sum())))
    return np.convolve(sound, path)[: len(sound)]


def voice():
    """A voice that sings every other second."""
    t = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    cents = 40 * np.sin(2 * np.pi * 5.5 * t)
    phase = 2 * np.pi * np.cumsum(220 * 2 ** (cents / 1200)) / RATE_HZ
    return 0.1 * sum(np.sin(k * phase) / k for k in range(1, 8)) * (np.floor(t) % 2 == 1)


def clean(heard, played, cut=160):
    cleaner = VoiceCleaner(RATE_HZ)
    cleaner.played(AudioFrame(played.astype(np.float32), RATE_HZ, 0.0))
    frames = [
        cleaner.clean(AudioFrame(heard[first : first + cut].astype(np.float32), RATE_HZ, first / RATE_HZ))
        for first in range(0, len(heard), cut)
    ]
    return np.concatenate([frame.samples for frame in frames]), frames[0].at_s


def power_db(sound):
    return 10 * np.log10(np.mean(sound**2) + 1e-12)


def test_music_alone_is_taken_away():
    echo = room(music())

    left, _ = clean(echo, music())

    late = slice(5 * RATE_HZ, None)
    assert power_db(left[late]) < power_db(echo[late]) - 15


def test_a_voice_over_music_comes_out_nearly_as_it_was_sung():
    echo, sung = room(music()), voice()

    left, at_s = clean(echo + sung, music())

    shift = -round(at_s * RATE_HZ)
    late = slice(5 * RATE_HZ, -shift)
    wrong = left[shift:][late.start :][: len(sung[late])] - sung[late]
    assert power_db(wrong) < power_db(echo[late]) - 8
    assert power_db(wrong) < power_db(sung[late]) - 8


def test_without_music_the_voice_is_untouched():
    sung = voice()

    left, at_s = clean(sung, np.zeros(0))

    shift = -round(at_s * RATE_HZ)
    np.testing.assert_allclose(left[shift:], sung[: len(left) - shift].astype(np.float32), atol=1e-7)


def test_the_result_does_not_depend_on_the_chunking():
    heard = room(music()) + voice()

    by_tens, _ = clean(heard, music(), cut=160)
    odd, _ = clean(heard, music(), cut=777)

    assert np.array_equal(by_tens, odd)


def test_frames_keep_their_length_and_say_how_late_they_are():
    cleaner = VoiceCleaner(48_000)

    frame = cleaner.clean(AudioFrame(np.zeros(480, np.float32), 48_000, 7.0))

    assert len(frame.samples) == 480
    assert frame.at_s == pytest.approx(7.0 - cleaner.delay_s)


def test_jitter_of_the_stamps_does_no_harm():
    rng = np.random.default_rng(4)
    echo, played = room(music()), music()
    cleaner, left = VoiceCleaner(RATE_HZ), []

    queued = 3200
    cleaner.played(AudioFrame(played[:queued].astype(np.float32), RATE_HZ, 0.0))

    for first in range(0, len(echo), 160):
        jitter_s = rng.uniform(-0.004, 0.004)
        next_music = played[first + queued : first + queued + 160].astype(np.float32)
        cleaner.played(AudioFrame(next_music, RATE_HZ, (first + queued) / RATE_HZ + jitter_s))
        heard = echo[first : first + 160].astype(np.float32)
        left.append(cleaner.clean(AudioFrame(heard, RATE_HZ, first / RATE_HZ - jitter_s)).samples)

    assert power_db(np.concatenate(left)[5 * RATE_HZ :]) < power_db(echo[5 * RATE_HZ :]) - 12


def test_another_rate_is_an_error():
    with pytest.raises(ValueError, match="44100 Hz"):
        VoiceCleaner(48_000).clean(AudioFrame(np.zeros(10, np.float32), 44_100, 0.0))
