import asyncio
import random

import numpy as np
import pytest
from aiortc import RTCRtpReceiver

from cloud.media import forwarding
from cloud.media.forwarding import Forwarding, Incoming, Transcoding, begins_keyframe, missing_names
from cloud.media.relay import Limits, choose_plant
from edge.core.errors import Refused
from tests.cloud.media.hub import open_hub, pitch_hz, until
from tests.cloud.media.peers import Singer, Viewer, lose


async def test_a_viewer_hears_the_tone_and_sees_the_frames_with_the_publishers_timestamps(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token()) as singer,
        Viewer(hub.whep(), hub.token("watch")) as viewer,
    ):
        await until(lambda: len(viewer.pictures) > 25 and len(viewer.sounds) > 80)

        assert pitch_hz(viewer.sound(1.0)) == pytest.approx(440, abs=2)
        frames = [frame for _, frame in viewer.pictures]
        assert all(frame.rtp in singer.sent for frame in frames)
        shown = np.array([frame.pixels.mean() for frame in frames])
        sent = np.array([singer.sent[frame.rtp][1] for frame in frames])
        assert np.abs(shown - sent)[3:].max() < 8  # brightness says that it is that very frame


async def test_program_is_the_second_sound_and_falls_back_to_the_voice(tmp_path):
    async with open_hub(tmp_path) as hub:
        async with (
            Singer(hub.whip(), hub.token()),
            Viewer(hub.whep("program"), hub.token("watch"), has_picture=False) as viewer,
        ):
            await until(lambda: len(viewer.sounds) > 80)
            assert pitch_hz(viewer.sound(1.0)) == pytest.approx(880, abs=2)
        async with (
            Singer(hub.whip(), hub.token(seat="b"), has_program=False),
            Viewer(hub.whep("program", "b"), hub.token("watch", "b"), has_picture=False) as viewer,
        ):
            await until(lambda: len(viewer.sounds) > 80)
            assert pitch_hz(viewer.sound(1.0)) == pytest.approx(440, abs=2)


async def test_the_state_says_who_is_live_and_how_many_watch(tmp_path):
    async with open_hub(tmp_path) as hub:
        async with Singer(hub.whip(), hub.token()):
            await until(lambda: hub.relay.seats)
            (seat,) = hub.relay.state().seats
            assert (seat.room, seat.seat, seat.is_live, seat.viewers) == ("r1", "a", True, 0)
            async with Viewer(hub.whep(), hub.token("watch")) as viewer:
                await until(lambda: viewer.sounds and hub.relay.state().seats[0].viewers == 1)

        await until(lambda: not hub.relay.seats and not hub.relay.sessions)
        assert hub.relay.state().seats == ()


async def test_a_box_that_comes_back_takes_its_viewers_with_it(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token()) as singer,
        Viewer(hub.whep(), hub.token("watch")) as viewer,
    ):
        await until(lambda: len(viewer.pictures) > 10)
        session = next(one for one in hub.relay.sessions.values() if one.role == "watch")
        await singer.reconnect()
        await until(lambda: singer.uplink.is_live)
        seen, heard = len(viewer.pictures), len(viewer.sounds)
        await until(lambda: len(viewer.pictures) > seen + 15 and len(viewer.sounds) > heard + 55)

        assert session.id in hub.relay.sessions  # the very same connection
        assert all(frame.rtp in singer.sent for _, frame in viewer.pictures)
        assert pitch_hz(viewer.sound(1.0)) == pytest.approx(440, abs=2)


async def test_a_new_publisher_takes_the_seat_over_and_viewers_ask_anew(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        Viewer(hub.whep(), hub.token("watch")) as viewer,
        Singer(hub.whip(), hub.token(lasts_s=500), voice_hz=440.0) as first,
    ):
        await until(lambda: len(viewer.pictures) > 10)
        session = next(one for one in hub.relay.sessions.values() if one.role == "watch")
        async with Singer(hub.whip(), hub.token(), voice_hz=660.0) as second:
            await until(lambda: any(frame.rtp in second.sent for _, frame in viewer.pictures))
            heard = len(viewer.sounds)
            await until(lambda: len(viewer.sounds) > heard + 55)

            assert session.id not in hub.relay.sessions
            assert isinstance(first.error, Refused)  # they do not fight over the seat
            assert pitch_hz(viewer.sound(1.0)) == pytest.approx(660, abs=2)


async def test_viewers_of_a_publisher_that_stays_away_are_closed(tmp_path):
    async with (
        open_hub(tmp_path, limits=Limits(orphan_s=0.5)) as hub,
        Viewer(hub.whep(), hub.token("watch")) as viewer,
    ):
        async with Singer(hub.whip(), hub.token()):
            await until(lambda: len(viewer.sounds) > 5)

        await until(lambda: not hub.relay.sessions)
        assert hub.relay.state().seats == ()


async def test_a_publisher_that_falls_silent_is_closed(tmp_path):
    async with open_hub(tmp_path, limits=Limits(silent_s=1.0)) as hub, Singer(hub.whip(), hub.token()):
        await until(lambda: hub.relay.seats)
        (session,) = hub.relay.sessions.values()
        transport = session.connection.getTransceivers()[0].receiver.transport
        transport._handle_rtp_data = transport._handle_rtcp_data = _nothing

        await until(lambda: session.id not in hub.relay.sessions)


async def _nothing(*_, **__):
    pass


