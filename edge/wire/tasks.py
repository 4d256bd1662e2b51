"""Interactive tasks: {initiator, receiver, element, target, result}."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from edge.wire.codec import Id, Message, Text
from edge.wire.elements import Bbox, Kind, Label
from edge.wire.users import User

TargetText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]*(\([^()]{1,40}\))?$")]
"""`NAME` or `NAME(value)`: `pocketed`, `exercised(10)`, `hits(ball:8)`."""

ResultKind = Literal["gift", "sticker", "caption", "picture"]
TaskState = Literal["open", "achieved", "refused", "expired", "withdrawn"]


class Result(Message):
    """What is delivered when the target is reached."""

    kind: ResultKind
    id: Annotated[str, StringConstraints(max_length=40)] | None = None
    """Gift or sticker in the catalogue."""
    text: Text | None = None
    """A caption's words."""
    points: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Points that move to the broadcaster (a gift's price); set by the hub."""
    name_zh: Text | None = None
    """What the catalogue calls it; set by the hub, as are the next two."""
    name_en: Text | None = None
    picture: Annotated[str, StringConstraints(max_length=200)] = ""
    """One emoji, or the address of a picture."""


class TaskElement(Message):
    """The element a task is about, as it was picked."""

    kind: Kind
    label: Label | None = None
    track: int | None = None
    bbox: Bbox | None = None


class NewTask(Message):
    """POST /api/rooms/<id>/tasks."""

    pick: Id
    element: TaskElement | None = None
    """One of the pick's candidates, where the viewer corrected the choice."""
    target: TargetText
    result: Result
    expires_in_s: Annotated[int, Field(ge=5, le=3600)] = 300


class Task(Message):
    """An interactive task, as everyone in the room sees it."""

    id: Id
    room: Id
    seat: Literal["a", "b"] = "a"
    """Whose picture the element is in."""
    initiator: User
    receiver: User
    element: TaskElement
    target: TargetText
    result: Result
    state: TaskState
    created_ms: int
    expires_ms: int


class TaskList(Message):
    """The room's open tasks (retained)."""

    rev: int
    tasks: tuple[Task, ...] = ()


class Evidence(Message):
    """Why the box judged so."""

    t: float
    """Box time of the judgement, in s."""
    trace: Annotated[tuple[tuple[float, float, float], ...], Field(max_length=256)] = ()
    """(time in s, x, y) of the element's centre."""
    where: str | None = None
    """Pocket or place, where the target names one."""


class TaskAchieved(Message):
    """The target was reached; goes through the outbox, exactly once."""

    task: Id
    room: Id
    evidence: Evidence


class TaskDelivered(Message):
    """The result of a task arrives on every screen."""

    type: Literal["delivered"] = "delivered"
    rev: int = 0
    task: Task
    text_zh: str
    """恭喜您获得“…”赠送的“…”"""
    text_en: str


class TaskClosed(Message):
    """A task ended without a result; its points went back."""

    type: Literal["task-closed"] = "task-closed"
    rev: int = 0
    task: Task
