import asyncio
import contextlib
import time

import numpy as np
import pytest

from edge.adapters.webrtc import WhepListener, WhipUplink, play_voice
from edge.adapters.webrtc.buffers import (
    CaptureTime,
    PictureOrder,
    PicturePacket,
    SampleTime,
    SoundOrder,
    SoundPacket,
    is_keyframe,
)
from edge.adapters.webrtc.connection import is_loopback
from edge.adapters.webrtc.encoding import SoundEncoder, fitted
from edge.core.audio import AudioFrame
from edge.core.errors import Refused
from edge.core.picture import PictureFrame
from tests.cloud.media.hub import open_hub, pitch_hz, until
from tests.cloud.media.peers import Singer, Viewer

# sound in order


def _sound(number):
    return SoundPacket(number % 2**16, number * 960 % 2**32, bytes([number % 256]))


def _numbers(packets):
    return [packet.number for packet in packets]


def test_sound_in_order_goes_on_at_once():
    order = SoundOrder()

    assert [_numbers(order.put(_sound(n), 0.0)) for n in (65534, 65535, 65536)] == [[65534], [65535], [0]]


def test_two_packets_swapped_on_the_way_are_swapped_back():
    order = SoundOrder()
    order.put(_sound(1), 0.0)

    assert order.put(_sound(3), 0.02) == []
    assert _numbers(order.put(_sound(2), 0.03)) == [2, 3]


def test_a_gap_is_given_up_after_two_newer_packets():
    order = SoundOrder()
    order.put(_sound(1), 0.0)

    assert order.put(_sound(3), 0.010) == []
    assert _numbers(order.put(_sound(4), 0.020)) == [3, 4]
    assert order.put(_sound(2), 0.021) == []  # too late


def test_a_gap_is_given_up_after_forty_milliseconds():
    order = SoundOrder()
    order.put(_sound(1), 0.0)
    order.put(_sound(3), 0.010)

    assert order.late(0.045) == []
    assert _numbers(order.late(0.050)) == [3]
    assert not order.is_waiting


def test_another_publisher_is_a_new_beginning():
    order = SoundOrder()
    order.put(_sound(1), 0.0)

    assert _numbers(order.put(_sound(30_000), 0.02)) == [30_000]


def test_a_gap_in_the_timestamps_is_the_silence_it_stands_for():
    timed = SampleTime()

    assert timed.silence_before(2**32 - 960, 960) is None
    assert timed.silence_before(0, 960) == 0
    assert timed.silence_before(2 * 960, 960) == 960
    assert timed.silence_before(10**9, 960) is None


def test_capture_time_follows_the_quickest_packet_and_slow_drift():
    capture = CaptureTime(48_000)
    for number in range(500):
        delay_s = 0.010 + 0.030 * (number % 5 > 0)
        at_s = capture.seen((2**32 - 5000 + number * 960) % 2**32, 100 + number * 0.02 + delay_s)

    assert at_s == pytest.approx(100 + 499 * 0.02 + 0.010, abs=0.002)
    for number in range(500, 5000):
        at_s = capture.seen((2**32 - 5000 + number * 960) % 2**32, 100 + number * 0.020001 + 0.010)
    assert at_s == pytest.approx(100 + 4999 * 0.020001 + 0.010, abs=0.003)


# pictures in order

KEY, DELTA = b"\x10", b"\x11"


def _part(number, *, payload=DELTA, picture=None, first=True, last=True):
    timestamp = 6000 * (number if picture is None else picture)
    return PicturePacket(number, timestamp, payload, "VP8", first, last)


