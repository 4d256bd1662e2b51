"""Every MQTT topic, built and read in this one place."""

import re
from typing import NamedTuple

ROOT = "ktv/1"
LOBBY = f"{ROOT}/lobby"
"""Retained `Lobby`: the live list of rooms, with a revision."""


def box_state(box: str) -> str:
    """Retained `BoxState`; the last will says `lost`."""
    return f"{ROOT}/d/{box}/state"


def box_up(box: str) -> str:
    """QoS 1 `Up`: what the box's outbox delivers."""
    return f"{ROOT}/d/{box}/up"


def box_ack(box: str) -> str:
    """QoS 1 `Ack`: all up to here is committed at the hub."""
    return f"{ROOT}/d/{box}/ack"


def box_command(box: str) -> str:
    """QoS 1 `Command`."""
    return f"{ROOT}/d/{box}/cmd"


def box_answer(box: str) -> str:
    """QoS 1 `CommandAnswer`."""
    return f"{ROOT}/d/{box}/cmdack"


def relay_state(relay: str) -> str:
    """Retained `RelayState`: whose media a relay carries now."""
    return f"{ROOT}/d/{relay}/media"


def room_state(room: str) -> str:
    """Retained `Room`."""
    return f"{ROOT}/r/{room}/state"


def room_events(room: str) -> str:
    """QoS 1 `RoomEvent`; a gap in `rev` means: get the snapshot."""
    return f"{ROOT}/r/{room}/evt"


def room_tasks(room: str) -> str:
    """Retained `TaskList`: the room's open tasks."""
    return f"{ROOT}/r/{room}/tasks"


def room_task(room: str, task: str) -> str:
    """QoS 1 `Task`: one task, each time its state changes."""
    return f"{ROOT}/r/{room}/task/{task}"


def seat_score(room: str, seat: str) -> str:
    """QoS 0 `ScoreChanged`."""
    return f"{ROOT}/r/{room}/s/{seat}"


def seat_elements(room: str, seat: str) -> str:
    """QoS 0 `ElementsSeen`."""
    return f"{ROOT}/r/{room}/det/{seat}"


def round_final(room: str, round_id: str) -> str:
    """Retained `RoundFinal`."""
    return f"{ROOT}/r/{room}/res/{round_id}"


def room_all(room: str) -> str:
    """Filter for everything of one room."""
    return f"{ROOT}/r/{room}/#"


def user_notices(user: str) -> str:
    """QoS 1 `Notice`."""
    return f"{ROOT}/u/{user}/n"


class BoxTopic(NamedTuple):
    """A topic under `ktv/1/d/`, read."""

    box: str
    leaf: str


_BOX = re.compile(rf"^{ROOT}/d/([A-Za-z0-9_-]{{1,40}})/(state|up|ack|cmd|cmdack|media)$")


def read_box_topic(topic: str) -> BoxTopic | None:
    """Return box and leaf of a box's topic, or None for any other topic."""
    found = _BOX.match(topic)
    return BoxTopic(found[1], found[2]) if found else None
