"""The kiosk page's WebSocket: what the box shows on its touchscreen, and what is touched there.

Text messages are these, as JSON; binary ones are camera frames: the RTP timestamp (uint32, big-endian), four
reserved bytes, then a JPEG.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from edge.wire.codec import Id, Message
from edge.wire.elements import ElementsSeen, Scene
from edge.wire.rooms import Entry, Mode, Room, RoomEvent, Round, SeatName
from edge.wire.scores import ScoreChanged
from edge.wire.songs import QueuedSong, Song, SongInfo
from edge.wire.tasks import Task
from edge.wire.users import Language, User


class KioskHello(Message):
    """First message: whose screen this is."""

    type: Literal["hello"] = "hello"
    box: str
    """The box's id; empty until it is enrolled."""
    name: str
    qr_url: str
    """What phones open to log in on this box; empty until the hub answers."""
    qr_svg: str
    """The same as a QR code, an SVG element; empty where `qr_url` is."""
    song_count: int
    language: Language


class KioskStatus(Message):
    """How the box is; one for each part that can fail."""

    type: Literal["status"] = "status"
    part: Literal["microphone", "speaker", "camera", "hub", "media"]
    is_well: bool
    text_zh: str = ""
    text_en: str = ""


class KioskSongs(Message):
    """The answer to a search."""

    type: Literal["songs"] = "songs"
    songs: tuple[SongInfo, ...]


class KioskQueue(Message):
    """The songs that wait."""

    type: Literal["queue"] = "queue"
    queue: tuple[QueuedSong, ...]


class KioskRoom(Message):
    """The room the box sits in."""

    type: Literal["room"] = "room"
    room: Room | None
    seat: SeatName | None = None
    """The box's own seat."""


class KioskRound(Message):
    """The round that is sung, in a room or in the booth alone (its id then starts with `local-`)."""

    type: Literal["round"] = "round"
    round: Round | None


class KioskSong(Message):
    """The song that is sung, with its notes."""

    type: Literal["song"] = "song"
    song: Song


class KioskClock(Message):
    """Where the song is."""

    type: Literal["clock"] = "clock"
    song_t: float | None
    """Song time in s; None when nothing is sung."""


class KioskScore(Message):
    """A seat's running score."""

    type: Literal["score"] = "score"
    seat: SeatName
    message: ScoreChanged


class KioskElements(Message):
    """What is seen in the box's own picture."""

    type: Literal["elements"] = "elements"
    message: ElementsSeen


class KioskTasks(Message):
    """The open tasks of the room."""

    type: Literal["tasks"] = "tasks"
    tasks: tuple[Task, ...]


class KioskEvent(Message):
    """Something happened in the room."""

    type: Literal["event"] = "event"
    event: RoomEvent


class KioskEntry(Message):
    """The way into the room, to be scanned."""

    type: Literal["entry"] = "entry"
    entry: Entry | None


class KioskPatron(Message):
    """A patron logged in on this box."""

    type: Literal["patron"] = "patron"
    user: User


class KioskError(Message):
    """What was touched could not be done."""

    type: Literal["error"] = "error"
    text_zh: str
    text_en: str


class Search(Message):
    """Look for songs."""

    do: Literal["search"]
    q: Annotated[str, StringConstraints(max_length=120)] = ""


class Queue(Message):
    """Put a song on the queue."""

    do: Literal["queue"]
    song: Id


class Unqueue(Message):
    """Take a song off the queue."""

    do: Literal["unqueue"]
    id: Id


class Top(Message):
    """Move a queued song to the top."""

    do: Literal["top"]
    id: Id


class Skip(Message):
    """Stop the song that is sung, or drop the first of the queue."""

    do: Literal["skip"]


class GoLive(Message):
    """Open a room."""

    do: Literal["go-live"]
    kind: Literal["perform", "create"]
    mode: Mode = "pk"
    scene: Scene | None = None


class BeginNow(Message):
    """Sing the first song of the queue."""

    do: Literal["start-round"]


class Leave(Message):
    """Leave the room."""

    do: Literal["leave"]


class RefuseTask(Message):
    """Refuse a task."""

    do: Literal["refuse"]
    task: Id


KioskOrder = Annotated[
    Search | Queue | Unqueue | Top | Skip | GoLive | BeginNow | Leave | RefuseTask,
    Field(discriminator="do"),
]
KIOSK_ORDER: TypeAdapter[Search | Queue | Unqueue | Top | Skip | GoLive | BeginNow | Leave | RefuseTask] = (
    TypeAdapter(KioskOrder)
)
