"""The files that the demo performs with: looked at first, so that a wrong one is said at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from cloud.core.errors import SettingsError, Wrong
from cloud.core.songs import parse
from cloud.demo.stage import Wishes
from cloud.desk.songs import song_file

MOST_SONG_BYTES = 1_000_000


def check_wishes(wishes: Wishes) -> None:
    """Do nothing if every file that is wished for can be used.

    Raises:
        SettingsError: one cannot; names the option and the file, and says what would do.
    """
    if wishes.mic is not None:
        _check_media(wishes.mic, "--mic", "sound", "a recording such as WAV, FLAC, Opus or MP3")
    if wishes.camera is not None:
        _check_media(wishes.camera, "--camera", "picture", "a film such as MP4")
    if wishes.song is not None:
        _check_song(wishes.song)


def _check_media(path: Path, option: str, what: str, would_do: str) -> None:
    _require_file(path, option, would_do)
    decode: Callable[[Any], Any] = _first_picture if what == "picture" else _first_sound
    try:
        with av.open(str(path)) as container:
            found = decode(container)
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"{option} {path}: holds no {what} ({reason}): give {would_do}") from error
    if found is None:
        raise SettingsError(f"{option} {path}: holds no {what}: give {would_do}")


def _first_sound(container: Any) -> Any:
    return next(container.decode(audio=0), None) if container.streams.audio else None


def _first_picture(container: Any) -> Any:
    return next(container.decode(video=0), None) if container.streams.video else None


def _check_song(path: Path) -> None:
    try:
        notes = song_file(path) if path.is_dir() else path
    except Wrong as error:
        raise SettingsError(f"--song {path}: {error}") from error
    _require_file(notes, "--song", "an UltraStar .txt or its folder")
    size = notes.stat().st_size
    if size > MOST_SONG_BYTES:
        raise SettingsError(f"--song {notes}: {size} bytes are no song: give an UltraStar .txt or its folder")
    try:
        parse(notes.read_text("utf-8", errors="replace"))
    except Wrong as error:
        raise SettingsError(f"--song {notes}: {error}") from error


def _require_file(path: Path, option: str, would_do: str) -> None:
    if path.is_dir():
        raise SettingsError(f"{option} {path}: is a folder: give {would_do}")
    if not path.is_file():
        raise SettingsError(f"{option} {path}: there is no such file: give {would_do}")
