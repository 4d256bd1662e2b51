"""Rooms: attributes out of the creator's, who gets which seat, when a round may start, ends and is won.

Rules of this file: seat `a` belongs to the broadcaster (the first client), seat `b` to whoever comes
through an entry first. A solo room has no seat b. A round starts when every taken seat is ready and
ends when every seat that took part has a final score, or 15 s after the song.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cloud.core.errors import Full, NotAllowed, NotNow
from edge.wire.rooms import AskRoom, Mode, RoomAttributes, SeatName
from edge.wire.users import ClientKind, UserAttributes

COUNT_IN_MS = 3000
"""Time between the start of a round and song time 0, so that every side is in time."""

GRACE_MS = 15_000
"""How long after a song its last scores are waited for."""

RESERVED_MS = 20_000
"""How long a free seat is kept for the one whose ticket was matched."""

ENTRY_S = 2 * 3600
"""How long an entry holds."""

RENEW_MS = 10 * 60_000
"""How long before its end a first entry is replaced on the lobby."""

AWAY_MS = 3 * 60_000
"""How long a singer may be gone from the air before the seat is freed."""

UNSEEN_MS = 20 * 60_000
"""How long a viewer counts without asking for anything; a page asks for a grant every ten minutes."""

EMPTY_MS = 10 * 60_000
"""How long a room without singers stays."""


def attributes(ask: AskRoom, creator: UserAttributes, song_title: str | None) -> RoomAttributes:
    """Return the room attribute set (直播间属性集合): what was asked for, the rest out of the creator's."""
    song = ask.song or (creator.favourite_songs[0] if creator.favourite_songs else None)
    is_chinese = creator.language == "zh-CN"
    title = f"{creator.nickname}的直播间" if is_chinese else f"{creator.nickname}'s room"
    if song_title:
        title = f"{title} · {song_title}"
    return RoomAttributes(
        title=ask.title or title,
        mode=ask.mode,
        song=song,
        tags=ask.tags or ((creator.voice_range,) if creator.voice_range else ()),
        language=creator.language,
        region=creator.region,
        visibility=ask.visibility or ("public" if ask.kind == "perform" else "link"),
        capacity=ask.capacity,
        scene=ask.scene,
    )


def check_first_client(client: ClientKind) -> None:
    """Check that `client` may open a room.

    Raises:
        NotAllowed: a first client is a fixed one.
    """
    if client == "phone":
        raise NotAllowed("a phone cannot open a room: open it on a box or a PC and join from the phone")


def seat_for(
    user: str, broadcaster: str, taken: Mapping[SeatName, str], mode: Mode, *, kept_for: str | None = None
) -> SeatName:
    """Return the seat that `user` gets on entering; the same one again when they have it already.

    Args:
        user: who enters.
        broadcaster: who opened the room.
        taken: seat to user id.
        mode: the room's; solo has seat a only.
        kept_for: user id whose matched ticket keeps the free seat now.

    Raises:
        Full: the seat that would be theirs is taken or does not exist.
    """
    for seat, holder in taken.items():
        if holder == user:
            return seat
    if user == broadcaster:
        return "a"
    if mode == "solo":
        raise Full("this is a solo room: watch it instead")
    if "b" in taken:
        raise Full("full: both singers' places are taken; watch the room instead")
    if kept_for not in (None, user):
        raise Full("full: the free place is kept for someone for a few seconds; try again then")
    return "b"


def state_of(taken: Collection[SeatName], mode: Mode) -> str:
    """Return `matched` when nobody else may take a seat, else `open`."""
    needed = {"a"} if mode == "solo" else {"a", "b"}
    return "matched" if needed <= set(taken) else "open"


def seats_of(mode: Mode) -> tuple[SeatName, ...]:
    """Return the seats a room of this mode has."""
    return ("a",) if mode == "solo" else ("a", "b")


@dataclass(frozen=True, slots=True)
class SeatIs:
    """A taken seat, as far as a round's start depends on it."""

    seat: SeatName
    user: str
    is_ready: bool


def check_start(by: str, seats: Collection[SeatIs], *, is_singing: bool) -> None:
    """Check that the user `by` may start a round now.

    Raises:
        NotAllowed: only the singers of the room may.
        NotNow: a round is being sung, or a seat is not ready.
    """
    if by not in {seat.user for seat in seats}:
        raise NotAllowed("only a singer of this room may start a round: take a seat first")
    if is_singing:
        raise NotNow("a round is being sung: wait until it has ended")
    waiting = [seat.seat for seat in seats if not seat.is_ready]
    if waiting:
        raise NotNow(f"seat {' and '.join(waiting)} not ready: allow the microphone and wait a few seconds")


def is_over(singers: Collection[str], scored: Collection[str], *, ends_ms: int, now_ms: int) -> bool:
    """Say whether a round has ended: all have scored, or song and grace are over."""
    return set(singers) <= set(scored) or now_ms >= ends_ms + GRACE_MS


def ends_ms(start_ms: int, duration_s: float) -> int:
    """Return the hub time in ms at which a round's song ends."""
    return start_ms + round(duration_s * 1000)


def winner(mode: Mode, scores: Mapping[str, float]) -> SeatName | None:
    """Return who won: in a PK the higher of two scores; None for a tie, a missing score or another mode."""
    if mode != "pk" or set(scores) != {"a", "b"} or scores["a"] == scores["b"]:
        return None
    return "a" if scores["a"] > scores["b"] else "b"
