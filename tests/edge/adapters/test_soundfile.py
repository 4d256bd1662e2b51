"""Sound files."""

import wave

import numpy as np
import pytest

from edge.adapters.soundfile import excerpt, load_sound, play_at, sound_length_s
from edge.core.errors import Refused
from tests.fakes import FakeSpeaker


def write_wav(path, samples, rate_hz=16_000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return path


def test_a_file_is_read_as_mono_at_the_rate_that_is_asked(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    path = write_wav(tmp_path / "tone.wav", np.repeat(tone, 2), channels=2)

    sound = load_sound(path, 48_000)

    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(48_000, abs=100)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    assert np.abs(sound[1000:47_000] - expected[1000:47_000]).max() < 0.02


def test_the_shipped_songs_can_be_played(root):
    sounds = sorted((root / "edge" / "data").rglob("*.ogg"))

    assert len(sounds) == 5
    for path in sounds:
        sound = load_sound(path, 48_000)
        assert 20 < len(sound) / 48_000 < 45
        assert 0.3 < np.abs(sound).max() < 1.0
        assert path.stat().st_size < 500_000


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(Refused, match=r"none\.ogg.*is not there"):
        load_sound(tmp_path / "none.ogg", 48_000)


@pytest.mark.parametrize("content", [b"", b"this is not sound", b"RIFF\x00\x00"])
def test_a_file_that_is_no_sound_is_said_so(tmp_path, content):
    path = tmp_path / "no.wav"
    path.write_bytes(content)

    with pytest.raises(Refused, match=r"no\.wav"):
        load_sound(path, 48_000)


def test_an_excerpt_is_silent_outside_the_sound():
    sound = np.arange(1, 5, dtype=np.float32)

    assert excerpt(sound, -2, 4).tolist() == [0, 0, 1, 2]
    assert excerpt(sound, 3, 4).tolist() == [4, 0, 0, 0]
    assert excerpt(sound, -9, 3).tolist() == [0, 0, 0]
    assert excerpt(sound, 9, 3).tolist() == [0, 0, 0]


async def test_a_sound_is_heard_from_the_moment_that_is_asked():
    speaker = FakeSpeaker(1000, starts_s=5.0)

    await play_at(speaker, np.arange(1, 101, dtype=np.float32), 5.123)

    heard = speaker.sound()
    assert heard[123:223].tolist() == list(range(1, 101))
    assert not heard[:123].any()


async def test_a_sound_that_comes_too_late_begins_in_the_middle():
    speaker = FakeSpeaker(1000, starts_s=5.0)

    await play_at(speaker, np.arange(1, 101, dtype=np.float32), 4.95)

    assert speaker.sound()[20:50].tolist() == list(range(71, 101))


def test_the_length_is_that_of_the_decoded_sound(root, tmp_path):
    write_wav(tmp_path / "a.wav", np.zeros(8_000, np.float32))
    ogg = root / "edge/data/songs/star-over-the-booth/backing.ogg"

    assert sound_length_s(tmp_path / "a.wav") == pytest.approx(0.5)
    assert sound_length_s(ogg) == pytest.approx(len(load_sound(ogg, 16_000)) / 16_000, abs=0.02)


def test_what_has_no_sound_has_no_length(root, tmp_path):
    (tmp_path / "a.ogg").write_bytes(b"no sound")

    for path in (tmp_path / "a.ogg", tmp_path / "none.ogg", root / "tests/data/billiards-no-pot.mp4"):
        with pytest.raises(Refused, match=path.name):
            sound_length_s(path)
