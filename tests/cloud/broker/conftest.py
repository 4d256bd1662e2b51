"""Both brokers as real processes, and real clients to talk to them."""

import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from paho.mqtt.enums import CallbackAPIVersion

from cloud.broker import mosquitto
from cloud.broker.place import Place
from cloud.core import authorise

KEY = b"a key of the tests, 32 bytes long"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen) -> None:
    for _ in range(200):
        assert process.poll() is None, "the broker has ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


@dataclass
class Client:
    """A paho client that remembers what happened to it."""

    name: str
    port: int
    transport: str = "tcp"
    codes: list[str] = field(default_factory=list)
    granted: list[int] = field(default_factory=list)
    messages: list[tuple[str, bytes, int, bool]] = field(default_factory=list)

    def connect(self, username: str, password: str, *, client_id=None, keepalive=20, will=None) -> "Client":
        self.mqtt = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id or username, transport=self.transport
        )
        self.mqtt.username_pw_set(username, password)
        if will is not None:
            self.mqtt.will_set(*will)
        self.mqtt.on_connect = lambda _c, _d, _f, code, _p: self.codes.append(str(code))
        self.mqtt.on_subscribe = lambda _c, _d, _m, codes, _p: self.granted.extend(c.value for c in codes)
        self.mqtt.on_message = lambda _c, _d, m: self.messages.append((m.topic, m.payload, m.qos, m.retain))
        self.mqtt.connect("127.0.0.1", self.port, keepalive=keepalive)
        self.mqtt.loop_start()
        self.until(lambda: self.codes)
        return self

    def until(self, holds, seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"{self.name} waited in vain; {self.codes} {self.messages}"
            time.sleep(0.01)

    def subscribe(self, topic: str, qos: int = 1) -> int:
        before = len(self.granted)
        self.mqtt.subscribe(topic, qos)
        self.until(lambda: len(self.granted) > before)
        return self.granted[-1]

    def publish(self, topic: str, payload: bytes | str, qos: int = 1, retain: bool = False) -> None:
        self.mqtt.publish(topic, payload, qos, retain).wait_for_publish(5)

    def close(self) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


@dataclass
class Rig:
    """One running broker, and how to get in."""

    kind: str
    place: Place
    process: subprocess.Popen
    grants: mosquitto.Mosquitto | None
    clients: list[Client] = field(default_factory=list)

    def grant(self, principal, seconds: float = 600) -> str:
        expires_s = int(time.time() + seconds)
        claims = {**authorise.claims(principal), "aud": "mqtt", "exp": expires_s}
        token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.place.key))
        if self.grants is not None:
            self.grants.grant(principal, token, expires_s)
        return token

    def client(self, name: str, transport: str = "tcp") -> Client:
        port = self.place.ws_port if transport == "websockets" else self.place.port
        self.clients.append(Client(name, port, transport))
        return self.clients[-1]

    def join(self, principal, **options) -> Client:
        transport = options.pop("transport", "tcp")
        client = self.client(principal.session, transport)
        client.connect(principal.session, self.grant(principal), **options)
        assert client.codes == ["Success"]
        return client

    def kill_and_start(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process = start(self.kind, self.place)

    def worker(self) -> Client:
        password = authorise.service_password(self.place.key, "worker")
        client = self.client("worker").connect("s-worker", password)
        assert client.codes == ["Success"]
        return client


def start(kind: str, place: Place) -> subprocess.Popen:
    code = (
        "import asyncio, sys, time; from pathlib import Path; from cloud.broker.place import Place;"
        "folder, key, port, ws_port = sys.argv[1:];"
        "place = Place(Path(folder), bytes.fromhex(key), port=int(port), ws_port=int(ws_port));"
    )
    code += {
        "mosquitto": "from cloud.broker import mosquitto; mosquitto.run(place, time.time())",
        "amqtt": "from cloud.broker import amqtt; asyncio.run(amqtt.run(place, asyncio.Event()))",
    }[kind]
    arguments = [str(place.folder), place.key.hex(), str(place.port), str(place.ws_port)]
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])
    wait_for_port(place.port, process)
    wait_for_port(place.ws_port, process)
    return process


@pytest.fixture(scope="module", params=["mosquitto", "amqtt"])
def running(request, tmp_path_factory):
    if request.param == "mosquitto" and mosquitto.find_executable() is None:
        pytest.skip("mosquitto is not installed")
    folder = tmp_path_factory.mktemp(request.param) / "broker"
    place = Place(folder, KEY, port=free_port(), ws_port=free_port())
    grants = mosquitto.Mosquitto(place) if request.param == "mosquitto" else None
    rig = Rig(request.param, place, start(request.param, place), grants)
    yield rig
    if grants is not None:
        grants.close()
    rig.process.terminate()
    assert rig.process.wait(10) is not None


@pytest.fixture
def rig(running):
    running.clients.clear()
    yield running
    for client in running.clients:
        if hasattr(client, "mqtt"):
            client.close()
