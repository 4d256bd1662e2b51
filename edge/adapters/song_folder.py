"""Song folders: the notes and the sound files of a song as they lie on a disk."""

import re
from dataclasses import dataclass
from pathlib import Path

from edge.adapters.soundfile import sound_length_s
from edge.core import song as songs
from edge.core.errors import Refused, SongError
from edge.core.song import Song
from edge.wire import songs as wire

SOUND_SUFFIXES = (".ogg", ".opus", ".mp3", ".m4a", ".flac", ".wav", ".aac", ".webm")
_NOT_SONGS = ("licence.txt", "license.txt", "readme.txt")
_MAX_RIGHTS = 200


@dataclass(frozen=True, slots=True)
class SongFolder:
    """A song with its files."""

    id: str
    """The folder's name as an id."""
    song: Song
    notes: Path
    """The song file."""
    audio: Path | None
    """The full recording, where there is one; so are the next two."""
    backing: Path | None
    """What is played while somebody sings."""
    vocals: Path | None
    """The guide vocal."""
    rights: str
    """First line of the licence."""

    def as_wire(self) -> wire.Song:
        """Return the song as pages and boxes send it.

        Raises:
            SongError: its backing cannot be read.
        """
        return songs.as_wire(
            self.song,
            self.id,
            backing_s=self._backing_s(),
            rights=self.rights,
            has_backing=self.backing is not None,
        )

    def _backing_s(self) -> float | None:
        if self.backing is None:
            return None
        try:
            return sound_length_s(self.backing)
        except Refused as error:
            raise SongError(f'song "{self.notes}": {error}') from error


def open_song(path: Path) -> SongFolder:
    """Read the song at `path`, a song file or the folder that holds it.

    Raises:
        SongError: there is no song, or it cannot be read; sound files that are named but absent are fine.
    """
    notes = _notes_of(path)
    try:
        with notes.open("rb") as file:
            data = file.read(songs.MAX_SONG_BYTES + 1)
    except OSError as error:
        raise SongError(f'song file "{notes}" cannot be read ({error.strerror}): check its rights') from error
    song = songs.parse(data, str(notes))
    folder = notes.parent
    audio = _named(folder, song.audio)
    return SongFolder(
        id=_as_id(folder.name if path.is_dir() else notes.stem),
        song=song,
        notes=notes,
        audio=audio,
        backing=_named(folder, song.backing) or _conventional(folder, "backing", "instrumental") or audio,
        vocals=_named(folder, song.vocals) or _conventional(folder, "vocals"),
        rights=_rights(folder),
    )


def _notes_of(path: Path) -> Path:
    if path.is_file():
        if path.suffix.lower() != ".txt":
            raise SongError(f'"{path}" is not a song file: give an UltraStar .txt file or its folder')
        return path
    if not path.is_dir():
        raise SongError(f'song "{path}" is not there: give an UltraStar .txt file or its folder')
    if (path / "song.txt").is_file():
        return path / "song.txt"
    found = sorted(
        file
        for file in path.iterdir()
        if file.suffix.lower() == ".txt" and file.name.lower() not in _NOT_SONGS
    )
    if len(found) != 1:
        raise SongError(f'folder "{path}" holds {len(found)} .txt files: name the song file itself')
    return found[0]


def _named(folder: Path, name: str | None) -> Path | None:
    """The file that a header names, if it lies in `folder` itself."""
    if not name or Path(name).name != name:
        return None
    return folder / name if (folder / name).is_file() else None


def _conventional(folder: Path, *stems: str) -> Path | None:
    names = (folder / (stem + suffix) for stem in stems for suffix in SOUND_SUFFIXES)
    return next((name for name in names if name.is_file()), None)


def _as_id(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40] or "song"


def _rights(folder: Path) -> str:
    for name in ("licence.txt", "license.txt"):
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8", errors="replace").strip().splitlines()
            return lines[0].strip()[:_MAX_RIGHTS] if lines else ""
    return ""
