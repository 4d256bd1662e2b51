"""The bench of the ears says what is right, and fails when the ears are broken."""

from dataclasses import replace

import av
import numpy as np
import pytest

from edge.bench import singing
from edge.bench.singing import compare, cost_figures, determinism_figure, score, tone_figures
from edge.bench.tones import harmonic, sing_tones
from edge.core.pitch import PitchPoint, PitchTracker
from edge.core.song import parse
from edge.core.units import midi_to_hz

RATE_HZ = 16_000
MELODY = (60, 64, 67, 65, 62, 69)
SONG = "#TITLE:x\n#ARTIST:x\n#BPM:300\n#GAP:500\n" + "".join(
    f": {10 * index} 9 {midi - 60} la\n" for index, midi in enumerate(MELODY)
)


class SemitoneSharp(PitchTracker):
    def feed(self, frame):
        return [replace(point, f0_hz=point.f0_hz and point.f0_hz * 1.06) for point in super().feed(frame)]


class AlwaysVoiced(PitchTracker):
    def feed(self, frame):
        return [replace(point, f0_hz=point.f0_hz or 200.0) for point in super().feed(frame)]


class MindsTheCut(PitchTracker):
    def feed(self, frame):
        return [replace(point, confidence=float(len(frame.samples))) for point in super().feed(frame)]


def by_name(figures):
    return {figure.name: figure for figure in figures}


def melody(midis=MELODY):
    """The song, sung; and its pitch in Hz each 10 ms."""
    f0_hz = np.concatenate([np.full(round(0.5 * RATE_HZ), midi_to_hz(midi)) for midi in midis])
    voice = np.concatenate((np.zeros(RATE_HZ // 2), harmonic(f0_hz, RATE_HZ)))
    pitch = np.concatenate((np.zeros(RATE_HZ // 2), f0_hz))[:: RATE_HZ // 100]
    return voice.astype(np.float32), pitch


def write_flac(path, *channels):
    values = (np.stack(channels, 1) * 20_000).astype(np.int16).reshape(1, -1)
    layout = "mono" if len(channels) == 1 else "stereo"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=RATE_HZ, layout=layout)
        frame = av.AudioFrame.from_ndarray(values, format="s16", layout=layout)
        frame.sample_rate = RATE_HZ
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture
def recordings(tmp_path):
    """A folder of two karaoke clips and two takes; `bend` shifts what the references say."""

    def make(bend=1.0):
        for name in ("karaoke", "notes"):
            (tmp_path / name).mkdir(exist_ok=True)
        voice, pitch = melody()
        backing = np.random.default_rng(1).normal(0, 0.1, len(voice)).astype(np.float32)
        for clip in ("one", "two"):
            write_flac(tmp_path / "karaoke" / f"{clip}.flac", backing, voice)
            rows = [f"{index / 100:.2f},{hz * bend:.2f}" for index, hz in enumerate(pitch)]
            (tmp_path / "karaoke" / f"{clip}.f0.csv").write_text("\n".join(["time_s,f0_hz", *rows]) + "\n")
        for take in ("1", "2"):
            write_flac(tmp_path / "notes" / f"{take}.flac", voice)
            (tmp_path / "notes" / f"{take}.song.txt").write_text(SONG + "E\n")
        return tmp_path

    return make


def test_tones_are_heard_right():
    assert all(figure.ok for figure in tone_figures(sing_tones(RATE_HZ)))


def test_a_tracker_that_is_a_semitone_off_fails():
    figures = by_name(tone_figures(sing_tones(RATE_HZ), SemitoneSharp))

    assert not figures["tones-within-50-cents"].ok
    assert figures["tones-false-voicing"].ok


def test_a_tracker_that_hears_singing_in_silence_fails():
    figures = by_name(tone_figures(sing_tones(RATE_HZ), AlwaysVoiced))

    assert figures["tones-within-50-cents"].ok
    assert figures["tones-false-voicing"].value == 1


def test_undecided_moments_do_not_count():
    points = [PitchPoint(0.0, 440.0, 1.0), PitchPoint(1.0, 450.0, 1.0), PitchPoint(2.0, 460.0, 1.0)]

    found = compare(points, {0.0: 440.0, 1.0: None, 2.0: 0.0}.get)

    assert (found.sung, found.near, found.silent, found.wrong) == (1, 1, 1, 1)


def test_the_right_song_scores_and_another_does_not():
    voice, _ = melody()
    other, _ = melody((61, 60, 70, 59, 66, 63))

    assert score(parse(SONG), voice, RATE_HZ) > 90
    assert score(parse(SONG), other, RATE_HZ) < 30


def test_cutting_the_sound_otherwise_changes_nothing():
    assert determinism_figure(np.repeat(melody()[0], 3)[:96_000], parse(SONG)).ok


def test_a_tracker_that_minds_the_cut_fails(monkeypatch):
    monkeypatch.setattr(singing, "PitchTracker", MindsTheCut)

    assert determinism_figure(np.repeat(melody()[0], 3)[:48_000], parse(SONG)).value == 4


def test_the_cost_is_a_share_of_real_time():
    voice = np.repeat(melody()[0], 3)

    figures = cost_figures(voice, parse(SONG), voice)

    assert all(figure.value and 0 < figure.value < 10 for figure in figures)


def test_real_recordings_are_compared_with_their_references(recordings):
    figures = by_name(singing._real_figures(recordings(), lambda words: None))

    assert figures["karaoke-within-50-cents"].value > 0.9  # pitch that jumps is followed within a window
    assert figures["karaoke-behind-backing-within-50-cents"].value > 0.9
    assert figures["score-right-song-median"].ok
    assert figures["score-wrong-song-median"].value == figures["score-right-song-median"].value


def test_references_that_disagree_fail(recordings):
    figures = by_name(singing._real_figures(recordings(bend=1.06), lambda words: None))

    assert not figures["karaoke-within-50-cents"].ok


def test_a_folder_without_recordings_fails(tmp_path):
    figures = by_name(singing._real_figures(tmp_path, lambda words: None))

    assert not figures["karaoke-within-50-cents"].ok
    assert not figures["score-right-song-median"].ok
