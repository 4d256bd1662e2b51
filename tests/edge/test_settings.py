"""The box's settings are read, checked and complete."""

import dataclasses
import tomllib
from pathlib import Path
from typing import get_type_hints

import pytest

from edge.core.errors import SettingsError
from edge.settings import Settings, load_settings, read_settings

SAMPLE = Path(__file__).parents[2] / "firmware-config" / "box.toml"


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        read_settings(text, Path("/etc/ktv/box.toml"))
    return str(refused.value)


def test_the_sample_holds_every_field_with_its_default():
    table = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    sections = get_type_hints(Settings)
    expected = {name: {f.name for f in dataclasses.fields(kind)} for name, kind in sections.items()}

    assert {name: set(keys) for name, keys in table.items()} == expected
    loaded = load_settings(SAMPLE, {})
    assert loaded.box.data_dir == Path("~/.local/share/ktv-live/box").expanduser()
    default_box = dataclasses.replace(Settings().box, data_dir=loaded.box.data_dir)
    assert loaded == dataclasses.replace(Settings(), box=default_box)


def test_an_empty_file_gives_the_defaults():
    assert read_settings("", Path("box.toml")) == Settings()


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_name():
    said = refusal('[box]\nname = "a"\n\n[microphone]\ndevise = "hw:0"\n')

    assert said == "/etc/ktv/box.toml, line 5: unknown key devise in [microphone]; did you mean device?"


def test_an_unknown_section_is_refused_with_its_line_and_the_nearest_name():
    said = refusal('[box]\nname = "a"\n[micropone]\n')

    assert said == "/etc/ktv/box.toml, line 3: unknown section [micropone]; did you mean microphone?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[microphone]\nrate_hz = "48000"', "line 2: rate_hz = '48000' in [microphone]: must be a whole"),
        ("[microphone]\nrate_hz = 100", "must be from 8000 to 192000"),
        ("[microphone]\nrate_hz = true", "must be a whole number"),
        ("[microphone]\nloop = 1", "must be true or false"),
        ('[camera]\nkind = "v4l"', '"webrtc", "none"; did you mean v4l2?'),
        ("[songs]\nfolders = [1]", "must be a path in quotes"),
        ('[songs]\nfolders = "songs"', "must be a list of paths"),
        ("box = 3", "line 1: box is a section: write [box] and its keys below"),
        ("[box]\ndata_dir = ''", "data_dir = '' in [box]: must not be empty"),
        ("[box", "not TOML"),
        ('[microphone]\nkind = "file"', 'needs file = "..." beside it'),
        (
            '[camera]\nkind = "file"\nfile = "no.mp4"',
            "line 3: file in [camera]: there is no file /etc/ktv/no",
        ),
        ("[microphone]\nfile = 3", "must be a path in quotes"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wanted(text, expected):
    assert expected in refusal(text)


def test_a_dotted_key_is_found_by_its_line():
    assert "line 2: kind" in refusal('box.name = "x"\nspeaker.kind = "usb"\n')


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


def test_paths_are_meant_from_the_settings_file(tmp_path):
    (tmp_path / "voice.ogg").touch()
    file = tmp_path / "box.toml"
    file.write_text('[microphone]\nkind = "file"\nfile = "voice.ogg"\n[songs]\nfolders = ["mine", "/all"]\n')

    settings = load_settings(file, {})

    assert settings.microphone.file == tmp_path / "voice.ogg"
    assert settings.songs.folders == (tmp_path / "mine", Path("/all"))


def test_the_one_time_code_comes_from_its_file_or_the_environment(tmp_path):
    (tmp_path / "code").write_text("from-file\n")
    file = tmp_path / "box.toml"
    file.write_text('[hub]\nenrol_code_file = "code"\n')

    assert load_settings(file, {}).hub.enrol_code == "from-file"
    assert load_settings(file, {"KTV_ENROL_CODE": "from-environment"}).hub.enrol_code == "from-environment"
