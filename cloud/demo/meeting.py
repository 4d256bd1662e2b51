"""Steps of the walk in which people come together: log-in, lobby, rooms, invitations, matching."""

import asyncio
import time
from collections.abc import Callable

from cloud.demo.peers import Publisher, decode_sound
from cloud.demo.people import Answered, Person, reads
from cloud.demo.walk import Unmet, Walk, expect
from edge.wire import topics
from edge.wire.rooms import (
    AskMatch,
    AskRoom,
    Entered,
    EnterRoom,
    Lobby,
    Room,
    RoomGranted,
    Round,
    StartRound,
    Ticket,
)
from edge.wire.scores import RoundFinal
from edge.wire.users import (
    NOTICE,
    ClientKind,
    LogIn,
    RequestChanged,
    SendRequest,
    Session,
    SignUp,
    UserAttributes,
)
from edge.wire.users import Request as Invitation

PASSWORD = "a-song-for-everyone"  # noqa: S105 - of accounts that live as long as the check


async def log_in(walk: Walk) -> str:
    """Sign up, be refused with a wrong password, log in; the attributes are stored (A1)."""
    for person in (walk.mei, walk.lin, walk.ana, walk.bo):
        username = f"{person.nickname}-{time.time_ns() % 10**9}"
        attributes = UserAttributes(nickname=person.nickname, language="zh-CN", region="Shanghai")
        sign_up = SignUp(username=username, password=PASSWORD, attributes=attributes)
        await person.ask(Session, "POST", "/api/accounts", sign_up)
        try:
            await person.call("POST", "/api/sessions", LogIn(username=username, password=PASSWORD + "!"))
            raise Unmet("a wrong password was let in")
        except Answered as refused:
            expect(refused.status == 401, f"a wrong password got {refused}")
        person.session = await person.ask(
            Session, "POST", "/api/sessions", LogIn(username=username, password=PASSWORD, client="phone")
        )
    me = await walk.lin.call("GET", "/api/me")
    stored = me["attributes"]["region"]
    expect(stored == "Shanghai", f"region stored as {stored!r}")
    walk.points_before = int(me["points"])
    return f"four accounts; {walk.lin.nickname} has {walk.points_before} points"


async def lobby(walk: Walk) -> str:
    """Get the lobby live, as retained, and by asking (A2)."""
    for person in (walk.mei, walk.lin, walk.ana, walk.bo):
        await person.follow()
    live = await walk.lin.events.wait(reads(Lobby, topics.LOBBY), 5, "the retained lobby")
    asked = await walk.lin.ask(Lobby, "GET", "/api/lobby")
    expect(asked.rev >= live.rev, f"snapshot has revision {asked.rev}, the live one {live.rev}")
    return f"revision {live.rev}, {len(live.rooms)} rooms"


async def create(walk: Walk) -> str:
    """Create a room, sing in it with the one who was invited; the third and fourth score (A6)."""
    wish = AskRoom(kind="create", mode="pk", song=walk.song, client="pc")
    granted = await walk.ana.ask(RoomGranted, "POST", "/api/rooms", wish)
    walk.created.set_result(granted)
    expect(granted.entry.kind == "second", f"got a {granted.entry.kind} entry")
    expect("<svg" in granted.entry.qr_svg, "the entry has no QR code")
    expect(granted.attributes.region == "Shanghai", f"room's region is {granted.attributes.region!r}")
    lobby = await walk.ana.ask(Lobby, "GET", "/api/lobby")
    expect(granted.room not in {room.id for room in lobby.rooms}, "a created room stands on the lobby")
    first = await enter(walk.ana, granted.entry.path, "pc")
    second = await asyncio.wait_for(asyncio.shield(walk.accepted), 20)
    expect((first.seat, second.seat) == ("a", "b"), f"got seats {first.seat} and {second.seat}")
    voice = await asyncio.to_thread(decode_sound, walk.mic)
    for person, entered in ((walk.ana, first), (walk.bo, second)):
        await person.follow(granted.room)
        await person.publish(entered, Publisher(voice))
    await both_ready(walk.ana, granted.room)
    begun = await walk.ana.ask(Round, "POST", f"/api/rooms/{granted.room}/rounds", StartRound())
    for person in (walk.ana, walk.bo):
        assert person.publisher is not None
        person.publisher.track.cue(begun.start_ms / 1000)
    where = topics.round_final(granted.room, begun.id)
    final = await walk.bo.events.wait(reads(RoundFinal, where), begun.duration_s + 30, "the round's end")
    walk.created_scores = dict(final.scores)
    expect(set(final.scores) == {"a", "b"}, f"final scores of {sorted(final.scores)}")
    return f"{granted.attributes.title!r}; third and fourth score {walk.created_scores}"


