"""The bus against a real Mosquitto: credentials, last will, outages, renewal."""

import asyncio
import shutil
import socket
import subprocess
import time
from dataclasses import replace

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.adapters.mqtt import BusLogin, MqttBus
from edge.core.errors import HubUnreachable
from edge.wire.boxes import Ack, BoxState
from edge.wire.codec import decode, encode

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


class Broker:
    """A Mosquitto child process with one good password."""

    def __init__(self, folder) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        passwords = folder / "passwords"
        passwords.touch(mode=0o600)
        tool = shutil.which("mosquitto_passwd", path="/usr/bin:/usr/local/bin") or "mosquitto_passwd"
        subprocess.run([tool, "-b", str(passwords), "d-box1", "good"], check=True, capture_output=True)
        self.config = folder / "mosquitto.conf"
        self.config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nuser root\n"
            "set_tcp_nodelay true\n"
        )
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.config)], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("mosquitto did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def login(self, **changes) -> BusLogin:
        login = BusLogin("127.0.0.1", self.port, "d-box1", "good", "d-box1", 600.0, "ktv/1/d/box1/state")
        return replace(login, **changes)


class Witness:
    """Another client, that listens to everything."""

    def __init__(self, broker: Broker) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="witness")
        self.client.username_pw_set("d-box1", "good")
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe("ktv/1/#", 1)
        self.client.on_message = lambda _client, _data, message: self.heard.append(
            (message.topic, bytes(message.payload), message.retain)
        )
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def payloads(self, topic: str) -> list[bytes]:
        return [payload for where, payload, _ in self.heard if where == topic]


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def witness(broker):
    witness = Witness(broker)
    yield witness
    witness.stop()


async def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


class Running:
    """A bus that runs for the length of a `with` block."""

    def __init__(self, *logins: BusLogin | Exception) -> None:
        self.logins = list(logins)
        self.asked = 0
        self.bus = MqttBus(self.log_in)

    async def log_in(self) -> BusLogin:
        login = self.logins[min(self.asked, len(self.logins) - 1)]
        self.asked += 1
        if isinstance(login, Exception):
            raise login
        return login

    async def __aenter__(self) -> MqttBus:
        self.task = asyncio.create_task(self.bus.run())
        return self.bus

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_messages_go_out_and_come_in(broker, witness):
    async with Running(broker.login()) as bus:
        heard = []
        await bus.subscribe("ktv/1/d/box1/ack", lambda payload: heard.append(decode(Ack, payload)))
        await until(lambda: bus.is_connected)

        await bus.publish("ktv/1/d/box1/state", BoxState(s="ready"), qos=1, retain=True)
        witness.client.publish("ktv/1/d/box1/ack", encode(Ack(e="x", upto=7)), 1)

        await until(lambda: heard == [Ack(e="x", upto=7)])
        await until(lambda: witness.payloads("ktv/1/d/box1/state") == [b'{"s":"ready","queue":[]}'])


async def test_a_subscription_made_before_the_connection_holds_after_it(broker, witness):
    running = Running(broker.login())
    heard = []
    await running.bus.subscribe("ktv/1/r/r1/#", heard.append)

    async with running as bus:
        await until(lambda: bus.is_connected)
        witness.client.publish("ktv/1/r/r1/state", b"one", 1)
        await until(lambda: heard == [b"one"])

        await bus.unsubscribe("ktv/1/r/r1/#")
        witness.client.publish("ktv/1/r/r1/state", b"two", 1)
        await until(lambda: witness.payloads("ktv/1/r/r1/state") == [b"one", b"two"])
        assert heard == [b"one"]


async def test_it_comes_back_after_an_outage_with_a_fresh_grant(broker, witness, caplog):
    running = Running(broker.login())
    connections = []

    async def connected():
        connections.append(running.asked)

    lost = []

    async def said(sentence):
        lost.append(sentence)

    running.bus.on_connected = connected
    running.bus.on_lost = said
    async with running as bus:
        heard = []
        await bus.subscribe("ktv/1/d/box1/ack", heard.append)
        await until(lambda: connections == [1])

        broker.stop()
        await until(lambda: not bus.is_connected)
        await bus.publish("ktv/1/d/box1/up", Ack(e="kept", upto=1), qos=1, retain=True)
        await bus.publish("ktv/1/r/r1/s/a", Ack(e="dropped", upto=2), qos=0)
        await until(lambda: "no message bus" in caplog.text)
        broker.start()

        await until(lambda: len(connections) == 2)
        assert connections[1] > 1
        await until(lambda: witness.payloads("ktv/1/d/box1/up"))
        assert witness.payloads("ktv/1/r/r1/s/a") == []
        assert len([r for r in caplog.records if "no message bus" in r.getMessage()]) == 1
        assert len(lost) == 1


async def test_a_refused_password_is_said_and_tried_again_with_the_next_grant(broker, caplog):
    async with Running(*[broker.login(password="old")] * 2, broker.login()) as bus:
        await until(lambda: bus.is_connected)

    assert "refuses this box" in caplog.text


async def test_without_a_grant_it_waits_and_tries_again(broker):
    async with Running(HubUnreachable("the hub does not answer"), broker.login()) as bus:
        await until(lambda: bus.is_connected)


async def test_without_a_broker_it_waits_and_tries_again(broker):
    broker.stop()
    async with Running(broker.login()) as bus:
        await asyncio.sleep(0.3)
        assert not bus.is_connected
        broker.start()
        await until(lambda: bus.is_connected)


async def test_a_renewal_connects_anew_without_the_last_will(broker, witness):
    running = Running(broker.login())
    async with running as bus:
        await until(lambda: bus.is_connected)

        bus.renew()

        await until(lambda: running.asked == 2 and bus.is_connected)
    await asyncio.sleep(0.1)
    assert witness.payloads("ktv/1/d/box1/state") == []


async def test_a_grant_is_renewed_before_it_expires(broker):
    running = Running(broker.login(expires_in_s=0.5))
    async with running:
        await until(lambda: running.asked >= 3, 5)


async def test_a_box_that_dies_is_lost(broker, witness):
    running = Running(broker.login())
    async with running as bus:
        await until(lambda: bus.is_connected)
        assert bus._client is not None

        bus._client.socket().shutdown(socket.SHUT_RDWR)

        await until(lambda: b'{"s":"lost","queue":[]}' in witness.payloads("ktv/1/d/box1/state"))
        await until(lambda: running.asked >= 2 and bus.is_connected)


async def test_a_message_that_is_too_large_is_not_sent(broker, witness, caplog):
    async with Running(broker.login()) as bus:
        await until(lambda: bus.is_connected)

        await bus.publish("ktv/1/d/box1/up", Ack(e="x", upto=1), qos=1)
        await bus.publish("ktv/1/d/box1/up", BoxState(s="ready", v="x" * 70_000), qos=1)
        await until(lambda: len(witness.payloads("ktv/1/d/box1/up")) == 1)

    assert "too large" in caplog.text
