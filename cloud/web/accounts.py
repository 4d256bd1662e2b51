"""Accounts and sessions."""

from typing import Annotated

from pydantic import StringConstraints

from cloud.core.errors import LogInNeeded, NotAllowed
from cloud.desk import accounts
from cloud.web.api import Api, Call
from edge.wire.codec import Message
from edge.wire.users import (
    GuestLogIn,
    LogIn,
    Me,
    Refresh,
    Session,
    SignUp,
    UserAttributes,
    UsersFound,
)

api = Api("accounts")


class FindUsers(Message):
    """Query of GET /api/users."""

    q: Annotated[str, StringConstraints(max_length=40)] = ""


@api.route("POST", "/accounts", body=SignUp, answer=Session, status=201, is_open=True, limit="20/minute")
def sign_up(call: Call, asked: SignUp) -> Session:
    """Make an account and log in."""
    hashed = accounts.hash_password(asked.password)
    with call.write() as session:
        return accounts.sign_up(call.desk, session, asked, hashed, call.now_ms)


@api.route("POST", "/sessions", body=LogIn, answer=Session, is_open=True, limit="20/minute")
def log_in(call: Call, asked: LogIn) -> Session:
    """Log in with a user name and password."""
    with call.read() as session:
        user_id = accounts.check_password(session, asked.username, asked.password)
    with call.write() as session:
        return accounts.log_in(call.desk, session, user_id, asked.client, call.now_ms)


@api.route("POST", "/sessions/guest", body=GuestLogIn, answer=Session, is_open=True, limit="60/minute")
def log_in_guest(call: Call, asked: GuestLogIn) -> Session:
    """Come as a guest, bound to a box when its QR code was scanned."""
    with call.write() as session:
        return accounts.log_in_guest(call.desk, session, asked, call.now_ms)


@api.route("POST", "/sessions/refresh", body=Refresh, answer=Session, is_open=True, limit="120/minute")
def refresh(call: Call, asked: Refresh) -> Session:
    """Get new tokens for a refresh token, which is used up."""
    with call.write() as session:
        granted = accounts.refresh(call.desk, session, asked.refresh_token, call.now_ms)
    if granted is None:
        raise LogInNeeded("this refresh token was used before: the session has been ended, log in again")
    return granted


@api.route("DELETE", "/sessions", status=204)
def log_out(call: Call) -> None:
    """End the caller's session."""
    with call.write() as session:
        accounts.log_out(session, call.caller, call.now_ms)


@api.route("GET", "/me", answer=Me)
def me(call: Call) -> Me:
    """Return what the hub knows of the caller."""
    with call.read() as session:
        return accounts.me(session, call.caller)


@api.route("PATCH", "/me", body=UserAttributes, answer=Me)
def change_me(call: Call, asked: UserAttributes) -> Me:
    """Store the caller's attributes."""
    if call.caller.is_stand_in:
        raise NotAllowed("a stand-in box has no attributes of its own")
    with call.write() as session:
        return accounts.change_attributes(session, call.caller, asked)


@api.route("GET", "/users", query=FindUsers, answer=UsersFound)
def find_users(call: Call, asked: FindUsers) -> UsersFound:
    """Find who is here and may be invited."""
    with call.read() as session:
        return accounts.find_users(session, call.caller, asked.q, call.now_ms)
