import asyncio
import io
import signal
import ssl
import stat
import sys
from dataclasses import replace

import aiohttp
import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from paho.mqtt.enums import CallbackAPIVersion

from cloud.clock import now_ms
from cloud.core import authorise
from cloud.core.errors import SettingsError
from cloud.media.front import CannotListen, ice_addresses, own_names, serve, tls_context
from cloud.media.tls import local_certificate
from cloud.settings import Settings
from cloud.tokens import MediaClaims, Signer
from edge.wire.boxes import RelayState
from edge.wire.codec import decode
from tests.cloud.media.hub import until
from tests.cloud.media.peers import Singer

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"}


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    ("path", "headers", "target"),
    [
        ("/", {}, "/studio/"),
        ("/", PHONE, "/phone/"),
        ("/e/abc.def-_1", {}, "/studio/?entry=abc.def-_1"),
        ("/e/abc.def-_1", PHONE, "/phone/?entry=abc.def-_1"),
        ("/b/tok.en", {}, "/phone/?box=tok.en"),
        ("/console", {}, "/console/"),
        ("/overlay?room=r1", {}, "/overlay/?room=r1"),
    ],
)
async def test_short_addresses_lead_to_the_right_page(front, http, path, headers, target):
    async with http.get(front + path, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == target
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_pages_answer_for_every_address_below_them_and_files_for_themselves(front, http):
    for path in ("/phone/", "/phone/rooms/r1"):
        async with http.get(front + path) as answer:
            assert answer.status == 200
            assert "<title>phone</title>" in await answer.text()
            assert answer.headers["Cache-Control"] == "no-cache"
    async with http.get(front + "/phone/assets/index-B3kd92Xy.js") as answer:
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/phone/assets/gone.js", "/nothing", "/phone/..%2f..%2f..%2fetc%2fpasswd.txt"):
        async with http.get(front + path) as answer:
            assert answer.status == 404
            assert answer.content_type == "application/problem+json"


async def test_pages_may_reach_their_own_origin_alone_and_only_the_overlay_is_framed(front, http):
    async with http.get(front + "/studio/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert f"connect-src 'self' {front.replace('http', 'ws')}" in policy
    assert "frame-ancestors 'none'" in policy
    async with http.get(front + "/overlay/") as answer:
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]


async def test_a_page_that_is_not_built_says_so(front, http, pages_dir):
    (pages_dir / "studio" / "index.html").unlink()

    async with http.get(front + "/studio/") as answer:
        assert answer.status == 503
        assert "not built" in (await answer.json())["detail"]


async def test_the_api_sees_who_asked_and_not_what_they_pretend(front, http, api):
    pretended = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "Authorization": "Bearer t"}
    async with http.post(front + "/api/a%20b?q=1&r=%E4%BD%A0", data=b"body", headers=pretended) as answer:
        assert answer.status == 418
        assert answer.headers["Set-Cookie"] == "a=b"
        seen = await answer.json()

    assert seen["path"] == "/api/a%20b?q=1&r=%E4%BD%A0"
    assert seen["body"] == "body"
    assert seen["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert seen["headers"]["X-Forwarded-Proto"] == "http"
    assert seen["headers"]["Authorization"] == "Bearer t"
    assert seen["headers"]["Host"] in front


async def test_a_long_answer_of_the_api_arrives_whole(front, http, api):
    async with http.get(front + "/api/stream") as answer:
        assert len(await answer.read()) == 1_000_000


async def test_a_large_body_never_reaches_the_api(front, http, api):
    async with http.post(front + "/api/x", data=io.BytesIO(b"x" * 100_000)) as answer:
        assert answer.status == 413
    async with http.post(front + "/api/x", data=_chunks()) as answer:
        assert answer.status == 413
    assert not api


async def _chunks():
    for _ in range(20):
        yield b"x" * 10_000


async def test_an_api_that_is_down_is_a_502_with_a_sentence(front, http):
    async with http.get(front + "/api/health") as answer:
        assert answer.status == 502
        assert answer.headers["Retry-After"] == "1"
        assert "does not answer" in (await answer.json())["detail"]
    async with http.get(front + "/mqtt") as answer:
        assert answer.status == 502


def _page_client(settings, seen):
    """Return a paho client that comes in through the front's WebSocket, as the relay's watcher."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="s-worker", transport="websockets")
    client.username_pw_set("s-worker", authorise.service_password(settings.key(), "worker"))
    client.ws_set_options(path="/mqtt")
    client.on_connect = lambda c, *_: c.subscribe("ktv/1/d/+/media", 1)
    client.on_message = lambda _c, _d, message: seen.append(decode(RelayState, message.payload))
    client.connect("127.0.0.1", settings.front_port)
    client.loop_start()
    return client


async def test_who_is_live_is_told_on_the_bus_and_read_through_the_front(broker, front, settings):
    seen = []
    client = await asyncio.to_thread(_page_client, settings, seen)
    try:
        token = Signer(settings).sign(MediaClaims("u-1", "r1", "a", "publish"), now_ms())
        await until(lambda: seen and seen[-1].seats == ())
        async with Singer(f"{front}/whip/r1", token):
            await until(lambda: seen[-1].seats)
            assert [(one.room, one.seat, one.is_live) for one in seen[-1].seats] == [("r1", "a", True)]
        await until(lambda: seen[-1].seats == ())
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


async def test_a_hundred_pages_follow_live_events_through_the_front(broker, front, settings, http):
    lines = [
        await http.ws_connect(front.replace("http", "ws") + "/mqtt", protocols=("mqtt",)) for _ in range(100)
    ]

    assert {line.protocol for line in lines} == {"mqtt"}
    for line in lines:
        await line.close()


async def test_text_over_the_event_socket_ends_it(broker, front, http):
    async with http.ws_connect(front.replace("http", "ws") + "/mqtt", protocols=("mqtt",)) as line:
        await line.send_str("hello")
        assert (await line.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}


async def test_a_port_that_is_taken_is_told_with_the_setting_that_moves_it(front, settings):
    with pytest.raises(CannotListen, match="front_port"):
        await serve(settings, asyncio.Event())


async def test_with_a_local_authority_the_front_speaks_tls_and_gives_the_certificate(settings, http):
    settings = replace(settings, tls="local")
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(settings, stop, ready))
    await asyncio.wait_for(ready.wait(), 10)
    trusted = ssl.create_default_context(cafile=settings.data_dir / "tls" / "ca.pem")

    async with http.get(settings.url + "/ca.pem", ssl=trusted) as answer:
        assert settings.url.startswith("https://127.0.0.1:")
        assert answer.status == 200
        assert b"BEGIN CERTIFICATE" in await answer.read()
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await http.get(settings.url + "/ca.pem")
    stop.set()
    await serving


def test_the_authority_stays_and_keys_are_private(tmp_path):
    chain, key = local_certificate(tmp_path / "tls", ["hub.local", "192.0.2.7"])
    authority = (tmp_path / "tls" / "ca.pem").read_bytes()
    server = chain.read_bytes()

    assert local_certificate(tmp_path / "tls", ["hub.local", "192.0.2.7"]) == (chain, key)
    assert chain.read_bytes() == server
    local_certificate(tmp_path / "tls", ["hub.local", "192.0.2.8"])
    assert chain.read_bytes() != server
    assert (tmp_path / "tls" / "ca.pem").read_bytes() == authority
    assert {stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) for name in ("ca.key", "server.key")} == {
        0o600
    }
    names = x509.load_pem_x509_certificate(chain.read_bytes()).extensions
    assert "192.0.2.8" in str(names.get_extension_for_class(x509.SubjectAlternativeName))


def test_files_that_are_no_certificate_are_told(tmp_path):
    (tmp_path / "c.pem").write_text("x")
    settings = Settings(
        data_dir=tmp_path,
        tls="files",
        tls_certificate=str(tmp_path / "c.pem"),
        tls_key=str(tmp_path / "k.pem"),
    )

    with pytest.raises(SettingsError, match=r"c\.pem"):
        tls_context(settings)


def test_media_is_bound_where_the_front_is():
    assert ice_addresses(Settings()) == ["127.0.0.1"]
    assert ice_addresses(Settings(front_host="0.0.0.0")) is None
    assert ice_addresses(Settings(ice_addresses="192.0.2.7, 192.0.2.8")) == ["192.0.2.7", "192.0.2.8"]
    with pytest.raises(SettingsError, match="ice_addresses"):
        ice_addresses(Settings(ice_addresses="hub.local"))
    assert "127.0.0.1" in own_names(Settings())


async def test_the_process_ends_cleanly_at_sigterm(settings, tmp_path, root):
    named = ("data_dir", "front_port", "web_port", "mqtt_port", "mqtt_ws_port")
    environment = {f"KTV_HUB_{name.upper()}": str(getattr(settings, name)) for name in named}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cloud", "media", env=environment, cwd=root, stdout=-1, stderr=-2
    )
    output = b""
    while b"the hub is at" not in output:
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        assert line, output.decode()
        output += line
    process.send_signal(signal.SIGTERM)
    rest, _ = await asyncio.wait_for(process.communicate(), 10)

    assert process.returncode == 0
    assert b"Traceback" not in output + rest
