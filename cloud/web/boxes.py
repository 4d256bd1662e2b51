"""Boxes: enrolment, log-in by key, and the song queue."""

from cloud.desk import boxes
from cloud.web.api import Api, Call
from edge.wire.boxes import BoxLogIn, BoxSession, Challenge, Enrol, Enrolled
from edge.wire.songs import AskSong

api = Api("boxes")


@api.route("POST", "/boxes", body=Enrol, answer=Enrolled, status=201, is_open=True, limit="60/minute")
def enrol_box(call: Call, asked: Enrol) -> Enrolled:
    """Let a new box in by its one-time code."""
    with call.write() as session:
        return boxes.enrol(call.desk, session, asked, call.now_ms)


@api.route("POST", "/boxes/<id:box>/challenges", answer=Challenge, is_open=True, limit="120/minute")
def challenge_box(call: Call, box: str) -> Challenge:
    """Get a nonce to sign."""
    with call.write() as session:
        return boxes.challenge(session, box, call.now_ms)


@api.route(
    "POST",
    "/boxes/<id:box>/sessions",
    body=BoxLogIn,
    answer=BoxSession,
    is_open=True,
    limit="120/minute",
)
def log_in_box(call: Call, asked: BoxLogIn, box: str) -> BoxSession:
    """Log a box in by its signed nonce."""
    with call.write() as session:
        return boxes.log_in(call.desk, session, box, asked, call.now_ms)


@api.route("POST", "/boxes/<id:box>/queue", body=AskSong, status=202, limit="60/minute")
def ask_song(call: Call, asked: AskSong, box: str) -> None:
    """Put a song on the queue of the box whose QR code the caller scanned."""
    with call.write() as session:
        boxes.ask_song(session, call.caller, box, asked, call.now_ms)
