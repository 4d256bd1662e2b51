import pytest

from cloud.core.errors import SettingsError
from cloud.demo.props import check_wishes
from cloud.demo.stage import Wishes


@pytest.fixture
def junk(tmp_path):
    path = tmp_path / "junk.bin"
    path.write_bytes(b"neither sound nor picture" * 100)
    return path


def test_what_is_shipped_can_be_performed_with(root):
    demo, songs = root / "edge/data/demo", root / "edge/data/songs"

    check_wishes(Wishes())
    check_wishes(Wishes(demo / "voice.ogg", songs / "star-over-the-booth", demo / "billiards.mp4"))
    check_wishes(Wishes(song=songs / "star-over-the-booth" / "song.txt"))


@pytest.mark.parametrize("option", ["mic", "song", "camera"])
def test_a_missing_file_is_named_with_its_option(option, tmp_path):
    with pytest.raises(SettingsError, match=rf"--{option} .*none\.x: there is no such file: give"):
        check_wishes(Wishes(**{option: tmp_path / "none.x"}))


@pytest.mark.parametrize(("option", "what"), [("mic", "sound"), ("camera", "picture")])
def test_a_file_of_another_kind_is_named_with_what_would_do(option, what, root, junk, tmp_path):
    other = {"mic": "tests/data/billiards-no-pot.mp4", "camera": "edge/data/demo/voice.ogg"}[option]
    empty = tmp_path / "empty.wav"
    empty.touch()

    for path in (junk, empty, root / other):
        with pytest.raises(SettingsError, match=rf"--{option} .*{path.name}: holds no {what}.*give a"):
            check_wishes(Wishes(**{option: path}))
    with pytest.raises(SettingsError, match="is a folder"):
        check_wishes(Wishes(**{option: tmp_path}))


def test_a_broken_song_is_named_with_its_line(tmp_path, junk):
    broken = tmp_path / "broken.txt"
    broken.write_text("#TITLE:x\n#BPM:60\n: 0 four 0 la\n")
    (tmp_path / "folder").mkdir()

    with pytest.raises(SettingsError, match=r"--song .*broken\.txt: line 3 is not a note"):
        check_wishes(Wishes(song=broken))
    with pytest.raises(SettingsError, match=r"--song .*junk\.bin: the song has no title"):
        check_wishes(Wishes(song=junk))
    with pytest.raises(SettingsError, match=r"--song .*folder: 0 song files"):
        check_wishes(Wishes(song=tmp_path / "folder"))
