"""Rooms: opened, entered, watched, sung in, left, ended."""

from cloud.desk import entering, rooms, rounds
from cloud.web.api import Api, Call
from edge.wire.rooms import AskRoom, Entered, EnterRoom, Room, RoomGranted, Round, Say, StartRound
from edge.wire.scores import RoundFinal

api = Api("rooms")


@api.route("POST", "/rooms", body=AskRoom, answer=RoomGranted, status=201, limit="30/minute")
def open_room(call: Call, asked: AskRoom) -> RoomGranted:
    """Open a room, to perform or to create, and get its entry."""
    with call.write() as session:
        return entering.open_room(call.desk, session, call.caller, asked, call.now_ms)


@api.route("GET", "/rooms/<id:room>", answer=Room)
def show_room(call: Call, room: str) -> Room:
    """Return a room's snapshot."""
    with call.read() as session:
        return rooms.show(session, call.caller, room)


@api.route("DELETE", "/rooms/<id:room>", status=204)
def end_room(call: Call, room: str) -> None:
    """End a room as its broadcaster."""
    with call.write() as session:
        entering.end_room(session, call.caller, room, call.now_ms)


@api.route("POST", "/entries/<token:token>", body=EnterRoom, answer=Entered, limit="120/minute")
def enter_room(call: Call, asked: EnterRoom, token: str) -> Entered:
    """Take a seat through an entry."""
    with call.write() as session:
        return entering.enter(call.desk, session, call.caller, token, asked, call.now_ms)


@api.route("POST", "/rooms/<id:room>/viewers", body=EnterRoom, answer=Entered, limit="120/minute")
def watch_room(call: Call, asked: EnterRoom, room: str) -> Entered:
    """Watch a room."""
    with call.write() as session:
        return entering.watch(call.desk, session, call.caller, room, asked, call.now_ms)


@api.route("DELETE", "/rooms/<id:room>/viewers", status=204)
def stop_watching(call: Call, room: str) -> None:
    """Stop watching a room."""
    with call.write() as session:
        entering.stop_watching(session, call.caller, room, call.now_ms)


@api.route("DELETE", "/rooms/<id:room>/seats/<id:seat>", status=204)
def leave_seat(call: Call, room: str, seat: str) -> None:
    """Leave a seat, or free it as the broadcaster."""
    with call.write() as session:
        entering.leave_seat(session, call.caller, room, seat, call.now_ms)


@api.route("POST", "/rooms/<id:room>/rounds", body=StartRound, answer=Round, status=201, limit="60/minute")
def start_round(call: Call, asked: StartRound, room: str) -> Round:
    """Begin a round 3 s from now."""
    with call.write() as session:
        return rounds.start(session, call.caller, room, asked, call.now_ms)


@api.route("GET", "/rooms/<id:room>/rounds/<id:round_id>", answer=RoundFinal)
def show_final(call: Call, room: str, round_id: str) -> RoundFinal:
    """Return how a round ended."""
    with call.read() as session:
        return rounds.final(session, call.caller, room, round_id)


@api.route("POST", "/rooms/<id:room>/chat", body=Say, status=204, limit="60/minute")
def chat(call: Call, asked: Say, room: str) -> None:
    """Say something to everyone in a room."""
    with call.write() as session:
        rooms.chat(session, call.caller, room, asked, call.now_ms)
