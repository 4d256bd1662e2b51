"""Matching: which open room suits somebody who looks for a partner."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """What a ticket asks for; None: does not matter."""

    user: str
    mode: str | None = None
    song: str | None = None
    language: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A public room whose second seat is free and not kept for anybody."""

    id: str
    broadcaster: str
    mode: str
    song: str | None
    language: str
    region: str
    created_ms: int


def best_room(wish: Wish, rooms: Iterable[OpenRoom]) -> OpenRoom | None:
    """Return the room that suits `wish` best: mode, song and language must agree, the region should; of
    equals the one that has waited longest.
    """
    return min(
        (room for room in rooms if suits(wish, room)),
        key=lambda room: (wish.region is not None and room.region != wish.region, room.created_ms, room.id),
        default=None,
    )


def suits(wish: Wish, room: OpenRoom) -> bool:
    """Say whether `room` is what `wish` asks for; nobody is matched with themselves, or into a solo."""
    return (
        room.broadcaster != wish.user
        and room.mode != "solo"
        and wish.mode in (None, room.mode)
        and wish.song in (None, room.song)
        and wish.language in (None, room.language)
    )
