"""The catalogue's songs beside the same songs on a box."""

import logging
import shutil

import pytest

from cloud.db import migrate, open_database
from cloud.desk import songs
from cloud.settings import Settings
from edge.adapters.song_folder import open_song
from edge.shelf import Shelf

NOTES = "#TITLE:{name}\n#ARTIST:A\n#BPM:60\n: 0 4 0 la\nE\n"


@pytest.fixture
def database(tmp_path):
    settings = Settings(data_dir=tmp_path / "hub")
    migrate(settings)
    opened = open_database(settings)
    yield opened
    opened.close()


def catalogue(database, folder, tmp_path):
    songs.import_songs(database, (folder,), tmp_path / "audio")
    with database.read() as session:
        return {info.id: info for info in songs.search(session, "", 50).songs}


def shelf(folder, tmp_path):
    read = Shelf([folder], tmp_path / "fetched", open_song)
    read.read()
    return {info.id: info for info in read.find("")}


def put(folder, name, notes=None, **sounds):
    (folder / name).mkdir(parents=True)
    (folder / name / "song.txt").write_text(NOTES.format(name=name) if notes is None else notes)
    for part, content in sounds.items():
        (folder / name / f"{part}.ogg").write_bytes(content)


def test_a_song_lasts_as_long_on_the_box_as_at_the_hub(database, root, tmp_path):
    folder = tmp_path / "songs"
    shutil.copytree(root / "edge" / "data" / "songs", folder)
    put(folder, "no-backing")
    backing = (folder / "star-over-the-booth" / "backing.ogg").read_bytes()
    put(folder, "whole", NOTES.format(name="x").replace("#BPM", "#MP3:mix.ogg\n#BPM"), mix=backing)
    put(folder, "both", (folder / "whole" / "song.txt").read_text(), mix=b"never read", backing=backing)

    at_hub, on_box = catalogue(database, folder, tmp_path), shelf(folder, tmp_path)

    assert (
        set(at_hub)
        == set(on_box)
        == {"star-over-the-booth", "four-walls-one-song", "no-backing", "whole", "both"}
    )
    for song, info in at_hub.items():
        assert on_box[song].duration_s == pytest.approx(info.duration_s, abs=0.02)
        assert on_box[song].has_backing == info.has_backing
    assert on_box["no-backing"].duration_s == pytest.approx(2.0)
    assert on_box["both"].duration_s == on_box["star-over-the-booth"].duration_s > 25


def test_broken_songs_are_named_and_the_others_load_on_both_sides(database, tmp_path, caplog):
    folder = tmp_path / "songs"
    put(folder, "good")
    put(folder, "no-notes", "#TITLE:x\n#ARTIST:A\n#BPM:60\n")
    put(folder, "no-tempo", "#TITLE:x\n#ARTIST:A\n: 0 4 0 la\n")
    put(folder, "not-a-note", "#TITLE:x\n#ARTIST:A\n#BPM:60\n: 0 four 0 la\n")
    put(folder, "binary", "\0\1\2" * 500)
    put(folder, "bad-backing", backing=b"<html>no sound</html>")
    (folder / "empty").mkdir()

    with caplog.at_level(logging.WARNING):
        at_hub, on_box = catalogue(database, folder, tmp_path), shelf(folder, tmp_path)

    assert set(at_hub) == set(on_box) == {"good"}
    said = {
        name: [record for record in caplog.records if record.name == name]
        for name in ("cloud.desk.songs", "edge.shelf")
    }
    for records in said.values():
        assert len(records) == 6
        text = "\n".join(record.getMessage() for record in records)
        for name in ("no-notes", "no-tempo", "not-a-note", "binary", "bad-backing", "empty"):
            assert name in text
        assert "line 4" in text
