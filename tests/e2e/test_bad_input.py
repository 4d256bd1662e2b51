"""Everything wrong at once, while somebody sings: each thing gets its one answer, and nothing else stops."""

import asyncio
import contextlib
import time

import aiohttp
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from cloud import models
from cloud.clock import now_ms
from cloud.core import entries
from cloud.db import open_database
from cloud.demo.booth import Booth
from cloud.demo.people import Person
from cloud.desk import boxes
from cloud.settings import Settings
from edge.adapters.hub import HubClient
from edge.adapters.identity import open_identity
from edge.wire import topics
from edge.wire.boxes import BoxState
from edge.wire.codec import MAX_PAYLOAD_BYTES, encode
from edge.wire.rooms import AskRoom, Entered, EnterRoom, RoomGranted
from edge.wire.users import GuestLogIn, Session

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

JUNK = [b"", b"\xff\xfe\0", b"[]", b'{"id":"x"}', b'{"e":"e1","s":"1","k":"moon"}', b"{" * 60_000]


class Scene:
    """The running demo: its database, its booth's touchscreen, a person, and a box that nobody trusts."""

    def __init__(self, demo):
        self.demo = demo
        self.settings = Settings(data_dir=demo.folder / "data")
        self.database = open_database(self.settings)
        self.booth = Booth(demo.kiosk_url)
        self.person = Person(demo.url, "Mei")
        self.http = aiohttp.ClientSession()

    async def close(self):
        await self.booth.close()
        await self.person.__aexit__(None, None, None)
        await self.http.close()
        self.database.close()

    async def post(self, path, body, **headers):
        """Return status and problem of a POST that must be refused."""
        headers = {"Content-Type": "application/json", **headers}
        async with self.http.post(self.demo.url + path, data=body, headers=headers) as answer:
            assert answer.content_type == "application/problem+json", await answer.text()
            problem = await answer.json()
        assert problem["status"] == answer.status
        return answer.status, problem["detail"]

    def log(self, name):
        return (self.demo.folder / "data" / "logs" / f"{name}.log").read_text()

    async def until(self, found, within_s=20.0):
        end = time.monotonic() + within_s
        while not (value := found()):
            assert time.monotonic() < end, "it did not happen in time"
            await asyncio.sleep(0.1)
        return value


@pytest.fixture
async def scene(demo):
    scene = Scene(demo)
    await scene.booth.open()
    session = await scene.person.ask(Session, "POST", "/api/sessions/guest", GuestLogIn(nickname="Mei"))
    scene.person.session = session
    yield scene
    await scene.close()


async def test_bad_input_gets_one_answer_each_and_the_song_goes_on(scene, tmp_path):
    booth = scene.booth
    await booth.do("queue", song="star-over-the-booth")
    await booth.do("start-round")
    await booth.wait(lambda told: told["type"] == "score", 20, "the running score")

    await bad_requests(scene)
    await bad_sdp(scene)
    await bad_messages(scene, tmp_path)
    await bad_touches(scene)

    scores = len(booth.of("score"))
    await booth.wait(
        lambda told: told["type"] == "event" and told["event"]["type"] == "round-ended", 40, "final"
    )
    assert len(booth.of("score")) > scores
    assert booth.of("event")[-1]["event"]["final"]["scores"]["a"] > 50
    said = (scene.demo.folder / "output.txt").read_text()
    assert "starts again" not in said
    assert "Traceback" not in said


