"""The lobby (直播任务列表), and tickets of those who look for a partner."""

from cloud.desk import matches, rooms
from cloud.web.api import Api, Call
from edge.wire.rooms import AskMatch, Lobby, Ticket

api = Api("lobby")


@api.route("GET", "/lobby", answer=Lobby)
def lobby(call: Call) -> Lobby:
    """Return every public room that has not ended."""
    with call.read() as session:
        return rooms.lobby(session)


@api.route("POST", "/tickets", body=AskMatch, answer=Ticket, status=201, limit="60/minute")
def ask_match(call: Call, asked: AskMatch) -> Ticket:
    """Look for a room with a free second seat."""
    with call.write() as session:
        return matches.ask(session, call.caller, asked, call.now_ms)


@api.route("GET", "/tickets/<id:ticket>", answer=Ticket)
def show_ticket(call: Call, ticket: str) -> Ticket:
    """Return one's own ticket."""
    with call.read() as session:
        return matches.show(session, call.caller, ticket)


@api.route("DELETE", "/tickets/<id:ticket>", status=204)
def withdraw_ticket(call: Call, ticket: str) -> None:
    """Stop looking for a partner."""
    with call.write() as session:
        matches.withdraw(session, call.caller, ticket)
