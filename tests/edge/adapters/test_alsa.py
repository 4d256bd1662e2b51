"""Microphone and speaker through the real ALSA library, with devices that are files."""

import time

import numpy as np
import pytest

from edge.core.errors import DeviceLost

pytest.importorskip("alsaaudio")

from edge.adapters.alsa import AlsaMicrophone, AlsaSpeaker

DEVICES = """
pcm.silent {{ type null }}
pcm.played {{ type file slave.pcm "silent" file "{folder}/played.raw" format raw }}
pcm.recorded {{ type file slave.pcm "silent" file /dev/null infile "{folder}/recorded.raw" format raw }}
"""


@pytest.fixture
def devices(tmp_path, monkeypatch):
    """A folder with ALSA devices: `silent`, `played` to a file, `recorded` from a file."""
    (tmp_path / "asoundrc").write_text(DEVICES.format(folder=tmp_path))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asoundrc"))
    (np.arange(48_000) % 16_384).astype("<i2").tofile(tmp_path / "recorded.raw")
    return tmp_path


async def listen(microphone, count):
    frames = []
    stream = microphone.frames()
    async for frame in stream:
        frames.append(frame)
        if len(frames) == count:
            break
    await stream.aclose()
    return frames


async def test_what_a_device_records_is_heard_in_order_and_in_time(devices):
    start_s = time.monotonic()

    frames = await listen(AlsaMicrophone("recorded", 48_000, 10.0), 40)

    assert np.concatenate([frame.samples for frame in frames]) == pytest.approx(
        (np.arange(40 * 480) % 16_384) / 32_768
    )
    assert 0.3 < time.monotonic() - start_s < 3.0
    assert np.diff([frame.at_s for frame in frames]).mean() == pytest.approx(0.01, abs=0.003)
    assert frames[-1].at_s <= time.monotonic()


async def test_the_rate_that_is_asked_is_the_rate_that_is_opened(devices):
    frames = await listen(AlsaMicrophone("silent", 44_100, 20.0), 2)

    assert [(frame.rate_hz, len(frame.samples)) for frame in frames] == [(44_100, 882)] * 2


async def test_a_microphone_can_be_listened_to_again(devices):
    microphone = AlsaMicrophone("recorded", 48_000)

    first, second = await listen(microphone, 3), await listen(microphone, 3)

    assert first[0].samples == pytest.approx(second[0].samples)


async def test_what_is_played_reaches_the_device_in_order(devices):
    speaker = AlsaSpeaker("played", 48_000)
    sound = (np.arange(9600) % 8192 / 32_768).astype(np.float32)

    heard = [await speaker.play(sound[first : first + 960]) for first in range(0, 9600, 960)]
    await speaker.close()

    assert np.fromfile(devices / "played.raw", "<i2").tolist() == (np.arange(9600) % 8192).tolist()
    assert np.diff(heard) == pytest.approx(0.02, abs=0.002)


async def test_playing_is_paced_by_time(devices):
    speaker = AlsaSpeaker("silent", 16_000)
    start_s = time.monotonic()

    for _ in range(6):
        await speaker.play(np.zeros(1600, np.float32))
    await speaker.close()

    assert 0.35 < time.monotonic() - start_s < 3.0


async def test_too_loud_is_clipped_and_not_wrapped_round(devices):
    speaker = AlsaSpeaker("played", 48_000)

    await speaker.play(np.array([2.0, -2.0], np.float32))
    await speaker.close()

    assert np.fromfile(devices / "played.raw", "<i2").tolist() == [32_767, -32_768]


async def test_a_microphone_that_is_not_there_is_lost_in_one_sentence(devices):
    with pytest.raises(
        DeviceLost, match=r'microphone "nowhere" is not available .*\[microphone\] in box\.toml'
    ):
        await listen(AlsaMicrophone("nowhere", 48_000), 1)


async def test_a_speaker_that_is_not_there_is_lost_and_tried_again(devices):
    speaker = AlsaSpeaker("nowhere", 48_000)

    for _ in range(2):
        with pytest.raises(DeviceLost, match=r'speaker "nowhere" is not available'):
            await speaker.play(np.zeros(10, np.float32))


async def test_frames_that_nobody_takes_are_dropped_and_counted(devices):
    microphone = AlsaMicrophone("silent", 48_000)
    stream = microphone.frames()
    await anext(stream)

    time.sleep(2.5)  # noqa: ASYNC251 - a loop that is too busy to listen
    for _ in range(150):
        await anext(stream)
    await stream.aclose()

    assert microphone.dropped > 0
