"""Sets the demo's stage: folders, settings, song, and the box whose mic and camera are files."""

import re
import shutil
import socket
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path

from cloud.core.errors import SettingsError
from cloud.desk.songs import song_file
from cloud.settings import PREFIX, Settings

HOLD_S = 4.0
"""How long the clip's first picture stands still in each loop, so that one can draw round a ball, in s."""
REST_S = 2.0
"""How long its last picture stands still, so that what happened at the very end is seen, in s."""
DEFAULT_SONG = "star-over-the-booth"
BESIDE = ("backing.*", "instrumental.*", "vocals.*", "licence.txt")
"""Files that belong to a song by their names."""
AUDIO_KEYS = ("AUDIO", "MP3", "INSTRUMENTAL", "VOCALS")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for; None: the shipped one."""

    mic: Path | None = None
    song: Path | None = None
    camera: Path | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything the demo's processes are started with."""

    settings: Settings
    box_toml: Path
    kiosk_port: int
    mic: Path
    camera: Path
    song_id: str

    @property
    def kiosk_url(self) -> str:
        """Address of the box's touchscreen page."""
        return f"http://127.0.0.1:{self.kiosk_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The hub's settings, as its processes read them."""
        return {
            f"{PREFIX}{field.name.upper()}": _as_text(getattr(self.settings, field.name))
            for field in fields(Settings)
        }


def shipped(name: str) -> Path:
    """Return the path of a file that comes with the box's package."""
    return Path(str(files("edge"))) / "data" / name


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def set_stage(settings: Settings, wishes: Wishes, kiosk_port: int, enrol_code_file: Path) -> Stage:
    """Write the box's settings and adopt the song; return what the processes need.

    Raises:
        SettingsError: a file that was named is not there.
    """
    mic = _there(wishes.mic or shipped("demo/voice.ogg"), "--mic")
    camera = _there(wishes.camera or shipped("demo/billiards.mp4"), "--camera")
    song_id = (
        adopt_song(_there(wishes.song, "--song"), settings.data_dir / "songs")
        if wishes.song
        else DEFAULT_SONG
    )
    box_dir = settings.data_dir / "box"
    box_dir.mkdir(parents=True, exist_ok=True)
    stage = Stage(settings, box_dir / "box.toml", kiosk_port, mic, camera, song_id)
    stage.box_toml.write_text(_box_toml(stage, enrol_code_file), "utf-8")
    return stage


def adopt_song(song: Path, into: Path) -> str:
    """Copy a song (its .txt, or its folder) with its audio to a folder of its own; return its id."""
    notes = song_file(song) if song.is_dir() else song
    name = song.name if song.is_dir() else notes.name.removesuffix(".txt").removesuffix(".song")
    song_id = "song-" + (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30] or "adopted")
    folder = into / song_id
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(notes, folder / "song.txt")
    for audio in _named_audio(notes):
        if (notes.parent / audio).is_file():
            shutil.copyfile(notes.parent / audio, folder / Path(audio).name)
    beside = [path for name in BESIDE for path in notes.parent.glob(name)] if song.is_dir() else []
    for path in beside:
        shutil.copyfile(path, folder / path.name)
    return song_id


def _named_audio(notes: Path) -> list[str]:
    """Return the audio files that a song file's header names."""
    header = notes.read_text("utf-8", errors="replace")
    found = re.findall(r"^#(\w+):(.+)$", header, re.MULTILINE)
    return [value.strip() for key, value in found if key.upper() in AUDIO_KEYS]


def _there(path: Path, option: str) -> Path:
    if not path.exists():
        raise SettingsError(f"{option} {path}: there is no such file")
    return path.resolve()


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ":".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _box_toml(stage: Stage, enrol_code_file: Path) -> str:
    return f"""# Written by `ktv demo`: a box whose microphone and camera are files.
[box]
name = "Booth 8"
data_dir = "{stage.box_toml.parent / "data"}"

[hub]
url = "{stage.settings.url}"
enrol_code_file = "{enrol_code_file}"

[microphone]
kind = "file"
file = "{stage.mic}"

[speaker]
kind = "none"

[camera]
kind = "file"
file = "{stage.camera}"
width = 1280
height = 720
fps = 30
hold_s = {HOLD_S}
rest_s = {REST_S}
loop = true

[watching]
scene = "billiards"
threads = 1

[songs]
folders = ["{stage.settings.data_dir / "songs"}"]

[kiosk]
port = {stage.kiosk_port}
"""
