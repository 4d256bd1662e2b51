"""Sound keeps all, pictures keep the newest, and a slow reader hurts itself alone."""

import asyncio
import logging

import numpy as np
import pytest

from edge.core.audio import AudioFrame
from edge.streams import gathered, joined, picture_stream, sound_stream


async def drained(stream, reader):
    stream.close(reader)
    return [frame async for frame in reader]


async def test_every_reader_of_sound_gets_every_frame():
    stream = sound_stream("microphone")
    first, second = stream.open("scoring"), stream.open("uplink")

    for number in range(5):
        stream.put(number)

    assert await drained(stream, first) == [0, 1, 2, 3, 4]
    assert await drained(stream, second) == [0, 1, 2, 3, 4]


async def test_a_reader_of_pictures_gets_only_the_newest():
    stream = picture_stream("camera")
    reader = stream.open("watching")

    for number in range(5):
        stream.put(number)

    assert await drained(stream, reader) == [4]
    assert reader.dropped == 0


async def test_lost_sound_is_counted_and_said_once(caplog):
    caplog.set_level(logging.ERROR)
    stream = sound_stream("microphone", limit=3)
    slow = stream.open("scoring")

    for number in range(10):
        stream.put(number)

    assert slow.dropped == 7
    assert [record.getMessage() for record in caplog.records] == [
        "scoring of the microphone is too slow: sound is lost (at most 3 frames wait)"
    ]
    assert await drained(stream, slow) == [7, 8, 9]


async def test_a_slow_reader_does_not_cost_the_others_anything():
    stream = sound_stream("microphone", limit=2)
    slow, quick = stream.open("scoring"), stream.open("uplink")
    got = []

    for number in range(6):
        stream.put(number)
        got.append(await anext(quick))

    assert got == [0, 1, 2, 3, 4, 5]
    assert (slow.dropped, quick.dropped) == (4, 0)


async def test_a_waiting_reader_wakes_for_a_frame_and_for_the_end():
    stream = sound_stream("microphone")
    reader = stream.open("scoring")
    waiting = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)

    stream.put(1)

    assert await waiting == 1
    ending = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    stream.close(reader)
    with pytest.raises(StopAsyncIteration):
        await ending


def test_frames_without_a_reader_are_forgotten():
    stream = sound_stream("microphone")

    stream.put(1)

    assert not stream.has_readers


def frame(at_s, value=0.0, rate_hz=1000, count=10):
    return AudioFrame(np.full(count, value, np.float32), rate_hz, at_s)


def test_frames_that_continue_each_other_become_one():
    pieces = joined([frame(1.0, 0.1), frame(1.01, 0.2), frame(1.02, 0.3)])

    assert [(piece.at_s, len(piece.samples)) for piece in pieces] == [(1.0, 30)]
    assert list(pieces[0].samples[::10]) == pytest.approx([0.1, 0.2, 0.3])


def test_a_gap_another_rate_and_half_a_second_begin_a_new_piece():
    assert len(joined([frame(1.0), frame(1.02)])) == 2
    assert len(joined([frame(1.0), frame(1.01, rate_hz=2000)])) == 2
    assert [len(piece.samples) for piece in joined([frame(n / 100) for n in range(70)])] == [500, 200]


async def test_sound_that_has_gathered_comes_in_one_piece_and_a_single_frame_at_once():
    stream = sound_stream("microphone")
    reader = stream.open("scoring")
    pieces = gathered(reader)
    stream.put(frame(1.0))

    assert len((await anext(pieces)).samples) == 10
    stream.put(frame(1.01))
    stream.put(frame(1.02))
    assert len((await anext(pieces)).samples) == 20
    stream.close(reader)
    assert [piece async for piece in pieces] == []
