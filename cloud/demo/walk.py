"""What the walk's steps share: its people, what they hold, and how a step says that something is not so."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from cloud.demo.booth import Booth
from cloud.demo.clips import Clip
from cloud.demo.peers import Watcher
from cloud.demo.people import Person
from edge.wire.rooms import Entered, RoomGranted
from edge.wire.tasks import Task
from edge.wire.users import PickAnswered


class Unmet(AssertionError):
    """What a step looks for is not so; says what was seen."""


def expect(holds: bool, sentence: str) -> None:
    """Raise `Unmet` with `sentence` unless `holds`."""
    if not holds:
        raise Unmet(sentence)


@dataclass(slots=True)
class Walk:
    """The walk's people and what they have in hand."""

    booth: Booth
    mic: Path
    clip: Clip
    song: str
    mei: Person
    """Sings with the booth, as the second client."""
    lin: Person
    """Watches, and promises gifts."""
    ana: Person
    """Creates a room of her own, as the first client."""
    bo: Person
    """Is invited to it, as the second client."""
    scores: dict[str, float] = field(default_factory=dict)
    """Final scores of the booth's round, by seat."""
    created_scores: dict[str, float] = field(default_factory=dict)
    """Final scores of the round in the created room, by seat."""
    created: asyncio.Future[RoomGranted] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Ana's room, once it is there."""
    accepted: asyncio.Future[Entered] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """How Bo came into it, once he has accepted."""
    room: str = ""
    """The booth's room."""
    round: str = ""
    """The round sung there."""
    entered: Entered | None = None
    """How Mei came into the booth's room."""
    watching: Watcher | None = None
    """What Lin sees and hears of the booth."""
    mei_hears: Watcher | None = None
    answers: list[PickAnswered] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    points_before: int = 0
    """Lin's points at log-in."""
