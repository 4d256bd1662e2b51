"""Facts that boxes report through their outboxes, each taken once by the worker."""

from sqlalchemy.orm import Session

from cloud.desk import boxes, rounds, tasks
from edge.wire.boxes import SeatReady, SongEnded
from edge.wire.scores import RoundScored
from edge.wire.tasks import TaskAchieved


def take(
    session: Session, box_id: str, fact: RoundScored | TaskAchieved | SeatReady | SongEnded, now_ms: int
) -> None:
    """Take over a box's fact; one that comes too late, or is not the box's to tell, is logged and ignored."""
    match fact:
        case RoundScored():
            rounds.score(session, box_id, fact, now_ms)
        case TaskAchieved():
            tasks.achieve(session, box_id, fact, now_ms)
        case SeatReady():
            boxes.seat_ready(session, box_id, fact, now_ms)
        case SongEnded():
            rounds.song_ended(session, box_id, fact, now_ms)
