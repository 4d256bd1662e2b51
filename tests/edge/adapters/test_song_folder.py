"""Song folders."""

import shutil

import pytest

from edge.adapters.song_folder import open_song
from edge.core.errors import SongError

NOTES = "#TITLE:T\n#ARTIST:A\n#BPM:60\n#AUDIO:none.ogg\n: 0 4 0 la\nE\n"


@pytest.mark.parametrize(
    ("name", "language"), [("star-over-the-booth", "zh-CN"), ("four-walls-one-song", "en")]
)
def test_a_shipped_song_has_everything(root, name, language):
    folder = open_song(root / "edge" / "data" / "songs" / name)

    assert folder.id == name
    assert folder.backing.name == "backing.ogg"
    assert folder.vocals.name == "vocals.ogg"
    wire = folder.as_wire()
    assert wire.info.has_backing
    assert wire.info.language == language
    assert wire.info.rights.startswith("CC BY 4.0")
    assert {note.k for line in wire.lines for note in line.notes} >= {"normal", "golden"}


def test_a_song_without_its_sound_can_be_sung_all_the_same(tmp_path):
    (tmp_path / "la.txt").write_text(NOTES)

    folder = open_song(tmp_path)

    assert (folder.audio, folder.backing, folder.vocals) == (None, None, None)
    assert not folder.as_wire().info.has_backing


def test_the_song_file_itself_will_do(tmp_path):
    (tmp_path / "My Song!.txt").write_text(NOTES)

    assert open_song(tmp_path / "My Song!.txt").id == "My-Song"


def test_the_full_recording_is_played_where_there_is_no_backing(root, tmp_path):
    (tmp_path / "song.txt").write_text(NOTES)
    shutil.copy(root / "edge/data/songs/star-over-the-booth/backing.ogg", tmp_path / "none.ogg")

    assert open_song(tmp_path).backing.name == "none.ogg"


def test_a_sound_file_outside_the_folder_is_not_taken(tmp_path):
    folder = tmp_path / "song"
    folder.mkdir()
    (tmp_path / "secret.ogg").write_bytes(b"")
    (folder / "song.txt").write_text(NOTES.replace("none.ogg", "../secret.ogg"))

    assert open_song(folder).audio is None


@pytest.mark.parametrize(
    ("files", "asked", "words"),
    [
        ({}, "nowhere", "is not there"),
        ({"a.txt": NOTES, "b.txt": NOTES}, "", "holds 2 .txt files"),
        ({"song.pdf": ""}, "song.pdf", "is not a song file"),
        ({"song.txt": "rubbish"}, "", "#TITLE"),
    ],
)
def test_what_is_no_song_is_refused_with_its_name(tmp_path, files, asked, words):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(SongError, match=words):
        open_song(tmp_path / asked if asked else tmp_path)


def test_a_backing_that_is_no_sound_is_refused_when_the_song_is_shown(tmp_path):
    (tmp_path / "song.txt").write_text(NOTES)
    (tmp_path / "none.ogg").write_bytes(b"no sound")

    with pytest.raises(SongError, match=r"song.txt.*none.ogg.*cannot be read.*convert it"):
        open_song(tmp_path).as_wire()
