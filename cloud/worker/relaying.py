"""The hub's own outbox on its way to the bus: in order, at least once, gone from the table when it is there.

What is retained stays in the table, the newest of each topic, so that it can be told again to a broker that
has forgotten it.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import delete, func, select, update

from cloud import models
from cloud.db import Database

BATCH = 200
"""Most messages on their way at once."""
ACK_S = 5.0
"""How long the broker may take to acknowledge a batch, in s."""

log = logging.getLogger(__name__)


class Sent(Protocol):
    """A message on its way."""

    def wait(self, timeout_s: float) -> bool:
        """Wait until the broker has it, and say whether it has."""
        ...


class Publisher(Protocol):
    """The part of the bus that is needed here."""

    @property
    def is_connected(self) -> bool:
        """Whether a broker is there now."""
        ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> Sent:
        """Send `payload`."""
        ...


class Relaying:
    """Publishes the outbox."""

    def __init__(self, database: Database, bus: Publisher) -> None:
        self._database = database
        self._bus = bus

    def relay(self, now_ms: int) -> int:
        """Publish the next unsent rows, mark them once the broker has them, and return how many."""
        if not self._bus.is_connected:
            return 0
        with self._database.read() as session:
            table = models.Outbox
            rows = session.scalars(
                select(table).where(table.sent_ms.is_(None)).order_by(table.id).limit(BATCH)
            ).all()
        done = self._publish(rows)
        if done:
            self._mark(done, now_ms)
        return len(done)

    def tell_again(self) -> int:
        """Publish what is retained once more, oldest first, and return how many messages that were."""
        with self._database.read() as session:
            table = models.Outbox
            rows = session.scalars(
                select(table).where(table.sent_ms.is_not(None), table.retain).order_by(table.id)
            ).all()
        for row in rows:
            self._bus.publish(row.topic, row.payload, qos=row.qos, retain=True)
        return len(rows)

    def _publish(self, rows: Sequence[models.Outbox]) -> list[models.Outbox]:
        """Return the rows that the broker has, up to the first that it has not."""
        sent = [
            (row, self._bus.publish(row.topic, row.payload, qos=row.qos, retain=row.retain)) for row in rows
        ]
        done: list[models.Outbox] = []
        for row, message in sent:
            if not message.wait(ACK_S):
                log.warning(
                    "the broker did not acknowledge %d messages; sending again", len(rows) - len(done)
                )
                break
            done.append(row)
        return done

    def _mark(self, done: Sequence[models.Outbox], now_ms: int) -> None:
        """Delete what was sent; of what is retained, keep the newest of each topic, if it is not empty."""
        table = models.Outbox
        newest = {row.topic: row for row in done if row.retain}
        kept = [row.id for row in newest.values() if row.payload]
        gone = [row.id for row in done if row.id not in set(kept)]
        with self._database.write() as session:
            if newest:
                session.execute(
                    delete(table).where(
                        table.topic.in_(newest),
                        table.retain,
                        table.sent_ms.is_not(None),
                        table.id < max(row.id for row in newest.values()),
                    )
                )
            if gone:
                session.execute(delete(table).where(table.id.in_(gone)))
            if kept:
                session.execute(update(table).where(table.id.in_(kept)).values(sent_ms=now_ms))


def backlog(database: Database) -> int:
    """Return how many messages wait to be published."""
    with database.read() as session:
        table = models.Outbox
        return session.scalar(select(func.count()).select_from(table).where(table.sent_ms.is_(None))) or 0