def _shown(found):
    return [picture.timestamp // 6000 for picture in found[1]]


def test_a_picture_is_whole_at_its_marker_bit():
    order = PictureOrder()

    assert _shown(order.put(_part(1, payload=KEY, picture=1, last=False), 0.0)) == []
    asks, pictures = order.put(_part(2, payload=b"rest", picture=1, first=False), 0.001)
    assert not asks
    assert [(one.timestamp, one.payload) for one in pictures] == [(6000, KEY + b"rest")]


def test_nothing_is_shown_before_a_keyframe_and_one_is_asked_for():
    order = PictureOrder()

    assert order.put(_part(1), 0.0) == (True, [])
    assert order.put(_part(2), 0.1) == (False, [])
    assert order.put(_part(3), 0.4) == (True, [])
    assert _shown(order.put(_part(4, payload=KEY), 0.5)) == [4]


def test_a_retransmitted_packet_fills_its_gap():
    order = PictureOrder()
    order.put(_part(1, payload=KEY), 0.0)

    assert _shown(order.put(_part(3), 0.07)) == []
    assert _shown(order.put(_part(2), 0.09)) == [2, 3]


def test_a_gap_that_stays_is_given_up_for_a_keyframe():
    order = PictureOrder()
    order.put(_part(1, payload=KEY), 0.0)
    order.put(_part(3), 0.07)

    assert order.put(_part(4), 0.25) == (True, [])
    assert _shown(order.put(_part(5, payload=KEY), 0.30)) == [5]


def test_padding_between_pictures_changes_nothing():
    order = PictureOrder()
    order.put(_part(1, payload=KEY), 0.0)

    assert _shown(order.put(_part(2, payload=b"", picture=1, first=False, last=False), 0.01)) == []
    assert _shown(order.put(_part(3), 0.07)) == [3]


def test_keyframes_of_both_codecs_are_known():
    assert is_keyframe("VP8", KEY) and not is_keyframe("VP8", DELTA)
    assert is_keyframe("H264", b"\0\0\0\1\x67abc\0\0\0\1\x65abc")
    assert not is_keyframe("H264", b"\0\0\0\1\x41abc")


# encoding


def test_sound_of_any_frame_length_and_rate_becomes_20_ms_packets():
    for rate_hz, length in ((48_000, 480), (48_000, 1000), (44_100, 441), (16_000, 160)):
        encoder = SoundEncoder(64_000, "lowdelay")
        packets = []
        for number in range(rate_hz // length):
            frame = AudioFrame(np.zeros(length, np.float32), rate_hz, 5.0 + number * length / rate_hz)
            packets += encoder.encode(frame)

        assert 47 <= len(packets) <= 50, rate_hz
        assert packets[0][0] == pytest.approx(5.0)
        assert np.diff([at_s for at_s, _ in packets]) == pytest.approx(0.02)


def test_a_hole_in_the_captured_sound_is_a_hole_in_the_timestamps():
    encoder = SoundEncoder(64_000, "lowdelay")
    silence = np.zeros(960, np.float32)

    at = [encoder.encode(AudioFrame(silence, 48_000, at_s))[0][0] for at_s in (1.0, 1.02, 1.5, 1.52)]

    assert at == pytest.approx([1.0, 1.02, 1.5, 1.52])


def test_pictures_keep_their_shape():
    assert fitted(1280, 720, 640, 360) == (640, 360)
    assert fitted(640, 480, 640, 360) == (480, 360)
    assert fitted(320, 240, 640, 360) == (320, 240)
    assert fitted(720, 1280, 640, 360) == (202, 360)


def test_loopback_is_known():
    assert is_loopback("http://127.0.0.1:8080/whip/r") and is_loopback("http://localhost/whip")
    assert not is_loopback("https://ktv.example/whip/r")


# through a real relay


async def test_the_timestamp_is_known_before_the_frame_is_sent_and_before_there_is_a_connection(tmp_path):
    uplink = WhipUplink("http://127.0.0.1:9/whip/r1", "token")
    frame = PictureFrame(np.zeros((36, 64, 3), np.uint8), 12.0)

    first = await uplink.send_picture(frame)
    second = await uplink.send_picture(PictureFrame(frame.pixels, 12.5))

    assert (second - first) % 2**32 == 45_000


async def test_a_listener_asked_before_the_seat_is_live_waits_for_it(tmp_path):
    async with open_hub(tmp_path) as hub, Viewer(hub.whep(), hub.token("watch")) as viewer:
        await asyncio.sleep(1.5)
        assert not viewer.listener.is_live
        async with Singer(hub.whip(), hub.token(), has_picture=False):
            await until(lambda: len(viewer.sounds) > 5)


async def test_both_ends_come_back_by_themselves_when_the_relay_restarts(tmp_path):
    async with contextlib.AsyncExitStack() as stack:
        async with open_hub(tmp_path) as hub:
            port = int(hub.url.rsplit(":", 1)[1])
            singer = await stack.enter_async_context(Singer(hub.whip(), hub.token(), fps=15.0))
            viewer = await stack.enter_async_context(Viewer(hub.whep(), hub.token("watch")))
            await until(lambda: len(viewer.pictures) > 5)
        await until(lambda: not singer.uplink.is_live and not viewer.listener.is_live)
        seen = len(viewer.pictures)
        async with open_hub(tmp_path, port=port):
            await until(lambda: len(viewer.pictures) > seen + 5, 20)

            assert all(frame.rtp in singer.sent for _, frame in viewer.pictures)  # the origin stayed


async def test_both_ends_notice_a_relay_that_was_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("edge.adapters.webrtc.connection.SILENT_S", 2.5)
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token()) as singer,
        Viewer(hub.whep(), hub.token("watch")) as viewer,
    ):
        await until(lambda: len(viewer.pictures) > 5)
        for session in hub.relay.sessions.values():
            connection = session.connection.getTransceivers()[0].receiver.transport.transport._connection
            connection._send = connection.send = _swallow
            session.connection.getTransceivers()[0].receiver.transport.transport._send = _swallow
        await until(lambda: not viewer.listener.is_live and not singer.uplink.is_live, 8)


