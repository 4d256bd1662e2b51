"""A box delivers its outbox while the worker, then the broker, is killed: nothing lost, nothing doubled."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import text

from cloud import models
from cloud.broker import mosquitto, open_broker
from cloud.clock import now_ms
from cloud.core import authorise
from cloud.tokens import Signer
from edge.wire import topics
from edge.wire.boxes import Ack, SeatReady, Up
from edge.wire.codec import MAX_PAYLOAD_BYTES, decode, encode

FACTS = 300
WINDOW = 64

WORKER = """
import signal, sys
from sqlalchemy import text
from cloud.settings import load
from cloud.worker import Worker
from cloud.worker.settling import Takers
def take(session, box, fact, now_ms):
    # No guard of its own: what is taken twice is seen twice.
    session.execute(text("INSERT INTO taken VALUES (:box, :room)"), {"box": box, "room": fact.room})
    session.execute(text("UPDATE total SET points = points + 1"))
worker = Worker(load(), Takers(take, *[lambda *_: None] * 3), lambda database: None)
signal.signal(signal.SIGTERM, worker.asked_to_stop)
worker.run()
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Box:
    """An outbox that goes back to the oldest unacknowledged fact when nothing has come for a second."""

    def __init__(self, settings):
        self.acked = self.sent = 0
        self.heard_at = time.monotonic()
        self.lock = threading.Lock()
        principal = authorise.box("b1")
        password = Signer(settings).sign_bus(principal, now_ms())
        broker = open_broker(settings)
        broker.grant(principal, password, now_ms() // 1000 + 600)
        broker.close()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=principal.session)
        self.client.username_pw_set(principal.session, password)
        self.client.reconnect_delay_set(0.1, 0.5)
        self.client.on_connect = self.connected
        self.client.on_message = self.told
        self.client.connect_async(settings.mqtt_host, settings.mqtt_port, keepalive=5)
        self.client.loop_start()

    def connected(self, client, *_):
        client.subscribe(topics.box_ack("b1"), 1)
        with self.lock:
            self.sent = self.acked

    def told(self, _client, _data, message):
        ack = decode(Ack, message.payload)
        assert ack.e == "epoch"
        with self.lock:
            self.acked = max(self.acked, ack.upto)
            self.heard_at = time.monotonic()

    def deliver(self, produced):
        with self.lock:
            if self.sent > self.acked and time.monotonic() - self.heard_at > 1:
                self.sent, self.heard_at = self.acked, time.monotonic()
            if not self.client.is_connected():
                return
            for seq in range(self.sent + 1, min(produced, self.acked + WINDOW) + 1):
                fact = SeatReady(room=f"r{seq}", seat="a").model_dump()
                self.client.publish(
                    topics.box_up("b1"), encode(Up(e="epoch", s=seq, k="seat-ready", p=fact)), qos=1
                )
                self.sent = seq


def process(code, settings, **options):
    environment = {
        **os.environ,
        "KTV_HUB_DATA_DIR": str(settings.data_dir),
        "KTV_HUB_MQTT_PORT": str(settings.mqtt_port),
        "KTV_HUB_MQTT_WS_PORT": str(settings.mqtt_ws_port),
        "KTV_HUB_BROKER": settings.broker,
    }
    return subprocess.Popen([sys.executable, *code], env=environment, **options)


def wait_for(settings):
    for port in (settings.mqtt_port, settings.mqtt_ws_port):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex((settings.mqtt_host, port)) == 0:
                    break
            time.sleep(0.05)


@pytest.fixture(params=["mosquitto", "amqtt"])
def hub(request, settings, database):
    if request.param == "mosquitto" and mosquitto.find_executable() is None:
        pytest.skip("mosquitto is not installed")
    settings = replace(settings, mqtt_port=free_port(), mqtt_ws_port=free_port(), broker=request.param)
    with database.write() as session:
        session.execute(text("CREATE TABLE taken (box TEXT, room TEXT)"))
        session.execute(text("CREATE TABLE total (points INTEGER)"))
        session.execute(text("INSERT INTO total VALUES (0)"))
    running = {
        "broker": process(["-m", "cloud", "broker"], settings),
        "worker": process(["-c", WORKER], settings),
    }
    yield settings, database, running
    for one in running.values():
        one.terminate()
        one.wait(10)


