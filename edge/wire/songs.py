"""Songs: what the catalogue says of them, their notes, and the queue of a box."""

from typing import Annotated, Literal

from pydantic import Field

from edge.wire.codec import Id, Message
from edge.wire.users import Language, User

TAIL_S = 1.0
"""What follows the last note of a song without backing: nothing, for this long, in s."""

NoteKind = Literal["normal", "golden", "freestyle", "rap", "golden-rap"]


class SongNote(Message):
    """A note, as pages draw it."""

    t: float
    """Start in s of song time."""
    d: float
    """Duration in s."""
    p: int
    """MIDI note number."""
    w: str
    """The syllable."""
    k: NoteKind = "normal"


class SongLine(Message):
    """A line of lyrics with its notes."""

    t: float
    d: float
    notes: tuple[SongNote, ...]
    singer: Literal["a", "b", "both"] = "both"
    """Whose line it is in a duet."""


class SongInfo(Message):
    """A song as lists show it."""

    id: Id
    title: str
    artist: str
    language: Language | str = "en"
    duration_s: float
    version: int = 1
    rights: str = ""
    """Licence or right of use."""
    has_backing: bool = False


class Song(Message):
    """GET /api/songs/<id>: everything a page or box needs to sing it."""

    info: SongInfo
    lines: tuple[SongLine, ...]


def length_s(notes_end_s: float, backing_s: float | None) -> float:
    """Return how long a song lasts, in s: as long as its backing, and never shorter than its notes.

    Args:
        notes_end_s: song time at which the last note ends.
        backing_s: length of the backing; None where there is none, then a second of silence follows.
    """
    return round(max(notes_end_s, notes_end_s + TAIL_S if backing_s is None else backing_s), 3)


class SongFound(Message):
    """GET /api/songs?q=."""

    songs: tuple[SongInfo, ...]
    total: Annotated[int, Field(ge=0)]


class QueuedSong(Message):
    """A song waiting on a box."""

    id: Id
    song: SongInfo
    by: User | None = None


class AskSong(Message):
    """POST /api/boxes/<id>/queue."""

    song: Id
