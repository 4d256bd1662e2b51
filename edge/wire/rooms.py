"""Rooms, their seats, rounds and entries, and the lobby that lists them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from edge.wire.codec import Id, Message, Text
from edge.wire.elements import Scene
from edge.wire.scores import LineRated, RoundFinal
from edge.wire.tasks import TaskClosed, TaskDelivered
from edge.wire.users import ClientKind, Language, StandInTrouble, User

SeatName = Literal["a", "b"]
"""`a` is the first client (the broadcaster), `b` the second."""

Mode = Literal["solo", "duet", "pk", "chorus"]
Visibility = Literal["public", "link"]


class AskRoom(Message):
    """POST /api/rooms: a perform (进行) or a create (创建) request."""

    kind: Literal["perform", "create"]
    title: Text | None = None
    mode: Mode = "pk"
    song: Id | None = None
    scene: Scene = "party"
    tags: Annotated[tuple[Text, ...], Field(max_length=8)] = ()
    visibility: Visibility | None = None
    """None: public for perform, by link for create."""
    capacity: Annotated[int, Field(ge=2, le=10_000)] = 200
    """Most viewers."""
    client: ClientKind = "pc"


class RoomAttributes(Message):
    """The room attribute set (直播间属性集合)."""

    title: str
    mode: Mode
    song: Id | None = None
    tags: tuple[str, ...] = ()
    language: Language = "zh-CN"
    region: str = ""
    visibility: Visibility = "public"
    capacity: int = 200
    scene: Scene = "party"


class Entry(Message):
    """An access entry (访问入口): a signed, expiring token as path and QR code."""

    kind: Literal["first", "second"]
    path: str
    """`/e/<token>`."""
    expires_ms: int
    qr_svg: str
    """The full address as a QR code, an SVG element."""


class RoomGranted(Message):
    """201 to POST /api/rooms."""

    room: Id
    attributes: RoomAttributes
    entry: Entry
    """First entry for perform (also on the lobby), second for create."""


class Seat(Message):
    """One of the two singers' places."""

    seat: SeatName
    user: User
    client: ClientKind
    box: Id | None = None
    """The box that scores this seat: its own, or a stand-in."""
    is_stand_in: bool = False
    is_live: bool = False
    """Its media reaches the hub."""
    is_ready: bool = False
    """Its box is ready to score."""
    no_stand_in: StandInTrouble | None = None
    """Why no stand-in could be started for it."""


class Round(Message):
    """One song sung in a room."""

    id: Id
    song: Id
    song_title: str
    mode: Mode
    state: Literal["counting", "singing", "ended"]
    start_ms: int
    """Hub time in ms at which song time is 0."""
    duration_s: float
    scores: dict[str, float] = Field(default_factory=dict)
    """Final scores so far, by seat."""


class Room(Message):
    """A room's snapshot (retained)."""

    id: Id
    rev: int
    attributes: RoomAttributes
    kind: Literal["perform", "create"]
    broadcaster: User
    state: Literal["open", "matched", "ended"]
    seats: tuple[Seat, ...] = ()
    round: Round | None = None
    viewers: int = 0
    created_ms: int


class LobbyRoom(Message):
    """A room as the lobby shows it."""

    id: Id
    title: str
    mode: Mode
    song_title: str | None = None
    scene: Scene
    tags: tuple[str, ...] = ()
    language: Language
    region: str = ""
    broadcaster: User
    state: Literal["open", "matched"]
    """`open`: someone may take the second seat."""
    viewers: int = 0
    entry: str | None = None
    """Path of the first entry, while a seat is free."""


class Lobby(Message):
    """The task list (直播任务列表): every public room that has not ended (retained)."""

    rev: int
    rooms: tuple[LobbyRoom, ...] = ()


class EnterRoom(Message):
    """POST /api/entries/<token> or /api/rooms/<id>/viewers."""

    client: ClientKind = "pc"
    entry: Annotated[str, StringConstraints(max_length=600)] | None = None
    """An entry's token, for watching a room that is open by link only."""


class MediaGrant(Message):
    """What a client may send to and get from the relay."""

    url: str
    """`/whip/<room>` or `/whep/<room>?seat=a`."""
    token: str
    """Bearer token."""
    seat: SeatName
    expires_in_s: int


class Entered(Message):
    """200 to entering a room."""

    room: Room
    role: Literal["singer", "viewer"]
    seat: SeatName | None = None
    publish: MediaGrant | None = None
    watch: tuple[MediaGrant, ...] = ()
    """One for each seat there is or may be."""


class StartRound(Message):
    """POST /api/rooms/<id>/rounds."""

    song: Id | None = None
    """None: the room's song."""


class AskMatch(Message):
    """POST /api/tickets: find me a room with a free second seat."""

    mode: Mode | None = None
    song: Id | None = None
    language: Language | None = None
    region: str | None = None
    client: ClientKind = "pc"


class Ticket(Message):
    """A wish to be matched."""

    id: Id
    state: Literal["waiting", "matched", "withdrawn", "expired"]
    room: Id | None = None
    entry: str | None = None
    expires_ms: int


class RoundStarted(Message):
    """A round begins at `round.start_ms`."""

    type: Literal["round-started"] = "round-started"
    rev: int = 0
    round: Round


class RoundEnded(Message):
    """A round has ended."""

    type: Literal["round-ended"] = "round-ended"
    rev: int = 0
    final: RoundFinal


class Said(Message):
    """A line of chat."""

    type: Literal["said"] = "said"
    rev: int = 0
    user: User
    text: Text


class Say(Message):
    """POST /api/rooms/<id>/chat."""

    text: Text


RoomEvent = Annotated[
    RoundStarted | RoundEnded | LineRated | TaskDelivered | TaskClosed | Said,
    Field(discriminator="type"),
]
ROOM_EVENT: TypeAdapter[RoundStarted | RoundEnded | LineRated | TaskDelivered | TaskClosed | Said] = (
    TypeAdapter(RoomEvent)
)

EntryToken = Annotated[str, StringConstraints(max_length=600)]