@pytest.mark.e2e
def test_300_facts_arrive_exactly_once_while_worker_and_broker_are_killed(hub):
    settings, database, running = hub
    box = Box(settings)
    chance = random.Random(7)
    begun = time.monotonic()
    kills = [(2.0, "worker"), (3.5, "broker"), (5.0, "worker"), (6.0, "worker")]

    while box.acked < FACTS:
        after = time.monotonic() - begun
        assert after < 60, f"{box.acked} of {FACTS} acknowledged"
        box.deliver(min(FACTS, int(after * 45)))
        if kills and after > kills[0][0]:
            name = kills.pop(0)[1]
            running[name].send_signal(signal.SIGKILL)
            running[name].wait()
            code = ["-m", "cloud", "broker"] if name == "broker" else ["-c", WORKER]
            running[name] = process(code, settings)
        time.sleep(chance.uniform(0.002, 0.02))
    box.client.disconnect()
    box.client.loop_stop()

    assert kills == []
    with database.read() as session:
        rooms = [row[0] for row in session.execute(text("SELECT room FROM taken"))]
        assert rooms == [f"r{seq}" for seq in range(1, FACTS + 1)]
        assert session.scalar(text("SELECT points FROM total")) == FACTS
        assert session.get(models.Watermark, ("b1", "epoch")).seq == FACTS


def test_the_hubs_outbox_survives_a_killed_broker_and_retained_state_comes_back(hub):
    settings, database, running = hub
    put(database, topics.LOBBY, b'{"rev":1}', retain=True)
    assert listen(settings, topics.LOBBY) == b'{"rev":1}'

    running["broker"].kill()
    running["broker"].wait()
    put(database, topics.room_state("r1"), b'{"rev":2}', retain=True)
    running["broker"] = process(["-m", "cloud", "broker"], settings)

    assert listen(settings, topics.room_state("r1"), room="r1") == b'{"rev":2}'
    assert listen(settings, topics.LOBBY) == b'{"rev":1}'


def put(database, topic, payload, *, retain):
    with database.write() as session:
        session.add(models.Outbox(topic=topic, payload=payload, qos=1, retain=retain, created_ms=now_ms()))


def listen(settings, topic, room=None):
    """Return the first message that a viewer gets on `topic`."""
    found = []
    principal = authorise.user(f"s{random.randrange(10**6)}", "viewer", room)
    password = Signer(settings).sign_bus(principal, now_ms())
    broker = open_broker(settings)
    end = time.monotonic() + 20
    while not found and time.monotonic() < end:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=principal.session)
        try:
            broker.grant(principal, password, now_ms() // 1000 + 600)
            client.username_pw_set(principal.session, password)
            client.on_connect = lambda c, *_: c.subscribe(topic, 1)
            client.on_message = lambda _c, _d, message: found.append(message.payload)
            client.connect(settings.mqtt_host, settings.mqtt_port)
        except Exception:  # the broker is not there yet
            time.sleep(0.1)
            continue
        client.loop_start()
        patience = time.monotonic() + 3
        while not found and time.monotonic() < patience:
            time.sleep(0.02)
        client.disconnect()
        client.loop_stop()
    broker.close()
    return found[0] if found else None


def test_nonsense_and_what_is_too_large_stop_neither_the_worker_nor_the_box(hub):
    settings, database, running = hub
    box = Box(settings)
    junk = [b"", b"\xff\xfe", b"[]", b'{"e":"epoch"}', b"{" * 60_000, b"x" * (MAX_PAYLOAD_BYTES + 5_000)]
    end = time.monotonic() + 40

    while junk and time.monotonic() < end:
        if box.client.is_connected():
            payload = junk.pop(0)
            for leaf in ("up", "state", "cmdack"):
                box.client.publish(f"ktv/1/d/b1/{leaf}", payload)
        time.sleep(0.3)
    while box.acked < 5 and time.monotonic() < end:
        box.deliver(5)
        time.sleep(0.05)
    box.client.disconnect()
    box.client.loop_stop()

    assert box.acked == 5
    assert running["worker"].poll() is None
    with database.read() as session:
        assert [row[0] for row in session.execute(text("SELECT room FROM taken"))] == [
            f"r{n}" for n in range(1, 6)
        ]


def test_a_worker_stops_quickly_and_cleanly_when_asked_to(hub):
    settings, _database, running = hub
    put(_database, topics.LOBBY, b"{}", retain=True)
    assert listen(settings, topics.LOBBY) is not None
    begun = time.monotonic()

    running["worker"].terminate()

    assert running["worker"].wait(10) == 0
    assert time.monotonic() - begun < 5


def test_a_refused_fact_is_kept_for_people_to_look_at(hub):
    settings, _database, _running = hub
    box = Box(settings)
    bad = json.dumps({"e": "epoch", "s": 1, "k": "no-such-kind", "p": {}})
    end = time.monotonic() + 30

    while box.acked < 1 and time.monotonic() < end:
        if box.client.is_connected():
            box.client.publish(topics.box_up("b1"), bad, qos=1)
        time.sleep(0.2)
    box.client.disconnect()
    box.client.loop_stop()

    assert box.acked == 1
    assert "no-such-kind" in (settings.data_dir / "logs" / "refused-facts.jsonl").read_text()