async def bad_requests(scene):
    key = scene.settings.key()
    old = entries.sign(key, entries.Entry("first", "r1", "n1", now_ms() - 1))
    bearer = {
        "Authorization": f"Bearer {scene.person.session.access_token}",
        "Idempotency-Key": "key-00000001",
    }
    wrong = b'{"username":"nobody","password":"wrong","client":"pc"}'

    answers = [
        (400, "JSON", await scene.post("/api/sessions", b"no json")),
        (422, "username", await scene.post("/api/sessions", b'{"username":7,"password":"x"}')),
        (401, "wrong user name or password", await scene.post("/api/sessions", wrong)),
        (413, f": at most {MAX_PAYLOAD_BYTES} bytes", await scene.post("/api/sessions", bytes(200_000))),
        (410, "expired", await scene.post(f"/api/entries/{old}", b'{"client":"pc"}', **bearer)),
        (403, "", await scene.post("/api/entries/forged", b'{"client":"pc"}', **bearer)),
        (401, "", await scene.post("/api/rooms", b"{}")),
    ]
    for status, word, (got, detail) in answers:
        assert (got, word in detail) == (status, True), detail


async def bad_sdp(scene):
    person = scene.person
    granted = await person.ask(RoomGranted, "POST", "/api/rooms", AskRoom(kind="perform", mode="solo"))
    token = granted.entry.path.removeprefix("/e/")
    entered = await person.ask(Entered, "POST", f"/api/entries/{token}", EnterRoom(client="pc"))
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {entered.publish.token}"}

    status, detail = await scene.post(entered.publish.url, b"v=0\r\nnonsense", **headers)
    large, _ = await scene.post(entered.publish.url, b"v=0\r\n" + b"a" * 500_000, **headers)
    bare, _ = await scene.post(entered.publish.url, b"v=0\r\n", **{"Content-Type": "application/sdp"})

    assert (status, large, bare) == (400, 413, 401)
    assert detail
    await person.call("DELETE", f"/api/rooms/{granted.room}")


async def bad_messages(scene, tmp_path):
    """A box that was let in says nonsense to the hub, and the hub's own outbox says nonsense to the booth."""
    with scene.database.write() as session:
        code = boxes.new_enrol_code(session, now_ms())
        booth = session.scalars(select(models.Box.id).where(models.Box.name == "Booth 8")).one()
    hub = HubClient(scene.demo.url, open_identity(tmp_path / "stranger"), name="stranger", enrol_code=code)
    stranger = (await hub.sign_in()).box
    try:
        for payload in JUNK:
            await say(hub, stranger, payload, "up", "state", "cmdack")
        await say(hub, stranger, b"x" * (MAX_PAYLOAD_BYTES + 5_000), "up")
        with scene.database.write() as session:
            for payload in JUNK:
                row = models.Outbox(
                    topic=topics.box_command(booth), payload=payload, qos=1, retain=False, created_ms=0
                )
                session.add(row)
        await scene.until(lambda: scene.log("box").count("a command that is none was ignored") == len(JUNK))
        await say(hub, stranger, encode(BoxState(s="ready", boot="b1")), "state")
        await scene.until(lambda: state_of(scene, stranger) == "ready")
    finally:
        await hub.close()
    assert state_of(scene, booth) == "ready"


async def say(hub, box, payload, *leaves):
    """Connect as the box and publish `payload`; a broker may end the connection for it."""
    grant = await hub.bus_grant(None)

    def talk():
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=grant.client_id)
        client.username_pw_set(grant.username, grant.password)
        client.connect("127.0.0.1", grant.port)
        client.loop_start()
        for leaf in leaves:
            sent = client.publish(f"ktv/1/d/{box}/{leaf}", payload, qos=1)
            with contextlib.suppress(RuntimeError, ValueError):
                sent.wait_for_publish(2)
        client.disconnect()
        client.loop_stop()

    await asyncio.to_thread(talk)


def state_of(scene, box):
    with scene.database.read() as session:
        return session.scalar(select(models.Box.state).where(models.Box.id == box))


async def bad_touches(scene):
    """The booth's touchscreen says nonsense, too."""
    before = len(scene.booth.of("error"))
    await scene.booth._socket.send_str("no json")
    await scene.booth.do("queue", song="no-such-song")
    await scene.booth.do("fly")

    await scene.until(lambda: len(scene.booth.of("error")) == before + 3)
    assert all(error["text_zh"] and error["text_en"] for error in scene.booth.of("error"))
