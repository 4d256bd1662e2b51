"""The hub's client against a real HTTP server: enrolment, sign-in, refusals, the time."""

import base64
import stat

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.adapters.clock import BoxClock
from edge.adapters.hub import HubClient
from edge.adapters.identity import open_identity
from edge.core.errors import HubUnreachable, Refused
from edge.wire.boxes import BoxLogIn, BoxSession, Challenge, Enrol, Enrolled
from edge.wire.codec import HubTime, Problem, decode, encode
from edge.wire.users import BusGrant, User

GRANT = BusGrant(username="d-b1", password="secret", client_id="d-b1", expires_in_s=600, topics=(), port=1884)


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def problem(status: int, detail: str) -> web.Response:
    body = encode(Problem(title="no", status=status, detail=detail))
    return web.Response(status=status, body=body, content_type="application/problem+json")


class Hub:
    """A hub with one box's worth of memory, that checks signatures for real."""

    def __init__(self) -> None:
        self.codes = {"code-1"}
        self.boxes: dict[str, Ed25519PublicKey] = {}
        self.tokens: set[str] = set()
        self.enrolments = 0
        self.sign_ins = 0
        self.bodies: list[bytes] = []
        self.lives_s = 600
        self.answer: web.Response | None = None
        app = web.Application()
        app.router.add_post("/api/boxes", self.enrol)
        app.router.add_post("/api/boxes/{box}/challenges", self.challenge)
        app.router.add_post("/api/boxes/{box}/sessions", self.session)
        app.router.add_post("/api/bus-grants", self.grant)
        app.router.add_get("/api/clock", self.clock)
        app.router.add_get("/api/songs/{song}/notes", self.notes)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def enrol(self, request):
        ask = decode(Enrol, await request.read())
        if ask.code not in self.codes:
            return problem(403, "this code was used or has expired: get a new one")
        self.codes.discard(ask.code)
        self.enrolments += 1
        box = f"b{self.enrolments}"
        self.boxes[box] = Ed25519PublicKey.from_public_bytes(raw(ask.public_key))
        return web.Response(status=201, body=encode(Enrolled(box=box, user=User(id="u1", nickname="booth"))))

    async def challenge(self, request):
        if request.match_info["box"] not in self.boxes:
            return problem(404, "no such box")
        return web.Response(body=encode(Challenge(nonce="n-1")))

    async def session(self, request):
        ask = decode(BoxLogIn, await request.read())
        try:
            self.boxes[request.match_info["box"]].verify(raw(ask.signature), ask.nonce.encode())
        except InvalidSignature:
            return problem(401, "the signature is wrong")
        self.sign_ins += 1
        token = f"token-{self.sign_ins}"
        self.tokens.add(token)
        return web.Response(
            body=encode(
                BoxSession(
                    access_token=token,
                    expires_in_s=self.lives_s,
                    box=request.match_info["box"],
                    qr_url="http://hub/b/x",
                )
            )
        )

    async def grant(self, request):
        if self.answer is not None:
            return self.answer
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.tokens:
            return problem(401, "this token has expired")
        self.bodies.append(await request.read())
        return web.Response(body=encode(GRANT))

    async def clock(self, _request):
        return web.Response(body=encode(HubTime(now_ms=1_800_000_000_000)))

    async def notes(self, request):
        return web.Response(body=b"#TITLE:" + request.match_info["song"].encode())


@pytest.fixture
async def hub():
    hub = Hub()
    await hub.server.start_server()
    yield hub
    await hub.server.close()


@pytest.fixture
async def open_client(hub, tmp_path):
    clients = []

    def make(code="code-1", url=None, data_dir=tmp_path / "data"):
        client = HubClient(url or hub.url, open_identity(data_dir), name="booth 8", enrol_code=code)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


async def test_a_new_box_enrols_signs_in_and_gets_its_grant(hub, open_client, tmp_path):
    client = open_client()

    assert await client.bus_grant("r1") == GRANT

    assert (hub.enrolments, hub.sign_ins) == (1, 1)
    assert hub.bodies == [b'{"room":"r1"}']
    assert stat.S_IMODE((tmp_path / "data" / "box.key").stat().st_mode) == 0o600


async def test_a_known_box_signs_in_without_a_code_and_keeps_its_token(hub, open_client):
    await open_client().bus_grant(None)
    again = open_client(code="")

    await again.bus_grant(None)
    await again.bus_grant(None)

    assert (hub.enrolments, hub.sign_ins) == (1, 2)


async def test_a_token_the_hub_no_longer_takes_is_replaced(hub, open_client):
    client = open_client()
    await client.bus_grant(None)
    hub.tokens.clear()

    assert await client.bus_grant(None) == GRANT
    assert hub.sign_ins == 2


async def test_a_token_is_replaced_before_it_expires(hub, open_client):
    hub.lives_s = 1
    client = open_client()
    client._expires_s = 0.0
    await client.sign_in()
    client._expires_s = 0.0

    await client.sign_in()

    assert hub.sign_ins == 2


async def test_a_box_without_a_code_is_told_how_to_enrol(open_client):
    with pytest.raises(Refused, match="enrol_code_file"):
        await open_client(code="").sign_in()


async def test_a_used_code_is_refused_in_the_hubs_words(hub, open_client):
    hub.codes.clear()

    with pytest.raises(Refused, match="get a new one"):
        await open_client().sign_in()


async def test_a_box_the_hub_has_forgotten_enrols_again(hub, open_client):
    await open_client().sign_in()
    hub.boxes.clear()
    hub.codes.add("code-2")

    session = await open_client(code="code-2").sign_in()

    assert session.box == "b2"


async def test_a_hub_that_is_not_there_is_unreachable(open_client):
    with pytest.raises(HubUnreachable, match="does not answer"):
        await open_client(url="http://127.0.0.1:9").sign_in()


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (problem(409, "both seats are taken"), Refused, "both seats are taken"),
        (problem(500, "a bug"), HubUnreachable, "trouble of its own: a bug"),
        (web.Response(status=502, text="<html>"), HubUnreachable, "502 Bad Gateway"),
        (web.Response(text="<html>"), HubUnreachable, "something else than expected"),
        (web.Response(status=418), Refused, "418"),
    ],
)
async def test_errors_are_told_apart_by_what_the_box_can_do(hub, open_client, answer, error, said):
    client = open_client()
    await client.sign_in()
    hub.answer = answer

    with pytest.raises(error, match=said):
        await client.bus_grant(None)


async def test_the_clock_is_set_by_the_fastest_of_its_pings(hub, open_client):
    clock = BoxClock()
    clock.set_by(await open_client().pings())

    assert clock.is_set
    assert clock.hub_ms() == pytest.approx(1_800_000_000_000, abs=1000)
    assert clock.hub_ms(clock.at_s(1_800_000_000_500)) == pytest.approx(1_800_000_000_500, abs=1)


async def test_files_come_as_bytes(hub, open_client):
    assert await open_client().song_notes("s1") == b"#TITLE:s1"


def test_a_key_that_is_none_is_refused(tmp_path):
    (tmp_path / "box.key").write_text("not a key")

    with pytest.raises(Refused, match="delete it and enrol"):
        open_identity(tmp_path)


def test_an_enrolment_that_is_none_is_refused(tmp_path):
    identity = open_identity(tmp_path)
    (tmp_path / "enrolled.json").write_text("{}")

    with pytest.raises(Refused, match="not a box's enrolment"):
        identity.enrolled()
