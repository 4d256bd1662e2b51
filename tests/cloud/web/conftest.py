"""A hub whose time is set by the test, and people who talk to it over HTTP."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud import models
from cloud.desk import Desk, boxes, facts, ledger, open_desk, sweeps
from cloud.settings import Settings
from cloud.web import create_app
from edge.wire import topics
from edge.wire.boxes import COMMAND, BoxState, CommandAnswer, SeatReady
from edge.wire.codec import decode
from edge.wire.elements import Element, PickAnswer

SONG = """#TITLE:Little Star
#ARTIST:Nobody
#LANGUAGE:English
#BPM:60
#GAP:500
: 0 4 0 Twin
: 4 4 0 kle
- 10
* 12 8 7 star
E
"""


@dataclass
class Person:
    """Somebody with a session."""

    hub: Hub
    id: str
    token: str
    session: dict = field(default_factory=dict)

    def __call__(self, method, path, body=None, *, status=None, **headers):
        return self.hub.ask(method, path, body, token=self.token, status=status, **headers)

    @property
    def points(self):
        return self("GET", "/me", status=200)["points"]


@dataclass
class Machine(Person):
    """A box with its key."""

    box: str = ""

    def says(self, **state):
        with self.hub.database.write() as session:
            said = BoxState(**{"s": "ready", "boot": "boot1", **state})
            boxes.box_said(self.hub.desk, session, self.box, said, self.hub.now)

    def reports(self, fact):
        with self.hub.database.write() as session:
            facts.take(session, self.box, fact, self.hub.now)

    def answers(self, command, **answer):
        with self.hub.database.write() as session:
            said = CommandAnswer(id=command.id, **{"ok": True, **answer})
            boxes.command_answered(session, self.box, said, self.hub.now)

    def orders(self, op=None):
        return self.hub.orders(self.box, op)


class Hub:
    """The API, its database and its time."""

    def __init__(self, folder, **settings):
        songs = folder / "songs"
        (songs / "little-star").mkdir(parents=True)
        (songs / "little-star" / "song.txt").write_text(SONG)
        settings = {"song_folders": (songs,), "rate_limits": False, **settings}
        self.settings = Settings(data_dir=folder / "data", **settings)
        self.now = 1_800_000_000_000
        self.granted = []
        app = create_app(
            self.settings, clock=lambda: self.now, grant=lambda *given: self.granted.append(given)
        )
        app.testing = True
        self.client = app.test_client()
        self.database = app.extensions["ktv"].database
        self.desk: Desk = open_desk(self.settings)
        self.names = 0

    def ask(self, method, path, body=None, *, token=None, status=None, raw=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = raw if raw is not None else json.dumps(body) if body is not None else None
        kind = headers.pop("Content-Type", "application/json") if data is not None else None
        request = {"method": method, "data": data, "headers": headers, "content_type": kind}
        answer = self.client.open(f"/api{path}", buffered=True, **request)
        if status is None:
            return answer
        assert answer.status_code == status, answer.get_data(as_text=True)
        if status >= 400:
            problem = answer.get_json(force=True)
            assert answer.content_type == "application/problem+json"
            assert problem["status"] == status
            assert problem["detail"]
            return problem["detail"]
        return answer.get_json() if answer.get_data() else None

    def person(self, nickname=None, **attributes):
        """Somebody; a guest, which costs no password, unless attributes are given."""
        self.names += 1
        name = nickname or f"Singer {self.names}"
        if not attributes:
            return self.guest(nickname=name, client="pc")
        body = {
            "username": f"user{self.names}",
            "password": "correct horse",
            "attributes": {"nickname": name, **attributes},
        }
        session = self.ask("POST", "/accounts", body, status=201)
        return Person(self, session["user"]["id"], session["access_token"], session)

    def guest(self, **body):
        session = self.ask("POST", "/sessions/guest", body, status=200)
        return Person(self, session["user"]["id"], session["access_token"], session)

    def enrol_code(self):
        with self.database.write() as session:
            return boxes.new_enrol_code(session, self.now)

    def machine(self, code=None, name="Booth 1"):
        key = Ed25519PrivateKey.generate()
        public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
        body = {"code": code or self.enrol_code(), "public_key": public, "name": name}
        enrolled = self.ask("POST", "/boxes", body, status=201)
        box = enrolled["box"]
        nonce = self.ask("POST", f"/boxes/{box}/challenges", status=200)["nonce"]
        signature = base64.urlsafe_b64encode(key.sign(nonce.encode())).decode()
        log_in = {"nonce": nonce, "signature": signature}
        session = self.ask("POST", f"/boxes/{box}/sessions", log_in, status=200)
        return Machine(self, enrolled["user"]["id"], session["access_token"], session, box=box)

    def said(self, topic):
        with self.database.read() as session:
            rows = session.query(models.Outbox).filter_by(topic=topic).order_by(models.Outbox.id)
            return [json.loads(row.payload) for row in rows]

    def orders(self, box, op=None):
        with self.database.read() as session:
            rows = session.query(models.Outbox).filter_by(topic=topics.box_command(box))
            found = [decode(COMMAND, row.payload) for row in rows.order_by(models.Outbox.id)]
        return [order for order in found if op in (None, order.do.op)]

    def notices(self, person, kind):
        return [one for one in self.said(topics.user_notices(person.id)) if one["type"] == kind]

    def events(self, room, kind=None):
        return [one for one in self.said(topics.room_events(room)) if kind in (None, one["type"])]

    def sweep(self, later_s=0.0):
        self.now += round(later_s * 1000)
        with self.database.write() as session:
            return sweeps.expire_due(self.desk, session, self.now)

    def audit(self):
        with self.database.read() as session:
            return ledger.audit(session)

    # scenes that many tests begin with

    def stand_in(self, room, seat):
        """Start the stand-in box that the hub asked its host for."""
        starts = [one.do for one in self.orders("standins-1", "start-box")]
        start = [one for one in starts if (one.take.room, one.take.seat) == (room, seat)][-1]
        machine = self.machine(start.enrol_code, start.name)
        machine.says()
        machine.says(room=room)
        machine.reports(SeatReady(room=room, seat=seat))
        return machine

    def performing(self, **ask):
        """A box performs and sits in its room; return room, entry token and box."""
        box = self.machine()
        box.says()
        granted = box("POST", "/rooms", {"kind": "perform", "song": "little-star", **ask}, status=201)
        room, entry = granted["room"], granted["entry"]["path"].removeprefix("/e/")
        box("POST", f"/entries/{entry}", {"client": "box"}, status=200)
        box.says(room=room)
        box.reports(SeatReady(room=room, seat="a"))
        return room, entry, box

    def duel(self, **ask):
        """A box performs, a person on a PC takes the second seat; both are ready."""
        room, entry, box = self.performing(**ask)
        singer = self.person()
        singer("POST", f"/entries/{entry}", {"client": "pc"}, status=200)
        return room, entry, box, singer, self.stand_in(room, "b")

    def viewer(self, room, **body):
        person = self.person()
        person("POST", f"/rooms/{room}/viewers", body, status=200)
        return person

    def picked(self, viewer, box, room, label="8", kind="ball"):
        """A viewer picks, the box answers; return the pick's id."""
        body = {"contour": [[0.5, 0.5]], "rtp": 90_000}
        pick = viewer("POST", f"/rooms/{room}/picks", body, status=202)["pick"]
        found = element(kind, label, 3)
        answer = PickAnswer(element=found, candidates=(element("ball", "1", 4),), exact_frame=True)
        box.answers(box.orders("find-element")[-1], pick=answer)
        return pick

    def task(self, viewer, room, pick, *, gift="magic-hand", key="key-00001", status=201, **more):
        body = {"pick": pick, "target": "pocketed", "result": {"kind": "gift", "id": gift}, **more}
        return viewer("POST", f"/rooms/{room}/tasks", body, status=status, Idempotency_Key=key)


def element(kind, label, track):
    bbox = (0.4, 0.4, 0.1, 0.1)
    return Element(id=f"{kind}:{label}", kind=kind, label=label, bbox=bbox, confidence=0.9, track=track)


@pytest.fixture
def hub(tmp_path):
    made = Hub(tmp_path)
    yield made
    audited = made.audit()
    made.database.close()
    assert set(audited.values()) == {0}, audited
