"""Who may publish, subscribe and receive what on the bus: deny by default, one pure rule for every broker.

A principal is a session of a user, a box, or one of the hub's own services. Its MQTT username and client id
are both its session's name. What it may do is a short list of permissions, each an action with a topic
filter; a broker either asks `authorize` (embedded) or is given the list (`permissions`, pushed).

A filter that a principal asks for is allowed when every topic it can match is also matched by one of the
principal's own filters: `+` and `#` are fine inside its own prefix and nowhere else.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edge.wire import topics

Action = Literal["publish", "subscribe", "receive"]
PrincipalKind = Literal["user", "box", "service"]

MAX_TOPIC_CHARS = 256
"""Longest topic or filter that is looked at."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PREFIX: dict[PrincipalKind, str] = {"user": "u-", "box": "d-", "service": "s-"}
_SEATS = ("a", "b")


@dataclass(frozen=True, slots=True)
class Principal:
    """One session on the bus.

    Raises:
        ValueError: a name that is not safe in a topic, or a session name that is not its kind's.
    """

    session: str
    """MQTT username and client id: `u-...`, `d-<box>` or `s-<service>`."""
    kind: PrincipalKind
    id: str
    """The user, box or service."""
    room: str | None = None
    """The one room whose topics it may follow."""
    seat: str | None = None
    """The seat it scores in that room; boxes only."""

    def __post_init__(self) -> None:
        if self.kind not in _PREFIX:
            raise ValueError(f"principal kind {self.kind!r}: must be user, box or service")
        if not _SESSION.fullmatch(self.session) or not self.session.startswith(_PREFIX[self.kind]):
            raise ValueError(f"session {self.session!r}: a {self.kind}'s begins with {_PREFIX[self.kind]!r}")
        if not _NAME.fullmatch(self.id):
            raise ValueError(f"id {self.id!r}: only letters, digits, _ and -, at most 40")
        if self.kind != "user" and self.session != _PREFIX[self.kind] + self.id:
            raise ValueError(f"session {self.session!r}: must be {_PREFIX[self.kind] + self.id!r}")
        if self.room is not None and not _NAME.fullmatch(self.room):
            raise ValueError(f"room {self.room!r}: only letters, digits, _ and -, at most 40")
        if self.seat is not None and (self.seat not in _SEATS or self.room is None or self.kind != "box"):
            raise ValueError(f"seat {self.seat!r}: only a box holds one, a or b, in a room")


@dataclass(frozen=True, slots=True)
class Permission:
    """Leave to do `action` with every topic that `filter` matches."""

    action: Action
    filter: str


def user(session: str, user_id: str, room: str | None = None) -> Principal:
    """Return the principal of a user's session; `session` without its prefix."""
    return Principal(f"u-{session}", "user", user_id, room)


def box(box_id: str, room: str | None = None, seat: str | None = None) -> Principal:
    """Return the principal of a box, with the room and seat it takes part in, if any."""
    return Principal(f"d-{box_id}", "box", box_id, room, seat)


def service(name: str) -> Principal:
    """Return the principal of one of the hub's services: `worker`, `relay-1`, `standins-1`."""
    return Principal(f"s-{name}", "service", name)


def permissions(principal: Principal) -> tuple[Permission, ...]:
    """Return all that `principal` may do, nothing else is allowed."""
    if principal.kind == "user":
        return _follow(topics.LOBBY, topics.user_notices(principal.id), *_room(principal))
    if principal.kind == "box":
        return _box_permissions(principal)
    return _service_permissions(principal.id)


def subscriptions(principal: Principal) -> tuple[str, ...]:
    """Return the filters that `principal` may subscribe to, as a bus grant lists them."""
    return tuple(given.filter for given in permissions(principal) if given.action == "subscribe")


