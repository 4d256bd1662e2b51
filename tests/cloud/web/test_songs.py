import subprocess
import wave

import imageio_ffmpeg
import pytest

from cloud.web import create_app

from .conftest import SONG, Hub


def sound(path, seconds=2.0):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\1" * round(8000 * seconds))


@pytest.fixture
def sung(tmp_path):
    """A hub with a song that has a backing, one that does not, and a broken one."""
    folder = tmp_path / "more" / "Big Song 大"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text(SONG.replace("Little Star", "Big_Song"))
    (folder / "licence.txt").write_text("CC0-1.0\nmore words\n")
    sound(folder / "backing.wav", 12.0)
    broken = tmp_path / "more" / "broken"
    broken.mkdir()
    (broken / "song.txt").write_text("#TITLE:x\n#BPM:120\nhello")
    (tmp_path / "more" / "empty").mkdir()
    (tmp_path / "hub").mkdir()
    hub = Hub(tmp_path / "hub", song_folders=(tmp_path / "more", tmp_path / "hub" / "songs", tmp_path / "no"))
    yield hub
    hub.database.close()


def test_songs_are_found_by_words_of_title_and_artist(sung):
    everything = sung.ask("GET", "/songs", status=200)

    assert [song["id"] for song in everything["songs"]] == ["big-song", "little-star"]
    assert sung.ask("GET", "/songs?q=star nobody", status=200)["total"] == 1
    assert sung.ask("GET", "/songs?q=g_s", status=200)["songs"][0]["id"] == "big-song"
    assert sung.ask("GET", "/songs?q=nothing", status=200) == {"songs": [], "total": 0}
    one = sung.ask("GET", "/songs?limit=1", status=200)
    assert (len(one["songs"]), one["total"]) == (1, 2)
    sung.ask("GET", "/songs?limit=0", status=422)
    sung.ask("GET", "/songs?limit=many", status=422)


def test_a_song_is_shown_with_lines_and_notes(sung):
    song = sung.ask("GET", "/songs/little-star", status=200)

    assert song["info"]["duration_s"] == pytest.approx(0.5 + 20 * 0.25 + 1)
    assert song["info"]["has_backing"] is False
    assert song["lines"][0]["notes"][0] == {"t": 0.5, "d": 1.0, "p": 60, "w": "Twin", "k": "normal"}
    assert song["lines"][1]["notes"][0]["k"] == "golden"
    sung.ask("GET", "/songs/nosong", status=404)


def test_the_song_file_itself_is_served(sung):
    answer = sung.ask("GET", "/songs/little-star/notes")

    assert answer.get_data(as_text=True) == SONG
    assert answer.mimetype == "text/plain"


def test_a_backing_gives_the_song_its_length_and_is_served_in_ranges(sung):
    info = sung.ask("GET", "/songs/big-song", status=200)["info"]
    whole = sung.ask("GET", "/songs/big-song/audio/backing")
    part = sung.ask("GET", "/songs/big-song/audio/backing", Range="bytes=0-3")

    assert (info["duration_s"], info["has_backing"], info["rights"]) == (12.0, True, "CC0-1.0")
    assert (whole.status_code, whole.mimetype) == (200, "audio/wav")
    assert (part.status_code, part.get_data()) == (206, b"RIFF")
    assert part.headers["Content-Range"].startswith("bytes 0-3/")
    sung.ask("GET", "/songs/big-song/audio/vocals", status=404)
    sung.ask("GET", "/songs/little-star/audio/backing", status=404)


def test_a_sound_that_browsers_cannot_play_is_converted(tmp_path):
    folder = tmp_path / "songs" / "odd"
    folder.mkdir(parents=True)
    (folder / "song.txt").write_text(SONG)
    sound(tmp_path / "x.wav", 11.0)
    (tmp_path / "hub").mkdir()
    converter = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(tmp_path / "x.wav")]
    subprocess.run([*converter, str(folder / "backing.aiff")], check=True)

    hub = Hub(tmp_path / "hub", song_folders=(tmp_path / "songs",))
    answer = hub.ask("GET", "/songs/odd/audio/backing")

    assert answer.mimetype == "audio/ogg"
    assert answer.get_data()[:4] == b"OggS"
    assert hub.ask("GET", "/songs/odd", status=200)["info"]["duration_s"] == pytest.approx(11.0, abs=0.1)
    hub.database.close()


def test_a_changed_song_has_a_new_version_and_a_removed_one_is_not_listed(hub):
    path = hub.settings.song_folders[0] / "little-star" / "song.txt"
    create_app(hub.settings)
    assert hub.ask("GET", "/songs/little-star", status=200)["info"]["version"] == 1

    path.write_text(SONG.replace("Nobody", "Somebody"))
    create_app(hub.settings)
    assert hub.ask("GET", "/songs/little-star", status=200)["info"]["version"] == 2

    path.unlink()
    create_app(hub.settings)
    assert hub.ask("GET", "/songs", status=200)["total"] == 0
    hub.ask("GET", "/songs/little-star", status=200)
