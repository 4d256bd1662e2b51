"""The hub's tables, by noun."""

from cloud.models.boxes import Box, Challenge, EnrolCode, Watermark
from cloud.models.bus import Command, Counter, Lease, Outbox
from cloud.models.ledger import Account, Posting, Transfer
from cloud.models.matches import Request, Ticket
from cloud.models.rooms import Entry, LineScore, Room, Round, Score, Seat, Viewer
from cloud.models.songs import Song
from cloud.models.tasks import Pick, Task
from cloud.models.users import Credential, Session, User

__all__ = [
    "Account",
    "Box",
    "Challenge",
    "Command",
    "Counter",
    "Credential",
    "EnrolCode",
    "Entry",
    "Lease",
    "LineScore",
    "Outbox",
    "Pick",
    "Posting",
    "Request",
    "Room",
    "Round",
    "Score",
    "Seat",
    "Session",
    "Song",
    "Task",
    "Ticket",
    "Transfer",
    "User",
    "Viewer",
    "Watermark",
]
