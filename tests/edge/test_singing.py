"""Singing a song: from frames of a voice to the messages about it."""

import numpy as np
import pytest

from edge.adapters.song_folder import open_song
from edge.adapters.soundfile import load_sound
from edge.core.audio import AudioFrame
from edge.core.song import parse
from edge.core.units import midi_to_hz
from edge.singing import Singing, sing
from edge.wire.codec import encode
from edge.wire.scores import LineRated, ScoreChanged

RATE_HZ = 16_000
SONG = parse("#TITLE:T\n#ARTIST:A\n#BPM:60\n#GAP:500\n: 0 4 0 a\n: 4 4 7 b\n- 8\n: 8 4 4 c\n: 12 4 -5 d\nE\n")


def voice(song=SONG, rate_hz=RATE_HZ, seconds=6.0):
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    f0_hz, loud = np.full(len(t), 200.0), np.zeros(len(t))
    for note in (note for line in song.lines for note in line.notes):
        here = (t >= note.start_s) & (t < note.end_s)
        f0_hz[here], loud[here] = midi_to_hz(note.midi), 0.2
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate_hz
    return (loud * sum(np.sin(k * phase) / k for k in range(1, 5))).astype(np.float32)


def frames(samples, start_s=0.0, length=160, rate_hz=RATE_HZ):
    for first in range(0, len(samples), length):
        yield AudioFrame(samples[first : first + length], rate_hz, start_s + first / rate_hz)


def singing(start_s=0.0, latency_s=0.0):
    return Singing(
        SONG, room="r1", round_id="n1", seat="b", start_s=start_s, rate_hz=RATE_HZ, latency_s=latency_s
    )


def all_of(performance, sound):
    return [told for frame in sound for told in performance.hear(frame)]


def test_a_sung_song_is_told_five_times_a_second_and_scored_at_the_end():
    performance = singing()

    told = all_of(performance, frames(voice()))

    changes = [message for message in told if isinstance(message, ScoreChanged)]
    assert [change.q for change in changes] == list(range(1, len(changes) + 1))
    assert np.diff([change.t for change in changes[1:]]) == pytest.approx(0.2, abs=0.02)
    assert all(change.n == "n1" and len(encode(change)) < 2048 for change in changes)
    assert changes[-1].s > 95
    final = performance.finish()
    assert (final.room, final.round, final.seat) == ("r1", "n1", "b")
    assert final.score > 95
    assert len(final.lines) == 2


def test_the_running_score_carries_the_rating_of_the_last_line():
    told = all_of(singing(), frames(voice()))

    rated = [message for message in told if isinstance(message, LineRated)]
    marks = [message.r for message in told if isinstance(message, ScoreChanged)]
    assert marks[0] is None
    assert [mark.l for mark in marks if mark] == sorted(mark.l for mark in marks if mark)
    seen = {(mark.l, mark.s, mark.r) for mark in marks if mark}
    assert seen == {(line.line, line.score, line.rating) for line in rated}
    assert len(rated) == 2


def test_samples_show_the_pitch_and_whether_it_hits():
    told = all_of(singing(), frames(voice()))

    samples = {
        sample.t: sample for message in told if isinstance(message, ScoreChanged) for sample in message.x
    }
    second_note = [sample for at_s, sample in samples.items() if 1.6 < at_s < 2.4]
    assert second_note
    assert all(sample.h and sample.p == pytest.approx(67, abs=0.1) for sample in second_note)
    assert all(not sample.h for at_s, sample in samples.items() if at_s < 0.4)


def test_every_line_is_rated_once_when_it_ends():
    told = all_of(singing(), frames(voice()))

    rated = [message for message in told if isinstance(message, LineRated)]
    assert [(line.line, line.seat, line.rating) for line in rated] == [
        (0, "b", "perfect"),
        (1, "b", "perfect"),
    ]


def test_song_time_begins_where_the_round_does_and_latency_is_taken_off():
    performance = singing(start_s=1000.0, latency_s=0.3)

    all_of(performance, frames(voice(), start_s=1000.3))

    assert performance.finish().score > 95


def test_a_singer_who_joins_late_is_not_flooded_with_messages():
    performance = singing(start_s=-3.0)

    changes = [m for m in all_of(performance, frames(voice()[3 * RATE_HZ :])) if isinstance(m, ScoreChanged)]

    assert len(changes) < 15


def test_the_same_sound_gives_the_same_messages_however_it_is_cut():
    assert all_of(singing(), frames(voice(), length=160)) == all_of(singing(), frames(voice(), length=1111))


async def test_the_loop_tells_everything_and_stops_with_the_song():
    heard = []

    async def microphone():
        for frame in frames(voice(seconds=60.0), length=1600):
            heard.append(frame)
            yield frame

    told = []

    async def tell(message):
        told.append(message)

    final = await sing(microphone(), singing(), tell)

    assert final.score > 95
    assert heard[-1].at_s < 6.0
    assert {type(message) for message in told} == {ScoreChanged, LineRated}


async def test_a_microphone_that_ends_early_leaves_a_final_score_of_what_was_sung():
    async def microphone():
        for frame in frames(voice()[: round(2.5 * RATE_HZ)]):
            yield frame

    async def tell(message):
        pass

    final = await sing(microphone(), singing(), tell)

    assert 30 < final.score < 60
    assert final.lines[1] == 0.0


@pytest.mark.parametrize(
    ("voice_of", "least", "most"),
    [
        ("demo/voice.ogg", 80, 95),
        ("songs/star-over-the-booth/vocals.ogg", 97, 100),
        ("songs/star-over-the-booth/backing.ogg", 0, 5),
        ("songs/four-walls-one-song/vocals.ogg", 0, 5),
    ],
)
def test_the_shipped_song_tells_singers_from_others(root, voice_of, least, most):
    song = open_song(root / "edge/data/songs/star-over-the-booth").song
    performance = Singing(song, room="r", round_id="n", seat="a", start_s=0.0)

    all_of(performance, frames(load_sound(root / "edge/data" / voice_of, 48_000), length=960, rate_hz=48_000))

    assert least <= performance.finish().score <= most


def test_real_singers_earn_most_of_their_own_song_and_nothing_of_another(ktv_data):
    notes = ktv_data / "singing" / "notes"
    takes = sorted(notes.glob("*.flac"))[:4]
    if not takes:
        pytest.skip("no takes in KTV_DATA/singing/notes")

    def score(take, song):
        performance = Singing(
            open_song(notes / f"{song.stem}.song.txt").song,
            room="r",
            round_id="n",
            seat="a",
            start_s=0.0,
            rate_hz=16_000,
        )
        all_of(performance, frames(load_sound(take, 16_000), length=320))
        return performance.finish().score

    assert np.median([score(take, take) for take in takes]) > 75
    assert max(score(take, other) for take, other in zip(takes, takes[1:] + takes[:1], strict=True)) < 15