def authorize(principal: Principal, action: Action, topic: str) -> bool:
    """Say whether `principal` may do `action` with `topic` (a filter when the action is subscribe)."""
    if not topic or len(topic) > MAX_TOPIC_CHARS or "\0" in topic:
        return False
    levels = topic.split("/")
    if action != "subscribe" and any("+" in level or "#" in level for level in levels):
        return False
    if not _is_filter(levels):
        return False
    return any(
        given.action == action and covers(given.filter.split("/"), levels) for given in permissions(principal)
    )


def covers(given: list[str], wanted: list[str]) -> bool:
    """Say whether every topic that filter `wanted` matches is matched by filter `given`, both in levels."""
    for index, level in enumerate(given):
        if level == "#":
            return not (index == 0 and wanted[0].startswith("$"))
        if index >= len(wanted) or wanted[index] == "#":
            return False
        if level == "+":
            if index == 0 and wanted[0].startswith("$"):
                return False
        elif level != wanted[index]:
            return False
    return len(given) == len(wanted)


def claims(principal: Principal) -> dict[str, str]:
    """Return `principal` as claims of a token; `audience` and expiry are the token's own business."""
    found = {"sub": principal.session, "kind": principal.kind, "id": principal.id}
    if principal.room is not None:
        found["room"] = principal.room
    if principal.seat is not None:
        found["seat"] = principal.seat
    return found


def from_claims(found: Mapping[str, object]) -> Principal:
    """Return the user or box that a verified token's claims name.

    Raises:
        ValueError: a claim is missing or is not what it should be; services have no tokens.
    """
    kind = found.get("kind")
    if kind not in ("user", "box"):
        raise ValueError(f"claim kind {kind!r}: must be user or box")
    return Principal(
        session=_text(found, "sub"),
        kind="user" if kind == "user" else "box",
        id=_text(found, "id"),
        room=_text(found, "room") if found.get("room") is not None else None,
        seat=_text(found, "seat") if found.get("seat") is not None else None,
    )


def service_password(key: bytes, name: str) -> str:
    """Return the bus password of one of the hub's services, derived from the hub's secret key."""
    return hmac.new(key, f"ktv-live bus service {name}".encode(), hashlib.sha256).hexdigest()


def _room(principal: Principal) -> tuple[str, ...]:
    return () if principal.room is None else (topics.room_all(principal.room),)


def _follow(*filters: str) -> tuple[Permission, ...]:
    subscribe = tuple(Permission("subscribe", each) for each in filters)
    return subscribe + tuple(Permission("receive", each) for each in filters)


def _send(*filters: str) -> tuple[Permission, ...]:
    return tuple(Permission("publish", each) for each in filters)


def _box_permissions(principal: Principal) -> tuple[Permission, ...]:
    name = principal.id
    told = (topics.box_ack(name), topics.box_command(name), topics.LOBBY)
    sent = [topics.box_state(name), topics.box_up(name), topics.box_answer(name)]
    if principal.room is not None and principal.seat is not None:
        sent.append(topics.seat_score(principal.room, principal.seat))
        sent.append(topics.seat_elements(principal.room, principal.seat))
    return _send(*sent) + _follow(*told, *_room(principal))


def _service_permissions(name: str) -> tuple[Permission, ...]:
    if name == "worker":
        heard = (topics.box_state("+"), topics.box_up("+"), topics.box_answer("+"), topics.relay_state("+"))
        sent = (topics.LOBBY, topics.room_all("+"), topics.user_notices("+"))
        orders = (topics.box_ack("+"), topics.box_command("+"))
        return _send(*sent, *orders) + _follow(*heard)
    if name.startswith("relay-"):
        return _send(topics.relay_state(name))
    if name.startswith("standins-"):
        return _send(topics.box_state(name), topics.box_answer(name)) + _follow(topics.box_command(name))
    return ()


def _is_filter(levels: list[str]) -> bool:
    last = len(levels) - 1
    return all(
        level in ("+", "#") or ("+" not in level and "#" not in level) for level in levels
    ) and not any(level == "#" and index != last for index, level in enumerate(levels))


def _text(found: Mapping[str, object], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise ValueError(f"claim {name} {value!r}: must be a string")
    return value
