"""Interaction requests (直播互动请求)."""

from cloud.core.requests import Answer
from cloud.desk import invitations
from cloud.web.api import Api, Call
from edge.wire.users import Request, Requests, SendRequest

api = Api("requests")


@api.route("POST", "/requests", body=SendRequest, answer=Request, status=201, limit="60/minute")
def send_request(call: Call, asked: SendRequest) -> Request:
    """Invite a user into a room the caller holds."""
    with call.write() as session:
        return invitations.send(session, call.caller, asked, call.now_ms)


@api.route("GET", "/requests", answer=Requests)
def show_requests(call: Call) -> Requests:
    """Return the requests the caller sent or got."""
    with call.read() as session:
        return invitations.mine(session, call.caller)


@api.route("POST", "/requests/<id:request>/accept", answer=Request)
def accept_request(call: Call, request: str) -> Request:
    """Accept a request and get an entry."""
    return _answer(call, request, "accept")


@api.route("POST", "/requests/<id:request>/decline", answer=Request)
def decline_request(call: Call, request: str) -> Request:
    """Decline a request."""
    return _answer(call, request, "decline")


@api.route("POST", "/requests/<id:request>/withdraw", answer=Request)
def withdraw_request(call: Call, request: str) -> Request:
    """Withdraw one's own request."""
    return _answer(call, request, "withdraw")


def _answer(call: Call, request: str, said: Answer) -> Request:
    with call.write() as session:
        return invitations.answer(call.desk, session, call.caller, request, said, call.now_ms)