async def invite(walk: Walk) -> str:
    """Invite, decline, withdraw, accept; enter by the entry that accepting gives (A3)."""
    granted = await asyncio.wait_for(asyncio.shield(walk.created), 10)
    wish = SendRequest(to=walk.bo.id, room=granted.room, message="sing with me")
    for verb, state in (("decline", "declined"), ("withdraw", "withdrawn"), ("accept", "accepted")):
        sent = await walk.ana.ask(Invitation, "POST", "/api/requests", wish)
        await walk.bo.events.wait(
            _invited(walk.bo, sent.id, "pending"), 5, "the invitation at the one invited"
        )
        who = walk.ana if verb == "withdraw" else walk.bo
        await who.ask(Invitation, "POST", f"/api/requests/{sent.id}/{verb}")
        await walk.ana.events.wait(_invited(walk.ana, sent.id, state), 5, f"{state} at Ana")
    mine = await walk.bo.call("GET", "/api/requests")
    entry = next(request["entry"] for request in mine["requests"] if request["id"] == sent.id)
    walk.accepted.set_result(await enter(walk.bo, entry, "phone"))
    return "declined, withdrawn, accepted; entered by the second entry"


async def perform(walk: Walk) -> str:
    """Go live at the booth's touchscreen; the first entry comes to the lobby by itself (A4)."""
    await walk.booth.wait(lambda shown: shown.get("type") == "hello", 15, "the kiosk's greeting")
    await walk.booth.do("queue", song=walk.song)
    await walk.booth.do("go-live", kind="perform", mode="pk", scene="billiards")

    def listed(lobby: Lobby) -> bool:
        return any(room.scene == "billiards" and room.entry for room in lobby.rooms)

    lobby = await walk.lin.events.wait(reads(Lobby, topics.LOBBY, listed), 20, "the room on the lobby")
    room = next(room for room in lobby.rooms if room.scene == "billiards" and room.entry)
    walk.room = room.id
    return f"first entry of {room.title!r} came live to the lobby"


async def match(walk: Walk) -> str:
    """Be matched with the booth, enter, send one's voice, until both seats are ready (A5)."""
    ticket = await walk.mei.ask(Ticket, "POST", "/api/tickets", AskMatch(mode="pk", client="phone"))
    end = time.monotonic() + 15
    while ticket.state == "waiting" and time.monotonic() < end:
        await asyncio.sleep(0.3)
        ticket = await walk.mei.ask(Ticket, "GET", f"/api/tickets/{ticket.id}")
    expect(ticket.state == "matched" and ticket.entry is not None, f"the ticket is {ticket.state}")
    expect(ticket.room == walk.room, f"matched to {ticket.room}, not to the booth's room")
    walk.entered = await enter(walk.mei, str(ticket.entry), "phone")
    expect(walk.entered.seat == "b", f"got seat {walk.entered.seat}")
    await walk.mei.follow(walk.room)
    voice = await asyncio.to_thread(decode_sound, walk.mic)
    await walk.mei.publish(walk.entered, Publisher(voice))
    await both_ready(walk.mei, walk.room)
    return f"{walk.mei.nickname} on seat b; both seats live, both boxes ready to score"


async def enter(person: Person, path: str, client: ClientKind) -> Entered:
    """Go in by an entry."""
    token = path.rstrip("/").rsplit("/", 1)[-1]
    return await person.ask(Entered, "POST", f"/api/entries/{token}", EnterRoom(client=client))


async def both_ready(person: Person, room: str) -> None:
    """Wait until both seats are live and their boxes are ready to score."""

    def ready(seen: Room) -> bool:
        return len(seen.seats) == 2 and all(seat.is_live and seat.is_ready for seat in seen.seats)

    await person.events.wait(reads(Room, topics.room_state(room), ready), 30, "both seats live and ready")


def _invited(person: Person, request: str, state: str) -> Callable[[str, bytes], RequestChanged | None]:
    def found(topic: str, payload: bytes) -> RequestChanged | None:
        if topic != topics.user_notices(person.id):
            return None
        notice = NOTICE.validate_json(payload)
        if not isinstance(notice, RequestChanged) or notice.request.id != request:
            return None
        return notice if notice.request.state == state else None

    return found
