from cloud.demo.stage import adopt_song
from edge.adapters.song_folder import open_song


def test_a_songs_folder_is_adopted_whole(root, tmp_path):
    song = adopt_song(root / "edge/data/songs/star-over-the-booth", tmp_path)

    adopted = open_song(tmp_path / song)
    assert song == "song-star-over-the-booth"
    assert (adopted.backing.name, adopted.vocals.name) == ("backing.ogg", "vocals.ogg")
    assert adopted.rights.startswith("CC BY 4.0")


def test_a_song_file_is_adopted_with_the_audio_it_names(root, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "my take.song.txt").write_text("#TITLE:T\n#ARTIST:A\n#MP3:mix.ogg\n#BPM:60\n: 0 4 0 la\nE\n")
    (folder / "mix.ogg").write_bytes((root / "edge/data/demo/voice.ogg").read_bytes())
    (folder / "backing.ogg").write_bytes(b"of another song")

    song = adopt_song(folder / "my take.song.txt", tmp_path / "out")

    adopted = sorted(path.name for path in (tmp_path / "out" / song).iterdir())
    assert (song, adopted) == ("song-my-take", ["mix.ogg", "song.txt"])