async def _swallow(*_):
    pass


async def test_a_token_that_is_refused_is_told_to_whoever_runs_it(tmp_path):
    async with open_hub(tmp_path) as hub:
        with pytest.raises(Refused, match="expired"):
            await WhipUplink(hub.whip(), hub.token(lasts_s=-5)).run()
        with pytest.raises(Refused, match="watch"):
            await WhepListener(hub.whep(), hub.token("publish")).run()


async def test_cancelling_leaves_the_relay_empty(tmp_path):
    async with open_hub(tmp_path) as hub:
        async with Singer(hub.whip(), hub.token()), Viewer(hub.whep(), hub.token("watch")) as viewer:
            await until(lambda: len(viewer.pictures) > 3)
        assert not hub.relay.sessions


async def test_microphone_and_camera_share_one_connection(tmp_path):
    async with open_hub(tmp_path) as hub, Singer(hub.whip(), hub.token()) as singer:
        listener = WhepListener(hub.whep(), hub.token("watch"))
        running = asyncio.create_task(listener.run())
        async with asyncio.timeout(10):
            frame = await anext(listener.microphone.frames())
            picture = await anext(listener.camera.frames())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert frame.rate_hz == 48_000
    assert picture.rtp in singer.sent
    assert picture.pixels.shape == (360, 640, 3)


async def test_the_estimated_capture_time_is_close_to_the_real_one(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token(), fps=10.0) as singer,
        Viewer(hub.whep(), hub.token("watch")) as viewer,
    ):
        await until(lambda: len(viewer.pictures) > 20)

    late_s = [frame.at_s - singer.sent[frame.rtp][0] for _, frame in viewer.pictures[10:]]
    assert 0 <= np.median(late_s) < 0.1


class CountingSpeaker:
    rate_hz = 44_100

    def __init__(self):
        self.samples = []
        self._heard_s = 0.0

    async def play(self, samples):
        self._heard_s = max(self._heard_s, time.monotonic())
        begin_s, self._heard_s = self._heard_s, self._heard_s + len(samples) / self.rate_hz
        self.samples.append(samples)
        return begin_s


async def test_a_partners_voice_is_played_at_the_speakers_own_rate(tmp_path):
    speaker = CountingSpeaker()
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token(), has_picture=False),
        Viewer(hub.whep(), hub.token("watch"), has_picture=False) as viewer,
    ):
        playing = asyncio.create_task(play_voice(viewer.listener.voice(), speaker))
        await until(lambda: len(speaker.samples) > 80)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)

    heard = np.concatenate(speaker.samples)[-44_100:]
    assert pitch_hz(heard, 44_100) == pytest.approx(440, abs=2)


async def test_a_voice_that_piles_up_is_thinned_so_that_it_stays_live():
    class SlowSpeaker(CountingSpeaker):
        rate_hz = 48_000

    async def burst():
        for number in range(100):
            yield AudioFrame(np.zeros(960, np.float32), 48_000, number * 0.02)

    speaker = SlowSpeaker()
    await play_voice(burst(), speaker)

    assert len(speaker.samples) < 60
