"""The player puts the backing at its time, plays the partner, and knows what was heard when."""

import asyncio

import numpy as np
import pytest

from edge.core.audio import AudioFrame
from edge.playing import BLOCK_S, Player
from tests.fakes import FakeSpeaker

RATE = 8_000


async def play_until(player, speaker, at_s, *, each=lambda frame: None):
    """Run the player until it has played up to box time `at_s`."""
    done = asyncio.Event()

    def played(frame):
        each(frame)
        if frame.at_s + frame.duration_s >= at_s:
            done.set()

    player.on_played = played
    running = asyncio.create_task(player.run(speaker))
    await done.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def ramp(seconds: float):
    return np.linspace(0.1, 0.9, round(seconds * RATE), dtype=np.float32)


async def test_the_backings_first_sample_is_heard_at_its_time():
    player, speaker = Player(rate_hz=RATE, backing_gain=1.0), FakeSpeaker(RATE)
    player.begin(ramp(0.2), start_s=0.1234)

    await play_until(player, speaker, 0.5)

    sound = speaker.sound()
    first = round(0.1234 * RATE)
    assert np.all(sound[: first - 1] == 0)
    np.testing.assert_allclose(sound[first : first + 1600], ramp(0.2), atol=1e-6)
    assert np.all(sound[first + 1600 :] == 0)


async def test_a_backing_that_began_before_is_joined_where_it_is():
    player, speaker = Player(rate_hz=RATE, backing_gain=1.0), FakeSpeaker(RATE, starts_s=10.0)
    player.begin(ramp(1.0), start_s=9.5)

    await play_until(player, speaker, 10.1)

    sound = speaker.sound()
    np.testing.assert_allclose(sound[80:160], ramp(1.0)[4080:4160], atol=1e-6)


async def test_a_speaker_that_loses_time_comes_back_into_step():
    player, speaker = Player(rate_hz=RATE, backing_gain=1.0), FakeSpeaker(RATE)
    player.begin(ramp(1.0), start_s=0.0)
    heard = []

    def stutter(frame):
        heard.append(frame)
        if len(heard) == 10:
            speaker.next_s += 0.2

    await play_until(player, speaker, 0.5, each=stutter)

    last = heard[-1]
    at = round(last.at_s * RATE)
    np.testing.assert_allclose(last.samples, ramp(1.0)[at : at + len(last.samples)], atol=1e-3)


async def test_the_backing_stops():
    player, speaker = Player(rate_hz=RATE, backing_gain=1.0), FakeSpeaker(RATE)
    player.begin(ramp(1.0), start_s=0.0)

    await play_until(player, speaker, 0.3, each=lambda frame: player.stop() if frame.at_s > 0.1 else None)

    assert speaker.sound()[800] > 0
    assert np.all(speaker.sound()[-800:] == 0)


async def test_the_partners_voice_is_played_whole_and_never_lags():
    player, speaker = Player(rate_hz=RATE, backing_gain=1.0), FakeSpeaker(RATE)
    for number in range(10):
        player.hear_partner(AudioFrame(np.full(80, 0.01 * (number + 1), np.float32), RATE, number * 0.01))

    await play_until(player, speaker, 0.2)

    sound = speaker.sound()
    assert np.unique(sound[sound > 0]) == pytest.approx([0.01 * (n + 1) for n in range(10)])
    for _ in range(100):
        player.hear_partner(AudioFrame(np.ones(80, np.float32), RATE, 0.0))
    assert len(player._partner._samples) <= 0.25 * RATE


async def test_a_partner_at_another_rate_is_brought_to_the_players():
    player = Player(rate_hz=RATE, backing_gain=1.0)

    player.hear_partner(AudioFrame(np.full(480, 0.5, np.float32), 48_000, 0.0))

    assert len(player._partner._samples) == 80


async def test_what_was_heard_when_can_be_asked_at_any_rate():
    player, speaker = Player(rate_hz=RATE, backing_gain=1.0), FakeSpeaker(RATE, starts_s=5.0)
    player.begin(ramp(1.0), start_s=5.0)

    await play_until(player, speaker, 5.6)

    assert player.heard_until_s >= 5.6
    heard = player.heard(5.25, 1600, 16_000)
    np.testing.assert_allclose(
        heard, np.interp(np.arange(1600) / 2 + 2000, np.arange(8000), ramp(1.0)), atol=2e-3
    )
    assert np.all(player.heard(99.0, 10, RATE) == 0)


async def test_the_loudness_is_as_set_and_never_beyond_full_scale():
    player, speaker = Player(rate_hz=RATE, backing_gain=4.0), FakeSpeaker(RATE)
    player.begin(ramp(0.5), start_s=0.0)

    await play_until(player, speaker, 0.5)

    assert speaker.sound().max() == 1.0
    assert speaker.sound()[80] == pytest.approx(4 * ramp(0.5)[80], rel=1e-4)
    assert BLOCK_S == 0.01