async def test_retransmission_repairs_a_network_that_loses_a_twentieth(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token()) as singer,
        Viewer(hub.whep(), hub.token("watch"), loss=0.05) as viewer,
    ):
        await until(lambda: len(viewer.pictures) > 5)
        begun, sent = len(viewer.pictures), len(singer.sent)
        await asyncio.sleep(6.0)
        arrived, shown = len(singer.sent) - sent, len(viewer.pictures) - begun

        assert viewer.listener.lost > 20
        assert shown > 0.9 * arrived  # without repair every loss would cost frames until a keyframe
        assert pitch_hz(viewer.sound(2.0)) == pytest.approx(440, abs=2)


async def test_a_loss_on_the_way_to_the_relay_is_repaired_for_every_viewer(tmp_path):
    chance = random.Random(3)
    async with open_hub(tmp_path) as hub, Singer(hub.whip(), hub.token()) as singer:
        await until(lambda: hub.relay.seats)
        (session,) = hub.relay.sessions.values()
        lose(session.connection, lambda: chance.random() < 0.05)
        async with Viewer(hub.whep(), hub.token("watch")) as viewer:
            await until(lambda: len(viewer.pictures) > 5)
            begun, sent = len(viewer.pictures), len(singer.sent)
            await asyncio.sleep(5.0)

            assert len(viewer.pictures) - begun > 0.85 * (len(singer.sent) - sent)


async def test_sound_keeps_time_under_loss(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token(), has_picture=False),
        Viewer(hub.whep(), hub.token("watch"), loss=0.10, has_picture=False) as viewer,
    ):
        await until(lambda: len(viewer.sounds) > 200)
        frames = viewer.sounds[20:]
        counted_s = sum(len(frame.samples) for frame in frames[:-1]) / 48_000

        assert viewer.listener.lost > 10
        assert counted_s == pytest.approx(frames[-1].at_s - frames[0].at_s, abs=0.03)


async def test_keyframes_are_asked_for_at_most_four_times_a_second(tmp_path):
    asked = []
    async with open_hub(tmp_path) as hub, Singer(hub.whip(), hub.token()):
        await until(lambda: hub.relay.seats)
        (session,) = hub.relay.sessions.values()
        picture = session.tracks["picture"][0]
        assert isinstance(picture, Incoming)
        picture._send_rtcp_pli = _note(asked)
        for _ in range(100):
            picture.ask_keyframe()
            await asyncio.sleep(0.01)

        assert 3 <= len(asked) <= 6


def _note(asked):
    async def send(ssrc):
        asked.append(ssrc)

    return send


async def test_sender_reports_of_the_publisher_reach_the_viewers(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        Singer(hub.whip(), hub.token()),
        Viewer(hub.whep(), hub.token("watch")) as viewer,
    ):
        await until(lambda: len(viewer.pictures) > 5)
        await asyncio.sleep(3.0)
        publisher = next(one for one in hub.relay.sessions.values() if one.role == "publish")
        watching = next(one for one in hub.relay.sessions.values() if one.role == "watch")
        picture = publisher.tracks["picture"][0]
        sender = watching.senders["picture"][0]

        assert isinstance(picture, Incoming) and picture._report is not None
        assert sender._RTCRtpSender__ntp_timestamp == picture._report[0]
        assert sender._RTCRtpSender__rtp_timestamp == picture._report[1]


async def test_transcoding_carries_the_tone_where_forwarding_cannot_be_had(tmp_path):
    async with (
        open_hub(tmp_path, plant=LoopbackTranscoding()) as hub,
        Singer(hub.whip(), hub.token(), has_picture=False),
        Viewer(hub.whep(), hub.token("watch"), has_picture=False) as viewer,
    ):
        await until(lambda: len(viewer.sounds) > 100, 20)

        assert pitch_hz(viewer.sound(1.0)) == pytest.approx(440, abs=2)


class LoopbackTranscoding(Transcoding):
    def connection(self, addresses):
        connection = super().connection(addresses)
        add = connection.addTransceiver

        def add_on_loopback(*arguments, **options):
            transceiver = add(*arguments, **options)
            forwarding._bind(transceiver.receiver.transport, addresses)
            return transceiver

        connection.addTransceiver = add_on_loopback
        return connection


async def test_this_aiortc_has_every_name_that_forwarding_needs():
    assert await missing_names() == []


async def test_a_missing_name_is_told_and_media_is_transcoded(monkeypatch, caplog):
    assert isinstance(await choose_plant(), Forwarding)
    monkeypatch.setitem(forwarding._PRIVATE, RTCRtpReceiver, ("_gone_in_the_next_release",))

    plant = await choose_plant()

    assert isinstance(plant, Transcoding)
    assert "RTCRtpReceiver._gone_in_the_next_release" in caplog.text
    assert "install aiortc 1.16" in caplog.text


@pytest.mark.parametrize(
    ("codec", "payload", "is_key"),
    [
        ("VP8", bytes([0x90, 0x80, 0x81, 0x23, 0x10, 0x02]), True),
        ("VP8", bytes([0x90, 0x80, 0x81, 0x23, 0x11, 0x02]), False),
        ("VP8", bytes([0x80, 0x80, 0x81, 0x23, 0x10, 0x02]), False),
        ("VP8", b"\x90", False),
        ("H264", bytes([0x65, 1, 2]), True),
        ("H264", bytes([0x41, 1, 2]), False),
        ("H264", bytes([0x78, 0, 2, 0x67, 1]), True),
        ("H264", bytes([0x7C, 0x85, 1]), True),
        ("H264", bytes([0x7C, 0x45, 1]), False),
        ("opus", b"\x01", True),
        ("opus", b"", False),
    ],
)
def test_a_keyframe_is_known_by_its_first_payload(codec, payload, is_key):
    assert begins_keyframe(codec, payload) is is_key
