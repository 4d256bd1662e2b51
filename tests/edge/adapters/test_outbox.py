"""Facts survive a killed box, and reach the hub exactly once, in order."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from edge.adapters.outbox import WINDOW, Courier, SqliteOutbox
from edge.core.errors import Refused
from edge.wire.boxes import Ack, SeatReady, Up
from edge.wire.codec import encode
from edge.wire.topics import box_up
from tests.fakes import FakeBus

READY = SeatReady(room="r1", seat="a")

WRITER = """
import sys
from pathlib import Path
from edge.adapters.outbox import SqliteOutbox
from edge.wire.boxes import SeatReady
outbox = SqliteOutbox(Path(sys.argv[1]))
while True:
    print(outbox.add("seat-ready", SeatReady(room="r1", seat="a")), flush=True)
"""


def test_numbers_have_no_gaps_and_outlive_the_program(tmp_path):
    first = SqliteOutbox(tmp_path / "outbox.db")
    assert [first.add("seat-ready", READY) for _ in range(3)] == [1, 2, 3]
    first.acknowledge(first.epoch, 3)
    first.close()

    again = SqliteOutbox(tmp_path / "outbox.db")

    assert again.epoch == first.epoch
    assert again.pending(0, 10) == []
    assert again.add("seat-ready", READY) == 4
    assert again.pending(0, 10) == [Up(e=again.epoch, s=4, k="seat-ready", p={"room": "r1", "seat": "a"})]


def test_a_new_store_has_a_new_epoch(tmp_path):
    assert SqliteOutbox(tmp_path / "a.db").epoch != SqliteOutbox(tmp_path / "b.db").epoch


def test_an_acknowledgement_of_another_epoch_is_ignored(tmp_path):
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    outbox.add("seat-ready", READY)

    outbox.acknowledge("another", 1)

    assert len(outbox.pending(0, 10)) == 1


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "outbox.db").write_bytes(b"not a database, but long enough to be looked at" * 30)

    with pytest.raises(Refused, match="cannot be opened"):
        SqliteOutbox(tmp_path / "outbox.db")


def test_what_was_added_survives_kill_9(tmp_path):
    path = tmp_path / "outbox.db"
    said = 0
    for _ in range(4):
        command = [sys.executable, "-c", WRITER, str(path)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(40):
            said = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        said = max([said, *(int(line) for line in writer.stdout.read().split("\n")[:-1] if line)])
        writer.wait()
        writer.stdout.close()

    rows = SqliteOutbox(path).pending(0, 100_000)

    assert [row.s for row in rows] == list(range(1, len(rows) + 1))
    assert said <= len(rows) <= said + 4
    assert len({row.e for row in rows}) == 1


class Hub:
    """The other end: applies only the next fact, acknowledges after the commit, loses what it is told to."""

    def __init__(self, box: str = "box1") -> None:
        self.bus = FakeBus()
        self.applied: list[int] = []
        self.seen = 0
        self.box = box

    def numbers(self) -> list[int]:
        return [up.s for up in self.bus.sent(box_up(self.box)) if isinstance(up, Up)]

    def serve(self, courier: Courier, *, lose_every: int = 0) -> None:
        for _, message in self.bus.published:
            assert isinstance(message, Up)
            self.seen += 1
            if lose_every and self.seen % lose_every == 0:
                continue
            if message.s == len(self.applied) + 1:
                self.applied.append(message.s)
            courier.acked(encode(Ack(e=message.e, upto=len(self.applied))))
        self.bus.published.clear()


async def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


async def test_every_fact_arrives_once_and_in_order_though_messages_are_lost(tmp_path):
    outbox, hub = SqliteOutbox(tmp_path / "outbox.db"), Hub()
    for _ in range(300):
        outbox.add("seat-ready", READY)
    courier = Courier(outbox, hub.bus, "box1", silence_s=0.05)
    running = asyncio.create_task(courier.run())

    def is_done():
        hub.serve(courier, lose_every=37)
        return not outbox.pending(0, 1)

    await until(is_done)
    running.cancel()

    assert hub.applied == list(range(1, 301))


async def test_no_more_than_the_window_is_under_way(tmp_path):
    outbox, hub = SqliteOutbox(tmp_path / "outbox.db"), Hub()
    for _ in range(WINDOW + 50):
        outbox.add("seat-ready", READY)
    courier = Courier(outbox, hub.bus, "box1", silence_s=30)
    running = asyncio.create_task(courier.run())

    await until(lambda: len(hub.bus.published) >= WINDOW)
    await asyncio.sleep(0.05)
    running.cancel()

    assert hub.numbers() == list(range(1, WINDOW + 1))


async def test_silence_sends_everything_unacknowledged_again_even_while_facts_are_added(tmp_path):
    outbox, hub = SqliteOutbox(tmp_path / "outbox.db"), Hub()
    courier = Courier(outbox, hub.bus, "box1", silence_s=0.1)
    outbox.on_added = courier.nudge
    running = asyncio.create_task(courier.run())

    def add_and_count():
        if len(outbox.pending(0, 1000)) < 40:
            outbox.add("seat-ready", READY)
        return hub.numbers().count(1) >= 2

    await until(add_and_count)
    running.cancel()


async def test_a_new_connection_sends_what_is_unacknowledged_at_once(tmp_path):
    outbox, hub = SqliteOutbox(tmp_path / "outbox.db"), Hub()
    outbox.add("seat-ready", READY)
    courier = Courier(outbox, hub.bus, "box1", silence_s=30)
    running = asyncio.create_task(courier.run())
    await until(lambda: len(hub.bus.published) == 1)

    courier.go_back()

    await until(lambda: len(hub.bus.published) == 2)
    running.cancel()


async def test_a_restarted_box_goes_on_where_the_hub_stopped(tmp_path):
    path, hub = tmp_path / "outbox.db", Hub()
    before = SqliteOutbox(path)
    for _ in range(500):
        before.add("seat-ready", READY)
    before.acknowledge(before.epoch, 490)
    before.close()
    hub.applied = list(range(1, 491))
    outbox = SqliteOutbox(path)
    courier = Courier(outbox, hub.bus, "box1", silence_s=30)
    running = asyncio.create_task(courier.run())

    def is_done():
        hub.serve(courier)
        return not outbox.pending(0, 1)

    await until(is_done)
    running.cancel()

    assert hub.applied == list(range(1, 501))


async def test_a_payload_that_is_no_acknowledgement_is_ignored(tmp_path):
    courier = Courier(SqliteOutbox(tmp_path / "outbox.db"), FakeBus(), "box1")

    courier.acked(b"{}")


def test_the_store_is_on_the_disk_before_add_returns(tmp_path):
    outbox = SqliteOutbox(tmp_path / "outbox.db")

    assert outbox._db.execute("pragma synchronous").fetchone() == (2,)
    assert outbox._db.execute("pragma journal_mode").fetchone() == ("wal",)
    assert isinstance(outbox._db, sqlite3.Connection)
