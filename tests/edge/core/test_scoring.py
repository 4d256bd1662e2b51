"""Scoring a voice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.pitch import HOP_S, PitchPoint
from edge.core.scoring import Scorer, chance, credit, rate
from edge.core.song import parse
from edge.core.units import midi_to_hz

HEAD = "#TITLE:T\n#ARTIST:A\n#BPM:60\n"
MELODY = (0, 4, 7, 12, 9, 5, 2, -1)
"""A note of a second each, in two lines of four."""


def song_of(rows):
    return parse(HEAD + rows)


def tune(kind=":", pitches=MELODY):
    rows = [f"{kind} {4 * index} 4 {pitch} la" for index, pitch in enumerate(pitches)]
    return song_of("\n".join([*rows[:4], f"- {16}", *rows[4:]]))


def sung(song, away=lambda at_s: 0.0, late_s=0.0, is_voiced=lambda at_s: True, until_s=1e9):
    """The points of a voice that follows `song`, `away` semitones off."""
    points, count = [], 0
    while (at_s := count * HOP_S) < min(song.duration_s + 0.2, until_s):
        notes = [note for line in song.lines for note in line.notes]
        note = next((note for note in notes if note.start_s <= at_s - late_s < note.end_s), notes[-1])
        f0_hz = midi_to_hz(note.midi + away(at_s)) if is_voiced(at_s) else None
        points.append(PitchPoint(at_s, f0_hz, 1.0))
        count += 1
    return points


def final(song, points, **options):
    scorer = Scorer(song, **options)
    scorer.feed(points)
    return scorer.finish()


def test_a_faithful_voice_earns_everything():
    result = final(tune(), sung(tune()))

    assert result.score == pytest.approx(100.0)
    assert result.notes_hit == pytest.approx(1.0, abs=0.01)
    assert [line.rating for line in result.lines] == ["perfect", "perfect"]


def test_silence_earns_nothing():
    result = final(tune(), sung(tune(), is_voiced=lambda at_s: False))

    assert (result.score, result.notes_hit) == (0.0, 0.0)
    assert [line.rating for line in result.lines] == ["miss", "miss"]


def test_a_silent_line_scores_nothing():
    result = final(tune(), sung(tune(), is_voiced=lambda at_s: at_s < 4.0))

    assert result.lines[0].score == pytest.approx(100.0)
    assert result.lines[1].score == 0.0


@pytest.mark.parametrize("midi", range(48, 84))
def test_a_monotone_hum_earns_next_to_nothing(midi):
    hum = [replace(point, f0_hz=midi_to_hz(midi)) for point in sung(tune())]

    assert final(tune(), hum).score < 3.0


def test_another_melody_earns_next_to_nothing():
    other = tune(pitches=(6, 1, -3, 5, 3, 11, 8, 4))

    assert final(tune(), sung(other)).score < 5.0


@pytest.mark.parametrize("octaves", [-2, -1, 1])
def test_another_octave_is_as_good(octaves):
    assert final(tune(), sung(tune(), away=lambda at_s: 12.0 * octaves)).score == pytest.approx(100.0)


def test_an_octave_that_changes_within_a_line_costs():
    leaping = sung(tune(), away=lambda at_s: 12.0 if int(at_s) % 2 else 0.0)

    assert final(tune(), leaping).score < 50.0


def test_each_line_may_have_its_own_octave():
    changing = sung(tune(), away=lambda at_s: 12.0 if at_s >= 4.0 else 0.0)

    assert final(tune(), changing).score == pytest.approx(100.0)


def test_a_singer_a_little_off_loses_nothing_and_one_far_off_much():
    scores = [final(tune(), sung(tune(), away=lambda at_s, c=c: c / 100)).score for c in (40, 90, 120, 200)]

    assert scores[0] == pytest.approx(100.0)
    assert scores == sorted(scores, reverse=True)
    assert scores[3] < 5.0


def test_a_late_singer_loses_by_how_late():
    scores = [final(tune(), sung(tune(), late_s=late_s)).score for late_s in (0.0, 0.1, 0.4, 0.7)]

    assert scores[0] == pytest.approx(scores[1])
    assert scores[1] > scores[2] > scores[3]


def test_consonants_and_breaths_cost_nothing():
    breathing = sung(tune(), is_voiced=lambda at_s: at_s % 1.0 > 0.15)

    assert final(tune(), breathing).score == pytest.approx(100.0)


def test_golden_notes_count_double():
    def half(golden_first):
        marks = "*:" if golden_first else ":*"
        song = song_of(
            "\n".join(f"{marks[index // 2]} {4 * index} 4 {7 * index % 12} la" for index in range(4))
        )
        return final(song, sung(song, is_voiced=lambda at_s: at_s < 2.0)).score

    assert half(golden_first=True) > half(golden_first=False) + 20


def test_rap_needs_a_voice_and_no_pitch():
    song = tune(kind="R")

    spoken = final(song, sung(song, away=lambda at_s: 3.7 * at_s))
    silent = final(song, sung(song, is_voiced=lambda at_s: False))

    assert (spoken.score, silent.score) == (pytest.approx(100.0), 0.0)


def test_freestyle_counts_for_nothing():
    song = song_of(": 0 4 0 a\n: 4 4 5 b\n- 8\nF 8 8 0 yeah\nE\n")

    result = final(song, sung(song, is_voiced=lambda at_s: at_s < 2.0))

    assert result.score == pytest.approx(100.0)
    assert [line.line for line in result.lines] == [0]


def test_a_song_of_freestyle_alone_scores_nothing():
    song = song_of("F 0 8 0 yeah\nE\n")

    assert final(song, sung(song)).score == 0.0


def test_a_seat_is_scored_on_its_own_lines_of_a_duet():
    song = song_of("P1\n: 0 4 0 a\n: 4 4 5 b\nP2\n: 8 4 7 c\n: 12 4 2 d\nE\n")
    first_half = sung(song, is_voiced=lambda at_s: at_s < 2.0)

    assert final(song, first_half, seat="a").score == pytest.approx(100.0)
    assert final(song, first_half, seat="b").score == 0.0


def test_a_shifted_key_is_followed():
    shifted = sung(tune(), away=lambda at_s: 3.0)

    assert final(tune(), shifted, key=3).score == pytest.approx(100.0)
    assert final(tune(), shifted).score < 40.0


def test_the_running_score_is_of_what_could_be_earned_so_far():
    scorer = Scorer(tune())

    scorer.feed(sung(tune(), until_s=2.5))

    assert scorer.score == pytest.approx(100.0)
    assert scorer.line == 0
    assert scorer.finish().score < 40.0


def test_lines_are_rated_as_they_end():
    scorer = Scorer(tune())
    points = sung(tune())

    ended = [(round(point.at_s, 1), [line.line for line in scorer.feed([point])]) for point in points]

    assert [(at_s, lines) for at_s, lines in ended if lines] == [(4.0, [0]), (8.0, [1])]


def test_points_heard_twice_count_once():
    song = tune()
    doubled = [point for point in sung(song, is_voiced=lambda at_s: at_s % 1 < 0.4) for _ in range(2)]

    assert final(song, doubled).score == final(song, doubled[::2]).score


@given(st.lists(st.integers(0, 520), max_size=20))
def test_portions_do_not_change_the_score(cuts):
    song = tune()
    points = sung(song, away=lambda at_s: (at_s * 7.3) % 2.0 - 0.8, is_voiced=lambda at_s: at_s % 0.7 > 0.1)
    scorer, first = Scorer(song), 0

    for stop in [*sorted(cuts), len(points)]:
        scorer.feed(points[first:stop])
        first = max(first, stop)

    assert scorer.finish() == final(song, points)


@given(st.floats(-2000, 2000))
def test_credit_is_full_near_the_note_and_none_far_away(cents):
    assert 0.0 <= credit(cents) <= 1.0
    assert credit(cents) == credit(-cents)
    assert (credit(cents) == 1.0) >= (abs(cents) <= 50)
    assert (credit(cents) == 0.0) >= (abs(cents) >= 150)


def test_what_one_tone_earns_is_known_beforehand():
    assert chance(tune(pitches=(0, 0, 0, 6, 0, 6, 0, 6)).lines) == 0.5
    assert chance(tune(pitches=(0, 3, 6, 9, 12, 15, 18, 21)).lines) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("score", "word"), [(95, "perfect"), (80, "great"), (60, "good"), (40, "ok"), (10, "miss")]
)
def test_ratings_follow_the_score(score, word):
    assert rate(score) == word
