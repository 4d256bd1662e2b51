"""The only MQTT consumer that writes the database: settles what boxes say, publishes what the hub says.

Three threads share the work: `settling` commits batches of messages and then acknowledges them, `relaying`
publishes the outbox, and the main thread renews the lease and lets things expire.
"""

import logging
import platform
import queue
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from sqlalchemy.exc import OperationalError

from cloud.broker import Broker, BrokerLost, open_broker
from cloud.bus import Bus
from cloud.clock import now_ms
from cloud.db import Database, open_database
from cloud.desk import boxes, facts, open_desk, rooms, sweeps
from cloud.settings import Settings
from cloud.worker import leasing
from cloud.worker.relaying import Relaying
from cloud.worker.settling import BATCH, Heard, Settling, Takers
from edge.wire import topics
from edge.wire.codec import encode

LEASE = "worker"
QUEUE = 10_000
"""Messages that may wait to be settled; boxes send again what does not fit."""
RELAY_POLL_S = 0.02
SWEEP_S = 0.25
"""How often due things are looked for, in s."""
LEASE_S = 2.0
"""How often the lease is renewed, in s."""
GRANT_SWEEP_S = 15.0
"""How often expired bus grants are removed, in s."""
TIDY_MS = 3_600_000
"""How often what is long past is thrown away, in ms."""
TROUBLE_S = 1.0
"""Pause after the database failed, in s."""

log = logging.getLogger(__name__)


def desk_takers(settings: Settings) -> tuple[Takers, Callable[[Database], None]]:
    """Return what is done with messages, and what is done regularly, at the hub's desk."""
    desk = open_desk(settings)
    tidy_at = 0

    def expire(database: Database) -> None:
        nonlocal tidy_at
        at = now_ms()
        with database.write() as session:
            sweeps.expire_due(desk, session, at)
            if at >= tidy_at:
                sweeps.tidy(session, at)
        tidy_at = at + TIDY_MS if at >= tidy_at else tidy_at

    takers = Takers(
        fact=facts.take,
        state=lambda session, box, state, at: boxes.box_said(desk, session, box, state, at),
        answer=boxes.command_answered,
        media=rooms.relay_changed,
    )
    return takers, expire


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT.

    Raises:
        AlreadyRunning: another worker of this hub runs on this machine.
    """
    takers, expire = desk_takers(settings)
    with leasing.MachineLock(settings.data_dir / "worker.lock"):
        worker = Worker(settings, takers, expire)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, worker.asked_to_stop)
        worker.run()


class Worker:
    """The work, from the first lease to the last message."""

    def __init__(self, settings: Settings, takers: Takers, expire: Callable[[Database], None]) -> None:
        self._database = open_database(settings)
        self._broker: Broker = open_broker(settings)
        self._expire = expire
        self._holder = platform.node() or "worker"
        self._heard: queue.Queue[Heard] = queue.Queue(QUEUE)
        self._stopped = threading.Event()
        self._broker_is_new = threading.Event()
        self._settling = Settling(self._database, takers, settings.data_dir / "logs" / "refused-facts.jsonl")
        self._bus = Bus(settings, "worker", on_connected=self._broker_is_new.set)
        for topic in (
            topics.box_state("+"),
            topics.box_up("+"),
            topics.box_answer("+"),
            topics.relay_state("+"),
        ):
            self._bus.subscribe(topic, self._hear)
        self._relaying = Relaying(self._database, self._bus)

    def asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """End the work after what is in hand (a signal handler)."""
        self._stopped.set()

    def stop(self) -> None:
        """End the work after what is in hand."""
        self._stopped.set()

    def run(self) -> None:
        """Wait for the lease, work while it is ours, stop when asked to; a thread's error ends it all."""
        self._wait_for_lease()
        self._bus.start()
        log.info("worker ready")
        with ThreadPoolExecutor(2) as pool:
            parts = [pool.submit(self._settle_for_ever), pool.submit(self._relay_for_ever)]
            for part in parts:
                part.add_done_callback(lambda _: self._stopped.set())
            try:
                self._sweep_for_ever()
            finally:
                self._stopped.set()
        self._bus.stop()
        self._broker.close()
        leasing.release(self._database, LEASE, self._holder)
        self._database.close()
        for part in parts:
            part.result()

    def _wait_for_lease(self) -> None:
        is_told = False
        while not self._stopped.is_set():
            if leasing.acquire(self._database, LEASE, self._holder, now_ms()):
                return
            if not is_told:
                log.info("another worker has the lease; standing by")
            is_told = True
            self._stopped.wait(LEASE_S)

    def _hear(self, topic: str, payload: bytes) -> None:
        found = topics.read_box_topic(topic)
        if found is None or (not payload and found.leaf in ("state", "media")):
            return
        try:
            self._heard.put_nowait(Heard(found.box, found.leaf, payload))
        except queue.Full:
            log.warning("more is said than can be settled; boxes will say it again")

    def _settle_for_ever(self) -> None:
        while not self._stopped.is_set():
            batch = self._next_batch()
            if not batch:
                continue
            try:
                acks = self._settling.settle(batch, now_ms())
            except OperationalError as error:
                log.error("the database failed, %d messages are dropped: %s", len(batch), error.orig)
                self._stopped.wait(TROUBLE_S)
                continue
            for box, ack in acks:
                self._bus.publish(topics.box_ack(box), encode(ack), qos=1)

    def _next_batch(self) -> list[Heard]:
        try:
            batch = [self._heard.get(timeout=0.1)]
        except queue.Empty:
            return []
        while len(batch) < BATCH:
            try:
                batch.append(self._heard.get_nowait())
            except queue.Empty:
                break
        return batch

    def _relay_for_ever(self) -> None:
        while not self._stopped.is_set():
            try:
                if self._broker_is_new.is_set():
                    self._broker_is_new.clear()
                    self._relaying.tell_again()
                if self._relaying.relay(now_ms()) == 0:
                    self._stopped.wait(RELAY_POLL_S)
            except OperationalError as error:
                log.error("the database failed, the outbox waits: %s", error.orig)
                self._stopped.wait(TROUBLE_S)

    def _sweep_for_ever(self) -> None:
        renew_at = grants_at = 0.0
        while not self._stopped.wait(SWEEP_S):
            at = time.monotonic()
            try:
                if at >= renew_at:
                    if not leasing.acquire(self._database, LEASE, self._holder, now_ms()):
                        log.error("the lease went to another worker; stopping")
                        return
                    renew_at = at + LEASE_S
                self._expire(self._database)
            except OperationalError as error:
                log.error("the database failed, nothing expires: %s", error.orig)
                self._stopped.wait(TROUBLE_S)
            if at >= grants_at:
                self._sweep_grants()
                grants_at = at + GRANT_SWEEP_S

    def _sweep_grants(self) -> None:
        try:
            self._broker.sweep(now_ms() / 1000)
        except BrokerLost as error:
            log.info("bus grants are not swept now: %s", error)
