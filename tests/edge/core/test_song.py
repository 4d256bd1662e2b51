"""Reading song files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import SongError
from edge.core.song import as_wire, in_turns, language_tag, parse

DATA = Path(__file__).parents[2] / "data" / "songs"
HEAD = "#TITLE:T\n#ARTIST:A\n#BPM:60\n"


def test_a_beat_is_a_quarter_of_what_bpm_counts():
    song = parse(HEAD + "#GAP:500\n: 4 2 9 la\nE\n")

    note = song.lines[0].notes[0]

    assert (note.start_s, note.duration_s, note.midi, note.syllable) == (1.5, 0.5, 69, "la")


def test_an_old_file_is_read_with_its_encoding_commas_and_relative_beats():
    song = parse((DATA / "legacy.txt").read_bytes())

    beat_s = 15 / 150.5
    second = song.lines[1]
    assert song.title == "Café de la Tëst"
    assert song.lines[0].text == "Là la"
    assert song.lines[0].start_s == pytest.approx(1.2005)
    assert second.start_s == pytest.approx(1.2005 + 12 * beat_s)
    assert [note.kind for note in second.notes] == ["golden", "freestyle", "rap"]
    assert song.audio == "none.mp3"


def test_a_duet_has_lines_for_each_seat_in_order_of_time():
    song = parse((DATA / "duet.txt").read_bytes())

    assert [(line.singer, line.text) for line in song.lines] == [
        ("a", "one"),
        ("b", "twoboth"),
        ("a", "three"),
    ]
    assert song.is_duet


def test_any_other_song_is_sung_by_turns_when_asked():
    song = in_turns(parse(HEAD + ": 0 1 0 a\n- 2\n: 2 1 0 b\n- 4\n: 4 1 0 c\nE\n"))

    assert [line.singer for line in song.lines] == ["a", "b", "a"]


def test_utf8_with_a_mark_and_windows_line_ends_is_read():
    song = parse("\ufeff#TITLE:包厢\r\n#ARTIST:A\r\n#BPM:60\r\n: 0 4 0 灯\r\nE\r\n".encode())

    assert song.title == "包厢"
    assert song.lines[0].notes[0].syllable == "灯"


def test_spaces_between_words_are_kept():
    song = parse(HEAD + ": 0 1 0 Hel\n: 1 1 0 lo \n: 2 1 0 you\n: 3 1 0  there\nE\n")

    assert song.lines[0].text == "Hello you there"


def test_an_unknown_kind_of_note_is_freestyle():
    song = parse(HEAD + "X 0 1 0 what\n: 1 1 0 la\nE\n")

    assert song.lines[0].notes[0].kind == "freestyle"


def test_what_follows_the_end_is_ignored():
    song = parse(HEAD + ": 0 1 0 la\nE\nrubbish\n")

    assert len(song.lines) == 1


def test_a_tempo_change_moves_what_comes_after_it():
    song = parse(HEAD + ": 0 1 0 a\nB 4 120\n: 8 1 0 b\nE\n")

    assert song.lines[0].notes[1].start_s == pytest.approx(1.0 + 0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#ARTIST:A\n#BPM:60\n: 0 1 0 a\nE\n", ("#TITLE", "missing")),
        ("#TITLE:T\n#ARTIST:A\n#BPM:fast\n: 0 1 0 a\nE\n", ("fast", "not a tempo")),
        ("#TITLE:T\n#ARTIST:A\n#BPM:nan\n: 0 1 0 a\nE\n", ("nan", "not a tempo")),
        ("#TITLE:T\n#ARTIST:A\n#BPM:0\n: 0 1 0 a\nE\n", ("not a tempo",)),
        (HEAD + "#GAP:soon\n: 0 1 0 a\nE\n", ("#GAP", "soon")),
        (HEAD + ": 0 1 zero a\nE\n", ("x.txt, line 4", "zero", "a note is written")),
        (HEAD + ": 0 -1 0 a\nE\n", ("line 4", "length -1")),
        (HEAD + ": 0 1 99 a\nE\n", ("line 4", "pitch 99")),
        (HEAD + ": 99999999 1 0 a\nE\n", ("line 4", "at most 3600 s")),
        (HEAD + "P4\n: 0 1 0 a\nE\n", ("line 4", "two singers")),
        (HEAD + "E\n", ("no notes",)),
        ("#VERSION:2.0.0\n" + HEAD + ": 0 1 0 a\nE\n", ("2.0.0", "1.2")),
        ("x" * (1 << 20) + "y", ("bytes",)),
    ],
)
def test_a_broken_song_is_refused_with_place_value_and_advice(text, words):
    with pytest.raises(SongError) as refused:
        parse(text, "x.txt")

    assert all(word in str(refused.value) for word in ("x.txt", *words))


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_no_content_breaks_the_reader(data):
    try:
        song = parse(data)
    except SongError:
        return
    assert song.lines


@given(st.text(alphabet=":*FRGEPB-# 0123456789,.\n", max_size=200))
def test_no_body_breaks_the_reader(body):
    try:
        song = parse(HEAD + body)
    except SongError:
        return
    assert all(note.duration_s >= 0 for line in song.lines for note in line.notes)


NOTES = st.lists(
    st.tuples(
        st.sampled_from(":*FRG"), st.integers(0, 8), st.integers(1, 40), st.integers(-24, 24), st.booleans()
    ),
    min_size=1,
    max_size=30,
)


@given(NOTES, st.integers(30, 400), st.integers(-2000, 5000))
def test_every_note_written_is_read_where_it_was_written(notes, bpm, gap_ms):
    rows, expected, beat = [], [], 0
    for kind, rest, beats, pitch, is_last in notes:
        beat += rest
        rows.append(f"{kind} {beat} {beats} {pitch} la")
        expected.append((gap_ms / 1000 + beat * 15 / bpm, beats * 15 / bpm, 60 + pitch))
        beat += beats
        if is_last:
            rows.append(f"- {beat}")

    song = parse(f"#TITLE:T\n#ARTIST:A\n#BPM:{bpm}\n#GAP:{gap_ms}\n" + "\n".join(rows))

    read = [(note.start_s, note.duration_s, note.midi) for line in song.lines for note in line.notes]
    assert [values[2] for values in read] == [values[2] for values in expected]
    assert [values[0] for values in read] == pytest.approx([values[0] for values in expected])
    assert [values[1] for values in read] == pytest.approx([values[1] for values in expected])


def test_pages_get_the_song_with_its_rights_and_length():
    song = as_wire(parse((DATA / "duet.txt").read_bytes()), "duet", backing_s=30.0, rights="CC0")

    assert (song.info.id, song.info.duration_s, song.info.rights, song.info.language) == (
        "duet",
        30.0,
        "CC0",
        "en",
    )
    assert song.lines[1].notes[1].k == "golden-rap"
    assert song.lines[1].singer == "b"


@pytest.mark.parametrize(
    ("name", "tag"),
    [("Chinese", "zh-CN"), ("Mandarin", "zh-CN"), ("English", "en"), ("", "en"), ("German", "German")],
)
def test_languages_are_named_as_pages_know_them(name, tag):
    assert language_tag(name) == tag
