import pytest

from cloud.core.errors import Wrong
from cloud.core.songs import parse

HEAD = "#TITLE:Star\n#ARTIST:Nobody\n#BPM:300\n#GAP:2000\n"


def test_beats_become_seconds():
    song = parse(HEAD + ": 0 4 0 Twin\n* 20 10 7 kle\n- 40\nF 60 5 -3 star\nE\n")

    first, second = song.lines
    assert [(note.t, note.d, note.p, note.k) for note in first.notes] == [
        (2.0, 0.2, 60, "normal"),
        (3.0, 0.5, 67, "golden"),
    ]
    assert (second.t, second.d, second.notes[0].p, second.notes[0].w) == (5.0, 0.25, 57, "star")
    assert song.end_s == 5.25


def test_a_duet_says_whose_line_it_is():
    song = parse(HEAD + "P1\n: 0 4 0 a\n- 8\nP2\n: 10 4 0 b\n- 20\nP 3\n: 30 4 0 both\nE\n")

    assert [line.singer for line in song.lines] == ["a", "b", "both"]


def test_spaces_before_a_syllable_stay():
    assert parse(HEAD + ": 0 4 0  la\n").lines[0].notes[0].w == " la"


@pytest.mark.parametrize("named", ["Mandarin", "中文", "Chinese"])
def test_languages_have_one_name(named):
    assert parse(HEAD + f"#LANGUAGE:{named}\n: 0 1 0 la").language == "zh-CN"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "title"),
        ("#TITLE:x\n: 0 1 0 la", "no tempo"),
        ("#TITLE:x\n#BPM:0\n: 0 1 0 la", "tempo"),
        ("#TITLE:x\n#BPM:fast\n: 0 1 0 la", "fast"),
        (HEAD, "no notes"),
        (HEAD + ": 0 one 0 la", "line 5"),
        (HEAD + "hello", "line 5"),
    ],
)
def test_a_broken_song_says_what_is_wrong(text, says):
    with pytest.raises(Wrong, match=says):
        parse(text)
