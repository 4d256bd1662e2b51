"""Users: accounts, attributes, sessions, invitations and the notices a user gets."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from edge.wire.codec import Id, Message, Text
from edge.wire.elements import Option, PickAnswer

ClientKind = Literal["box", "pc", "phone"]
"""The kind of client a person uses; box and pc are fixed clients, phone is a mobile one."""

Language = Literal["zh-CN", "en"]
StandInTrouble = Literal["full", "failed"]
"""Why a host starts no stand-in: it runs as many as it may, or the box did not start."""
VoiceRange = Literal["bass", "baritone", "tenor", "alto", "mezzo", "soprano"]


class UserAttributes(Message):
    """What the hub stores of a user at log-in (用户属性信息)."""

    nickname: Text
    avatar: Annotated[str, StringConstraints(max_length=8)] = "🎤"
    """One emoji."""
    language: Language = "zh-CN"
    region: Annotated[str, StringConstraints(max_length=40)] = ""
    voice_range: VoiceRange | None = None
    favourite_songs: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    skill_rating: Annotated[float, Field(ge=0, le=100)] = 50.0


class User(Message):
    """A user as others see them."""

    id: Id
    nickname: str
    avatar: str = "🎤"


class SignUp(Message):
    """POST /api/accounts."""

    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,32}$")]
    password: Annotated[str, StringConstraints(min_length=8, max_length=128)]
    attributes: UserAttributes


class LogIn(Message):
    """POST /api/sessions."""

    username: Annotated[str, StringConstraints(max_length=32)]
    password: Annotated[str, StringConstraints(max_length=128)]
    client: ClientKind = "pc"


class GuestLogIn(Message):
    """POST /api/sessions/guest: what a phone sends after scanning a box's QR code, or a plain guest."""

    nickname: Text | None = None
    box_token: str | None = None
    """The token in the box's QR code; binds the guest to that box."""
    language: Language = "zh-CN"
    client: ClientKind = "phone"


class Refresh(Message):
    """POST /api/sessions/refresh."""

    refresh_token: str


class Session(Message):
    """A granted session."""

    access_token: str
    """Bearer token for the REST API, valid for `expires_in_s`."""
    refresh_token: str
    """Single use; a new one comes with each refresh."""
    expires_in_s: int
    user: User
    attributes: UserAttributes
    points: int
    """Balance of the user's points account."""
    box: Id | None = None
    """The box a guest is bound to by its QR code."""
    box_name: str | None = None
    """What people call that box."""


class Me(Message):
    """GET /api/me."""

    user: User
    attributes: UserAttributes
    points: int
    box: Id | None = None
    """The box a guest is bound to, or the box that asks."""
    box_name: str | None = None
    """What people call that box."""


class UsersFound(Message):
    """GET /api/users?q=: who is logged in and may be invited."""

    users: tuple[User, ...]


class Posting(Message):
    """A line of one's own ledger."""

    id: Id
    """The transfer it belongs to."""
    delta: int
    """Points that came (positive) or went."""
    balance_after: int
    why: Literal["grant", "escrow", "gift", "refund"]
    task: Id | None = None
    at_ms: int


class Ledger(Message):
    """GET /api/ledger: one's own postings, newest first."""

    points: int
    postings: tuple[Posting, ...]


class BusGrant(Message):
    """POST /api/bus-grants: how to connect to the broker now."""

    username: str
    password: str
    client_id: str
    expires_in_s: int
    topics: tuple[str, ...]
    """Filters this grant may subscribe to."""
    host: str | None = None
    """Where boxes reach the broker by TCP; None: the host of the hub's own address."""
    port: int | None = None
    """The broker's TCP port; None: 1884."""


class AskBusGrant(Message):
    """Body of POST /api/bus-grants."""

    room: Id | None = None
    """The room whose topics are wanted, once entered."""


class SendRequest(Message):
    """POST /api/requests: an interaction request (直播互动请求) to one user, for a room the sender holds."""

    to: Id
    room: Id
    message: Annotated[str, StringConstraints(max_length=120)] = ""


class Request(Message):
    """An interaction request as both sides see it."""

    id: Id
    kind: Literal["perform", "create"]
    sender: User
    to: User
    room: Id
    room_title: str
    message: str = ""
    state: Literal["pending", "accepted", "declined", "withdrawn", "expired"]
    expires_ms: int
    """Hub time in ms since 1970 after which it expires."""
    entry: str | None = None
    """The entry's path for the one who accepted."""


class Requests(Message):
    """GET /api/requests: those one sent or received, newest first."""

    requests: tuple[Request, ...]


class RequestChanged(Message):
    """A request was sent to you, or one of yours changed."""

    type: Literal["request"] = "request"
    request: Request


class PickAnswered(Message):
    """The box answered your pick; with the options of the element's kind."""

    type: Literal["pick"] = "pick"
    pick: Id
    answer: PickAnswer
    targets: tuple[Option, ...] = ()
    results: tuple[Option, ...] = ()


class PointsChanged(Message):
    """Your balance changed."""

    type: Literal["points"] = "points"
    points: int
    why: Literal["gift-received", "escrow", "refund", "grant"]
    task: Id | None = None


class SeatOffered(Message):
    """Your ticket was matched: enter by this path before it expires."""

    type: Literal["seat"] = "seat"
    ticket: Id
    room: Id
    entry: str
    expires_ms: int


class StandInMissing(Message):
    """No stand-in could be started for your seat: you are heard and seen, but not scored."""

    type: Literal["stand-in-missing"] = "stand-in-missing"
    room: Id
    seat: Literal["a", "b"]
    why: StandInTrouble


Notice = Annotated[
    RequestChanged | PickAnswered | PointsChanged | SeatOffered | StandInMissing,
    Field(discriminator="type"),
]
NOTICE: TypeAdapter[RequestChanged | PickAnswered | PointsChanged | SeatOffered | StandInMissing] = (
    TypeAdapter(Notice)
)
