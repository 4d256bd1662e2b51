"""What is to be said on the bus: rows that the worker publishes in order."""

from sqlalchemy.orm import Session

from cloud import models
from cloud.tokens import new_id
from edge.wire import topics
from edge.wire.boxes import Command, Order
from edge.wire.codec import Message, encode
from edge.wire.users import Notice

ORDER_MS = 30_000
"""How long an order to a box is worth carrying out, unless it says otherwise."""


def say(session: Session, topic: str, message: Message, now_ms: int, *, retain: bool = False) -> None:
    """Publish `message` on `topic`, at least once (QoS 1)."""
    row = models.Outbox(topic=topic, payload=encode(message), qos=1, retain=retain, created_ms=now_ms)
    session.add(row)
    session.flush()


def forget(session: Session, topic: str, now_ms: int) -> None:
    """Clear what is retained on `topic`."""
    session.add(models.Outbox(topic=topic, payload=b"", qos=1, retain=True, created_ms=now_ms))
    session.flush()


def notify(session: Session, user_id: str, notice: Notice, now_ms: int) -> None:
    """Tell one user something."""
    say(session, topics.user_notices(user_id), notice, now_ms)


def order(
    session: Session,
    box_id: str,
    do: Order,
    now_ms: int,
    *,
    lasts_ms: int = ORDER_MS,
    pick_id: str | None = None,
) -> str:
    """Send an order to a box or a stand-ins host and return its id, by which the answer comes."""
    command = Command(id=new_id("c-"), exp=now_ms + lasts_ms, do=do)
    session.add(
        models.Command(
            id=command.id,
            box_id=box_id,
            op=do.op,
            pick_id=pick_id,
            room_id=getattr(do, "room", None),
            expires_ms=command.exp,
        )
    )
    say(session, topics.box_command(box_id), command, now_ms)
    return command.id
