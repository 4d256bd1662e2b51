"""The microphone that is a file, and the speaker that only keeps time."""

import time

import numpy as np
import pytest

from edge.adapters.replay_sound import FileMicrophone, NullSpeaker
from edge.core.errors import Refused
from tests.edge.adapters.test_soundfile import write_wav

RATE_HZ = 16_000


@pytest.fixture
def ramp(tmp_path):
    """A quarter of a second that rises from 0 to almost 1: each sample tells its place."""
    return write_wav(tmp_path / "ramp.wav", np.arange(4000) / 4096)


async def collect(microphone, count):
    frames = []
    async for frame in microphone.frames():
        frames.append(frame)
        if len(frames) == count:
            break
    return frames


async def test_frames_come_at_the_pace_of_time(ramp):
    start_s = time.monotonic()

    frames = await collect(FileMicrophone(ramp, rate_hz=RATE_HZ), 10)

    assert 0.19 < time.monotonic() - start_s < 2.0
    assert np.diff([frame.at_s for frame in frames]) == pytest.approx(0.02)
    assert all(len(frame.samples) == 320 and frame.rate_hz == RATE_HZ for frame in frames)


async def test_the_first_sample_falls_on_the_cue_and_silence_lies_around_it(ramp):
    microphone = FileMicrophone(ramp, rate_hz=RATE_HZ)
    cue_s = time.monotonic() + 0.1515
    microphone.cue(cue_s)

    frames = await collect(microphone, 25)

    sound = np.concatenate([frame.samples for frame in frames])
    first = round((cue_s - frames[0].at_s) * RATE_HZ)
    assert not sound[:first].any()
    assert sound[first : first + 4000] == pytest.approx(np.arange(4000) / 4096, abs=1e-3)
    assert not sound[first + 4000 :].any()


async def test_without_a_cue_it_is_silent(ramp):
    frames = await collect(FileMicrophone(ramp, rate_hz=RATE_HZ), 3)

    assert not any(frame.samples.any() for frame in frames)


async def test_a_looped_file_plays_over_and_over(ramp):
    frames = await collect(FileMicrophone(ramp, rate_hz=RATE_HZ, is_looped=True), 30)

    sound = np.concatenate([frame.samples for frame in frames])
    assert sound[:4000] == pytest.approx(sound[4000:8000])
    assert sound[3999] > 0.9


def test_a_file_that_is_no_sound_is_refused(tmp_path):
    with pytest.raises(Refused):
        FileMicrophone(tmp_path / "none.wav")


async def test_a_null_speaker_is_paced_by_time_and_tells_when_sound_would_be_heard():
    speaker = NullSpeaker(RATE_HZ)
    start_s = time.monotonic()

    heard = [await speaker.play(np.zeros(1600, np.float32)) for _ in range(6)]

    assert np.diff(heard) == pytest.approx(0.1)
    assert 0.35 < time.monotonic() - start_s < 2.0
