"""Boxes: enrolment, state, the exactly-once outbox, commands and their answers."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from edge.wire.codec import Id, Message
from edge.wire.elements import Pick, PickAnswer, Scene
from edge.wire.rooms import MediaGrant, Mode, Round, SeatName
from edge.wire.scores import RoundScored
from edge.wire.songs import QueuedSong
from edge.wire.tasks import Task, TaskAchieved
from edge.wire.users import StandInTrouble, User


class BoxState(Message):
    """How a box is (retained; the last will says `lost`)."""

    s: Literal["ready", "sleeping", "lost"]
    boot: Id | None = None
    """Changes with each start."""
    v: str | None = None
    """Version of the box's software."""
    room: Id | None = None
    queue: tuple[QueuedSong, ...] = ()


class Up(Message):
    """One outbox row on its way to the hub."""

    e: Id
    """Epoch: changes when the box's store is made anew."""
    s: Annotated[int, Field(ge=1)]
    """Sequence number, without gaps within an epoch."""
    k: Literal["round-scored", "task-achieved", "seat-ready", "song-ended"]
    p: dict[str, object]
    """The fact: `RoundScored`, `TaskAchieved`, `SeatReady` or `SongEnded`."""


class SeatReady(Message):
    """The box hears its singer and is ready to score this seat."""

    room: Id
    seat: SeatName


class SongEnded(Message):
    """The song has ended at this seat, sung or not."""

    room: Id
    round: Id
    seat: SeatName


FACTS = {
    "round-scored": RoundScored,
    "task-achieved": TaskAchieved,
    "seat-ready": SeatReady,
    "song-ended": SongEnded,
}
"""Kind of an `Up` to its payload's type."""


class Ack(Message):
    """Everything of epoch `e` up to `upto` is committed at the hub."""

    e: Id
    upto: int


class TakeSeat(Message):
    """Enter a room on this seat: publish, listen, score, watch.

    A box with a mic and camera of its own publishes them; a stand-in box gets the singer's voice and
    picture from `listen` and `watch` instead.
    """

    op: Literal["take-seat"] = "take-seat"
    room: Id
    seat: SeatName
    scene: Scene
    mode: Mode
    singer: User
    publish: MediaGrant | None = None
    """Where the box sends its own mic and camera."""
    hear: MediaGrant | None = None
    """The partner's voice, for the box's speaker."""
    source: MediaGrant | None = None
    """A stand-in's mic and camera: the singer's own stream."""


class LeaveSeat(Message):
    """Leave the room."""

    op: Literal["leave-seat"] = "leave-seat"
    room: Id


class BeginRound(Message):
    """Sing and score this round."""

    op: Literal["begin-round"] = "begin-round"
    room: Id
    round: Round


class StopRound(Message):
    """Stop the round now."""

    op: Literal["stop-round"] = "stop-round"
    room: Id
    round: Id


class FindElement(Message):
    """Find the element at this pick."""

    op: Literal["find-element"] = "find-element"
    room: Id
    pick: Pick


class WatchTasks(Message):
    """Judge exactly these tasks from now on (replaces what was watched before)."""

    op: Literal["watch-tasks"] = "watch-tasks"
    room: Id
    tasks: tuple[Task, ...]


class QueueSong(Message):
    """Put a song on the box's queue."""

    op: Literal["queue-song"] = "queue-song"
    queued: QueuedSong


class WelcomePatron(Message):
    """A patron scanned the box's QR code."""

    op: Literal["welcome-patron"] = "welcome-patron"
    user: User


class StartBox(Message):
    """To a stand-ins host: start a stand-in box that enrols with this code."""

    op: Literal["start-box"] = "start-box"
    enrol_code: str
    name: Annotated[str, StringConstraints(max_length=60)]
    take: TakeSeat
    """What it does once it is enrolled; sent to it as its first command."""


class StopBox(Message):
    """To a stand-ins host: stop the stand-in box of this room and seat."""

    op: Literal["stop-box"] = "stop-box"
    room: Id
    seat: SeatName


Order = Annotated[
    TakeSeat
    | LeaveSeat
    | BeginRound
    | StopRound
    | FindElement
    | WatchTasks
    | QueueSong
    | WelcomePatron
    | StartBox
    | StopBox,
    Field(discriminator="op"),
]


class Command(Message):
    """An order to a box; idempotent by `id`, worthless after `exp`."""

    id: Id
    exp: int
    """Hub time in ms after which it must not be carried out."""
    do: Order


class StandInRefused(Message):
    """A stand-ins host could not start the box of this seat."""

    room: Id
    seat: SeatName
    why: StandInTrouble


class CommandAnswer(Message):
    """What came of a command."""

    id: Id
    ok: bool
    error: str | None = None
    pick: PickAnswer | None = None
    """The answer to `find-element`."""
    stand_in: StandInRefused | None = None
    """What came of a `start-box` that was not carried out."""


COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class Enrol(Message):
    """POST /api/boxes: a new box shows its one-time code and its public key."""

    code: Annotated[str, StringConstraints(max_length=64)]
    public_key: Annotated[str, StringConstraints(max_length=100)]
    """Ed25519, raw, base64url."""
    name: Annotated[str, StringConstraints(max_length=60)] = "booth"
    hardware: Annotated[str, StringConstraints(max_length=120)] = ""


class Enrolled(Message):
    """201 to an enrolment."""

    box: Id
    user: User
    """The house account of this box: it performs when no patron is logged in."""


class Challenge(Message):
    """POST /api/boxes/<id>/challenges: sign `nonce` with the box's key."""

    nonce: str


class BoxLogIn(Message):
    """POST /api/boxes/<id>/sessions."""

    nonce: str
    signature: str
    """Ed25519 over the nonce's bytes, base64url."""


class BoxSession(Message):
    """A box's session at the hub."""

    access_token: str
    expires_in_s: int
    box: Id
    qr_url: str
    """What the box shows as QR code for phones to log in on it."""
    room: Id | None = None


class SeatMedia(Message):
    """One seat's media at a relay."""

    room: Id
    seat: SeatName
    is_live: bool
    viewers: int = 0


class RelayState(Message):
    """Everything a relay carries now: a whole snapshot, sent on each change (retained)."""

    seats: tuple[SeatMedia, ...] = ()
