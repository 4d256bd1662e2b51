"""The catalogue: imported from folders of songs, searched, shown.

A song's folder holds an UltraStar file (`song.txt`, or the only `.txt` with a title), and may hold
`backing` and `vocals` audio, named in the headers #INSTRUMENTAL and #VOCALS or by those words, and
`licence.txt`. Audio that browsers cannot play is converted once to Opus in the hub's own folder.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cloud import models
from cloud.core.errors import Unknown, Wrong
from cloud.core.songs import SongFile, parse
from cloud.db import Database
from cloud.desk import sounds, views
from edge.wire import songs as wire

log = logging.getLogger(__name__)

Part = Literal["backing", "vocals"]
_HEADERS: dict[Part, str] = {"backing": "INSTRUMENTAL", "vocals": "VOCALS"}
_STEMS: dict[Part, tuple[str, ...]] = {"backing": ("backing", "instrumental"), "vocals": ("vocals",)}
_WHOLE = ("AUDIO", "MP3")
"""Headers that name the full recording, which is played where there is no backing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A song's folder, read."""

    id: str
    notes: str
    song: SongFile
    sounds: dict[Part, Path]
    rights: str
    content_hash: str


def import_songs(database: Database, folders: tuple[Path, ...], audio_dir: Path) -> int:
    """Bring the catalogue up to date with `folders`; return how many songs it lists.

    A broken song is reported and left out; the others are imported.
    """
    seen = set()
    for folder in sorted(
        one for parent in folders if parent.is_dir() for one in parent.iterdir() if one.is_dir()
    ):
        try:
            found = read_folder(folder)
            if found.id in seen:
                raise Wrong(f"another folder is called {found.id} too: rename one of them")
            _store(database, found, audio_dir)
            seen.add(found.id)
        except (Wrong, OSError) as error:
            log.warning("song %s is left out: %s", folder, error)
    with database.write() as session:
        for row in session.scalars(select(models.Song)):
            row.is_listed = row.id in seen
    return len(seen)


def read_folder(folder: Path) -> Found:
    """Return the song in `folder`.

    Raises:
        Wrong: there is no song file, or it is broken; says where.
    """
    path = song_file(folder)
    raw = path.read_bytes()
    try:
        song = parse(_text(raw))
    except Wrong as error:
        raise Wrong(f"{path.name}: {error}") from error
    found = {part: sound for part in _HEADERS if (sound := _sound(folder, song, part)) is not None}
    licence = folder / "licence.txt"
    rights = licence.read_text("utf-8").strip().splitlines()[0][:240] if licence.is_file() else ""
    hashed = hashlib.sha256(raw + rights.encode())
    for sound in found.values():
        hashed.update(sound.name.encode() + sound.read_bytes())
    return Found(song_id(folder.name), _text(raw), song, found, rights, hashed.hexdigest())


def song_file(folder: Path) -> Path:
    """Return the song file in `folder`.

    Raises:
        Wrong: there is none, or more than one that may be meant.
    """
    named = folder / "song.txt"
    if named.is_file():
        return named
    texts = sorted(one for one in folder.glob("*.txt") if b"#TITLE:" in one.read_bytes().upper())
    if len(texts) != 1:
        raise Wrong(f"{len(texts)} song files were found in this folder, one was expected: call it song.txt")
    return texts[0]


def _text(raw: bytes) -> str:
    """Decode a song file: UTF-8, else the code page that old Chinese files are written in."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _sound(folder: Path, song: SongFile, part: Part) -> Path | None:
    """Return the sound that is named, else the one called so, else the full recording; as a box does."""
    headers = (_HEADERS[part], *(_WHOLE if part == "backing" else ()))
    named, *whole = (_named(folder, song.headers.get(header, "")) for header in headers)
    called = (one for stem in _STEMS[part] for one in sorted(folder.glob(f"{stem}.*")))
    known = next((one for one in called if one.suffix.lower() in sounds.KNOWN), None)
    return next((one for one in (named, known, *whole) if one is not None), None)


def _named(folder: Path, name: str) -> Path | None:
    path = folder / Path(name).name
    return path if name and path.is_file() else None


def song_id(name: str) -> str:
    """Return a folder's name as a song's id: safe in topics, paths and file names."""
    slug = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:40]
    return slug or "song-" + hashlib.sha256(name.encode()).hexdigest()[:12]


def _store(database: Database, found: Found, audio_dir: Path) -> None:
    """Write a song that is new or changed into the catalogue."""
    with database.read() as session:
        old = session.get(models.Song, found.id)
        if old is not None and old.content_hash == found.content_hash and _still_there(old):
            return
    paths = {part: _playable(sound, audio_dir, found, part) for part, sound in found.sounds.items()}
    backing = paths.get("backing")
    backing_s = sounds.duration_s(backing) if backing else None
    headers = found.song.headers
    with database.write() as session:
        row = session.get(models.Song, found.id) or models.Song(id=found.id, version=0)
        row.title, row.artist = headers["TITLE"][:240], headers.get("ARTIST", "")[:240]
        row.language, row.rights = found.song.language[:40], found.rights
        row.duration_s = wire.length_s(found.song.end_s, backing_s)
        row.lines = [line.model_dump(mode="json") for line in found.song.lines]
        row.notes, row.content_hash = found.notes, found.content_hash
        row.backing = str(backing) if backing else None
        row.vocals = str(paths["vocals"]) if "vocals" in paths else None
        row.version, row.is_listed = row.version + 1, True
        session.add(row)
    log.info("song %s is in the catalogue (version %d)", found.id, row.version)


def _still_there(row: models.Song) -> bool:
    return all(Path(path).is_file() for path in (row.backing, row.vocals) if path)


def _playable(sound: Path, audio_dir: Path, found: Found, part: Part) -> Path:
    """Return a file with this sound that browsers play; converted when it is not one yet."""
    if sound.suffix.lower() in sounds.PLAYABLE:
        return sound.resolve()
    target = audio_dir / f"{found.id}-{part}-{found.content_hash[:12]}.ogg"
    if not target.is_file():
        sounds.convert(sound, target)
    return target


def search(session: Session, words: str, limit: int) -> wire.SongFound:
    """Return songs whose title or artist holds every one of `words`."""
    chosen = select(models.Song).where(models.Song.is_listed)
    for word in words.split():
        chosen = chosen.where(
            or_(
                models.Song.title.icontains(word, autoescape=True),
                models.Song.artist.icontains(word, autoescape=True),
            )
        )
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows = session.scalars(chosen.order_by(models.Song.title, models.Song.id).limit(limit))
    return wire.SongFound(songs=tuple(views.song_info(row) for row in rows), total=total)


def get(session: Session, song: str) -> models.Song:
    """Return a song of the catalogue.

    Raises:
        Unknown: there is none of that name.
    """
    row = session.get(models.Song, song)
    if row is None:
        raise Unknown(f"there is no song {song}: search the catalogue")
    return row


def show(session: Session, song: str) -> wire.Song:
    """Return everything a page or box needs to sing a song."""
    row = get(session, song)
    lines = tuple(wire.SongLine.model_validate(line, strict=False) for line in row.lines)
    return wire.Song(info=views.song_info(row), lines=lines)


def audio(session: Session, song: str, part: Part) -> tuple[Path, str]:
    """Return a song's sound file and its type.

    Raises:
        Unknown: no such song, or it has no such sound.
    """
    row = get(session, song)
    path = row.backing if part == "backing" else row.vocals
    if path is None or not Path(path).is_file():
        raise Unknown(f"song {song} has no {part}")
    return Path(path), sounds.PLAYABLE[Path(path).suffix.lower()]
