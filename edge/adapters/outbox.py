"""Facts that must reach the hub exactly once: kept in SQLite, sent again until the hub has committed them.

The rules. A fact has a sequence number without gaps, within an epoch that changes when the store is made
anew. `add` returns once the fact is on the disk (WAL, synchronous=FULL). The courier sends at most 128 facts
ahead of the hub's cumulative `Ack`, and goes back to the first unacknowledged one after a second of silence.
The hub applies a fact only if it is the next one, and acknowledges after its COMMIT; so whatever dies,
nothing is lost and nothing counts twice.
"""

import asyncio
import json
import logging
import sqlite3
import threading
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from edge.core.errors import Refused
from edge.ports import Bus, Outbox
from edge.wire.boxes import Ack, Up
from edge.wire.codec import Message, WireError, decode
from edge.wire.topics import box_up

log = logging.getLogger(__name__)

WINDOW = 128
"""Most facts on their way without an acknowledgement."""
SILENCE_S = 1.0
"""After so long without progress, everything unacknowledged is sent again, in s."""

_SCHEMA = """
create table if not exists book (
  one integer primary key check (one = 1), epoch text not null, last integer not null
);
create table if not exists fact (seq integer primary key, kind text not null, payload text not null);
"""


class SqliteOutbox:
    """An outbox in one SQLite file; safe to call from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self.on_added: Callable[[], None] = lambda: None
        """Called after each `add`, in the caller's thread."""
        try:
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._db.executescript(_SCHEMA)
            self._db.execute("insert or ignore into book values (1, ?, 0)", (uuid.uuid4().hex,))
            self.epoch: str = self._db.execute("select epoch from book").fetchone()[0]
        except sqlite3.Error as error:
            sentence = f"{path}: the outbox cannot be opened ({error}): free the disk or move the file"
            raise Refused(sentence) from error

    def add(self, kind: str, fact: Message) -> int:
        """Store `fact` durably and return its sequence number."""
        payload = fact.model_dump_json(by_alias=True, exclude_none=True)
        with self._lock:
            self._db.execute("begin immediate")
            try:
                seq: int = self._db.execute("update book set last = last + 1 returning last").fetchone()[0]
                self._db.execute("insert into fact values (?, ?, ?)", (seq, kind, payload))
                self._db.execute("commit")
            except BaseException:
                self._db.execute("rollback")
                raise
        self.on_added()
        return seq

    def pending(self, after: int, limit: int) -> list[Up]:
        """Return unacknowledged facts after sequence number `after`, oldest first."""
        query = "select seq, kind, payload from fact where seq > ? order by seq limit ?"
        with self._lock, closing(self._db.execute(query, (after, limit))) as rows:
            return [Up(e=self.epoch, s=seq, k=kind, p=json.loads(payload)) for seq, kind, payload in rows]

    def acknowledge(self, epoch: str, upto: int) -> None:
        """Forget everything up to `upto`, if `epoch` is this outbox's own."""
        if epoch != self.epoch:
            return
        with self._lock:
            self._db.execute("delete from fact where seq <= ?", (upto,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


class Courier:
    """Carries an outbox's facts over the bus, in order, again and again until they are acknowledged."""

    def __init__(self, outbox: Outbox, bus: Bus, box: str, *, silence_s: float = SILENCE_S) -> None:
        self._outbox = outbox
        self._bus = bus
        self._topic = box_up(box)
        self._silence_s = silence_s
        self._epoch = ""
        self._sent = 0
        self._acked = 0
        self._heard = 0
        """Highest sequence number the hub has acknowledged, not yet taken off the outbox."""
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._progress_s = self._loop.time()

    def nudge(self) -> None:
        """Look for new facts now; callable from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    def go_back(self) -> None:
        """Send everything unacknowledged again, for the connection is a new one."""
        self._sent = self._acked
        self._wake.set()

    def acked(self, payload: bytes) -> None:
        """Take the hub's `Ack`."""
        try:
            ack = decode(Ack, payload)
        except WireError as error:
            log.error("an acknowledgement that is none was ignored: %s", error)
            return
        if ack.e == self._epoch and ack.upto > self._heard:
            self._heard = ack.upto
            self._progress_s = self._loop.time()
            self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._take_off()
            await self._send()
            await self._wait_for_news()

    async def _take_off(self) -> None:
        """Forget what the hub has committed."""
        if self._heard > self._acked:
            upto = self._heard
            await asyncio.to_thread(self._outbox.acknowledge, self._epoch, upto)
            self._acked = upto
            self._sent = max(self._sent, upto)

    async def _send(self) -> None:
        """Send what the window has room for."""
        room = WINDOW - (self._sent - self._acked)
        facts = await asyncio.to_thread(self._outbox.pending, self._sent, room) if room > 0 else []
        if facts and self._sent == self._acked:
            self._acked = facts[0].s - 1
            self._progress_s = self._loop.time()
        for fact in facts:
            self._epoch = fact.e
            await self._bus.publish(self._topic, fact, qos=1)
            self._sent = fact.s

    async def _wait_for_news(self) -> None:
        """Return when there is something new, or when the hub has been silent for too long."""
        is_waiting = self._sent > self._acked
        until_s = self._progress_s + self._silence_s
        try:
            async with asyncio.timeout_at(until_s if is_waiting else None):
                await self._wake.wait()
        except TimeoutError:
            self._sent = self._acked
            self._progress_s = self._loop.time()
        self._wake.clear()
