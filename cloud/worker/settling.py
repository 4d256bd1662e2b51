"""What boxes and relays say, brought into the database: exactly once for what their outboxes deliver.

A batch is one transaction. Each message has a savepoint of its own, so that one which cannot be taken leaves
the others alone. A fact (`Up`) is taken only when it is the next of its box's epoch: an earlier one is a
duplicate and is acknowledged again; a later one is left out, the box sends again from where the hub stands.
What was taken is acknowledged after the commit, never before.

A fact that cannot be taken at all is put aside in a file and acknowledged, because the box would send it for
ever and nothing after it would get through.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cloud import models
from cloud.db import Database
from edge.wire.boxes import FACTS, Ack, BoxState, CommandAnswer, RelayState, SeatReady, SongEnded, Up
from edge.wire.codec import Id, Message, WireError, decode
from edge.wire.scores import RoundScored
from edge.wire.tasks import TaskAchieved

BATCH = 200
"""Most messages in one transaction."""

log = logging.getLogger(__name__)

Fact = RoundScored | TaskAchieved | SeatReady | SongEnded

_FACTS: dict[str, TypeAdapter[Any]] = {kind: TypeAdapter(fact) for kind, fact in FACTS.items()}


@dataclass(frozen=True, slots=True)
class Heard:
    """One message from the bus."""

    sender: str
    """The box, relay or stand-ins host of its topic."""
    leaf: str
    """Last level of its topic: `state`, `up`, `cmdack` or `media`."""
    payload: bytes


@dataclass(frozen=True, slots=True)
class Takers:
    """What is done with each kind of message, in the batch's session; `now_ms` comes last."""

    fact: Callable[[Session, str, Fact, int], None]
    state: Callable[[Session, str, BoxState, int], None]
    answer: Callable[[Session, str, CommandAnswer, int], None]
    media: Callable[[Session, str, RelayState, int], None]


class _Place(Message):
    """As much of an `Up` as is needed to get past it."""

    e: Id
    s: int


@dataclass(slots=True)
class _Batch:
    """One transaction's worth of watermarks and of facts put aside."""

    session: Session
    marks: dict[tuple[str, str], int | None] = field(default_factory=dict)
    moved: set[tuple[str, str]] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)
    refused: list[dict[str, object]] = field(default_factory=list)


class Settling:
    """Takes batches of messages into the database."""

    def __init__(self, database: Database, takers: Takers, refused_path: Path) -> None:
        self._database = database
        self._takers = takers
        self._refused_path = refused_path

    def settle(self, heard: Sequence[Heard], now_ms: int) -> list[tuple[str, Ack]]:
        """Commit what `heard` tells and return what may be acknowledged now, by box.

        Raises:
            OperationalError: the database is not there or not writable; nothing of the batch was taken.
        """
        with self._database.write() as session:
            batch = _Batch(session)
            for message in heard:
                self._take(batch, message, now_ms)
            for key in batch.moved:
                session.merge(models.Watermark(box_id=key[0], epoch=key[1], seq=batch.marks[key]))
        self._put_aside(batch.refused)
        return [
            (box, Ack(e=epoch, upto=upto))
            for box, epoch in sorted(batch.seen)
            if (upto := batch.marks[box, epoch]) is not None
        ]

    def _take(self, batch: _Batch, message: Heard, now_ms: int) -> None:
        if message.leaf == "up":
            self._take_up(batch, message, now_ms)
            return
        reason = self._attempt(batch.session, lambda: self._take_other(batch.session, message, now_ms))
        if reason is not None:
            log.warning("%s of %s cannot be taken: %s", message.leaf, message.sender, reason)

    def _take_other(self, session: Session, message: Heard, now_ms: int) -> None:
        sender, payload = message.sender, message.payload
        if message.leaf == "state":
            self._takers.state(session, sender, decode(BoxState, payload), now_ms)
        elif message.leaf == "cmdack":
            self._takers.answer(session, sender, decode(CommandAnswer, payload), now_ms)
        elif message.leaf == "media":
            self._takers.media(session, sender, decode(RelayState, payload), now_ms)

    def _take_up(self, batch: _Batch, message: Heard, now_ms: int) -> None:
        try:
            place = decode(_Place, message.payload)
        except WireError as error:
            log.warning("up of %s is not an outbox row: %s", message.sender, error)
            return
        key = (message.sender, place.e)
        if key not in batch.marks:
            batch.marks[key] = _read_mark(batch.session, *key)
        mark = batch.marks[key]
        if mark is None:
            log.warning("up of %s, a box that nobody enrolled", message.sender)
            return
        batch.seen.add(key)
        if place.s != mark + 1:
            return
        reason = self._attempt(batch.session, lambda: self._take_fact(batch.session, message, now_ms))
        if reason is not None:
            self._refuse(batch, message, place, reason, now_ms)
        batch.marks[key] = place.s
        batch.moved.add(key)

    def _take_fact(self, session: Session, message: Heard, now_ms: int) -> None:
        up = decode(Up, message.payload)
        fact: Fact = decode(_FACTS[up.k], json.dumps(up.p))
        self._takers.fact(session, message.sender, fact, now_ms)

    def _attempt(self, session: Session, take: Callable[[], None]) -> str | None:
        """Take one message and return None, or why it could not be taken: then nothing of it stays."""
        try:
            with session.begin_nested():
                take()
        except WireError as error:
            return str(error)
        except OperationalError:
            raise
        except Exception as error:
            # The one place where the hub survives its own mistakes: a bad message must not stop the others.
            log.warning("a message could not be taken", exc_info=error)
            return f"{type(error).__name__}: {error}"
        return None

    def _refuse(self, batch: _Batch, message: Heard, place: _Place, reason: str, now_ms: int) -> None:
        log.warning("fact %d of %s is put aside: %s", place.s, message.sender, reason)
        batch.refused.append(
            {
                "at_ms": now_ms,
                "box": message.sender,
                "epoch": place.e,
                "seq": place.s,
                "reason": reason,
                "up": message.payload.decode("utf-8", "replace"),
            }
        )

    def _put_aside(self, refused: Sequence[dict[str, object]]) -> None:
        if not refused:
            return
        self._refused_path.parent.mkdir(parents=True, exist_ok=True)
        with self._refused_path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in refused)


def _read_mark(session: Session, box_id: str, epoch: str) -> int | None:
    """Return the last sequence number committed; 0 for a new epoch, None for an unknown box."""
    table = models.Watermark
    seq = session.scalar(select(table.seq).where(table.box_id == box_id, table.epoch == epoch))
    if seq is not None:
        return seq
    is_known = session.scalar(select(models.Box.id).where(models.Box.id == box_id)) is not None
    return 0 if is_known else None
