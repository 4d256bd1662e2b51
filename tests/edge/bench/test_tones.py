"""Synthetic voices."""

import numpy as np

from edge.bench.tones import hum, sing_tones
from edge.core.song import parse


def test_tones_have_the_pitch_that_they_say():
    voice = sing_tones(16_000)
    first = voice.samples[2_000 : 2_000 + 8_192]

    loudest = np.argmax(np.abs(np.fft.rfft(first * np.hanning(len(first))))) * 16_000 / len(first)

    assert abs(loudest - voice.f0_hz[2_000]) < 2
    assert len(voice.samples) == len(voice.f0_hz)


def test_between_tones_there_is_breath_and_silence_but_no_pitch():
    voice = sing_tones(16_000)

    quiet = voice.samples[voice.f0_hz == 0]

    assert np.count_nonzero(quiet) > 0.4 * len(quiet)
    assert np.count_nonzero(quiet == 0) > 0.4 * len(quiet)


def test_a_hum_is_the_middle_note_for_the_whole_song():
    song = parse("#TITLE:x\n#ARTIST:x\n#BPM:300\n#GAP:0\n: 0 20 0 a\n: 20 20 9 b\n: 40 20 4 c\nE\n")

    sound = hum(song, 16_000)

    middle = sorted(note.midi for line in song.lines for note in line.notes)[1]
    loudest = np.argmax(np.abs(np.fft.rfft(sound))) * 16_000 / len(sound)
    assert len(sound) == round(song.duration_s * 16_000)
    assert abs(loudest - 440 * 2 ** ((middle - 69) / 12)) < 2
