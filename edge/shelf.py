"""The box's songs: the folders they lie in, the search, and the queue of those that wait."""

import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from edge.core.errors import Refused, SongError
from edge.core.song import Song
from edge.wire import songs as wire
from edge.wire.songs import QueuedSong, SongInfo

log = logging.getLogger(__name__)

LONGEST_QUEUE = 100
"""Most songs that may wait."""


class SongFiles(Protocol):
    """A song with its files, as they lie in a folder."""

    @property
    def id(self) -> str:
        """The song's id, safe in a path."""
        ...

    @property
    def song(self) -> Song:
        """What is sung."""
        ...

    @property
    def backing(self) -> Path | None:
        """What is played while somebody sings."""
        ...

    def as_wire(self) -> wire.Song:
        """Return the song as pages and boxes send it."""
        ...


class Shelf:
    """The songs of one box, by id; of two with the same id the one in the earlier folder counts."""

    def __init__(
        self, folders: Iterable[Path], fetched: Path, open_song: Callable[[Path], SongFiles]
    ) -> None:
        self._folders = (*folders, fetched)
        self._fetched = fetched
        self._open = open_song
        self._songs: dict[str, SongFiles] = {}
        self._infos: dict[str, SongInfo] = {}

    def __len__(self) -> int:
        return len(self._songs)

    def read(self) -> None:
        """Look through the folders; a song that cannot be read is said and left out. Blocking."""
        for folder in self._folders:
            if not folder.is_dir():
                if folder != self._fetched:
                    log.warning("song folder %s is not there: make it or take it out of box.toml", folder)
                continue
            for path in sorted(folder.iterdir()):
                if path.is_dir() and not path.name.startswith("."):
                    self._shelve(path)

    def find(self, words: str, limit: int = 50) -> tuple[SongInfo, ...]:
        """Return the songs whose title or artist holds all of `words`, by title; all of them for none."""
        wanted = words.casefold().split()
        found = [info for info in self._infos.values() if _holds(info, wanted)]
        return tuple(sorted(found, key=lambda info: (info.title.casefold(), info.id))[:limit])

    def has(self, song: str) -> bool:
        """Whether the box has a copy of this song."""
        return song in self._songs

    def get(self, song: str) -> SongFiles:
        """Return a song by id.

        Raises:
            Refused: this box has no copy of it.
        """
        if song not in self._songs:
            raise Refused(f"song {song!r} is not on this box's shelf of {len(self)}: choose another")
        return self._songs[song]

    def info(self, song: str) -> SongInfo:
        """Return what lists show of a song."""
        self.get(song)
        return self._infos[song]

    def keep(self, song: str, notes: bytes, sounds: dict[str, bytes]) -> SongFiles:
        """Put a song fetched from the hub on the shelf, whole or not at all. Blocking.

        Args:
            song: its id.
            notes: the UltraStar text.
            sounds: `backing` and `vocals`, the bytes of their files.
        """
        part = self._fetched / f".{song}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        (part / "song.txt").write_bytes(notes)
        for name, sound in sounds.items():
            (part / f"{name}.ogg").write_bytes(sound)
        try:
            self._open(part).as_wire()
        except SongError:
            shutil.rmtree(part, ignore_errors=True)
            raise
        whole = self._fetched / song
        shutil.rmtree(whole, ignore_errors=True)
        part.rename(whole)
        self._songs.pop(song, None)
        self._shelve(whole)
        return self.get(song)

    def _shelve(self, path: Path) -> None:
        try:
            files = self._open(path)
            info = files.as_wire().info
        except SongError as error:
            log.warning("a song was left out: %s", error)
            return
        if files.id not in self._songs:
            self._songs[files.id] = files
            self._infos[files.id] = info


def _holds(info: SongInfo, words: list[str]) -> bool:
    text = f"{info.title} {info.artist} {info.id}".casefold()
    return all(word in text for word in words)


class SongQueue:
    """The songs that wait, first to be sung first."""

    def __init__(self) -> None:
        self._songs: list[QueuedSong] = []

    @property
    def songs(self) -> tuple[QueuedSong, ...]:
        """All that wait, in order."""
        return tuple(self._songs)

    @property
    def head(self) -> QueuedSong | None:
        """The song to be sung next."""
        return self._songs[0] if self._songs else None

    def add(self, queued: QueuedSong) -> None:
        """Put a song at the end; one that waits already stays where it is.

        Raises:
            Refused: the queue is full.
        """
        if any(waiting.id == queued.id for waiting in self._songs):
            return
        if len(self._songs) >= LONGEST_QUEUE:
            raise Refused(f"{LONGEST_QUEUE} songs wait already: take one off first")
        self._songs.append(queued)

    def top(self, queued: str) -> None:
        """Move a waiting song to the top."""
        song = self._waiting(queued)
        self._songs.remove(song)
        self._songs.insert(0, song)

    def remove(self, queued: str) -> None:
        """Take a waiting song off."""
        self._songs.remove(self._waiting(queued))

    def skip(self) -> QueuedSong | None:
        """Take the first song off and return it."""
        return self._songs.pop(0) if self._songs else None

    def sung(self, song: str) -> None:
        """Take the first song off if it is the one that was just sung."""
        if self.head is not None and self.head.song.id == song:
            self.skip()

    def _waiting(self, queued: str) -> QueuedSong:
        for song in self._songs:
            if song.id == queued:
                return song
        raise Refused(f"no song {queued!r} waits: it may have been sung or taken off")
