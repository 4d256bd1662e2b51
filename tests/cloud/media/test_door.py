import asyncio
import io
from pathlib import Path

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from cloud.media.relay import Limits
from tests.cloud.media.hub import open_hub, until
from tests.cloud.media.peers import Singer, Viewer


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def offer():
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio", "sendonly")
    connection.addTransceiver("video", "sendonly")
    yield (await connection.createOffer()).sdp
    await connection.close()


def _headers(token, **more):
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp", **more}


async def test_whip_answers_an_offer_and_delete_ends_the_session(hub, http, offer):
    token = hub.token()
    async with http.post(hub.whip(), data=offer, headers=_headers(token)) as answer:
        assert answer.status == 201
        assert answer.content_type == "application/sdp"
        assert answer.headers["ETag"].startswith('"')
        location = answer.headers["Location"]
        sdp = await answer.text()

    assert location.startswith("/whip/r1/")
    assert "a=recvonly" in sdp and "127.0.0.1" in sdp
    async with http.delete(hub.url + location, headers=_headers(hub.token(lasts_s=60))) as answer:
        assert answer.status == 401  # another token
    async with http.delete(hub.url + location, headers=_headers(token)) as answer:
        assert answer.status == 200
    async with http.delete(hub.url + location, headers=_headers(token)) as answer:
        assert answer.status == 404
    assert not hub.relay.sessions


@pytest.mark.parametrize(
    ("path", "claims", "status", "word"),
    [
        ("/whip/r1", None, 401, "Authorization"),
        ("/whip/r1", {"lasts_s": -5}, 401, "expired"),
        ("/whip/r1", {"role": "watch"}, 403, "publish"),
        ("/whip/r2", {}, 403, "room"),
        ("/whep/r1?seat=a", {}, 403, "watch"),
        ("/whep/r1?seat=b", {"role": "watch"}, 403, "seat"),
        ("/whep/r1?seat=a&sound=loud", {"role": "watch"}, 404, "dry"),
        ("/whip/no%2Fsuch", {}, 404, ""),
    ],
)
async def test_who_may_not_come_in_is_told_why(hub, http, offer, path, claims, status, word):
    token = "forged" if claims is None else hub.token(**claims)
    headers = _headers(token) if claims is not None else {"Content-Type": "application/sdp"}

    async with http.post(hub.url + path, data=offer, headers=headers) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        problem = await answer.json()

    assert problem["status"] == status
    assert word in problem["detail"]


async def test_a_forged_token_is_refused(hub, http, offer):
    async with http.post(hub.whip(), data=offer, headers=_headers("a.b.c")) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_seat_that_is_not_live_says_when_to_ask_again(hub, http, offer):
    async with http.post(
        hub.whep(), data=offer.replace("sendonly", "recvonly"), headers=_headers(hub.token("watch"))
    ) as answer:
        assert answer.status == 404
        assert answer.headers["Retry-After"] == "1"


async def test_only_sdp_of_a_fair_size_is_read(hub, http, offer):
    token = hub.token()
    async with http.post(
        hub.whip(), data=offer, headers=_headers(token) | {"Content-Type": "text/plain"}
    ) as answer:
        assert answer.status == 415
    async with http.post(
        hub.whip(), data=io.BytesIO(b"v=0\r\n" + b"a" * 10_000_000), headers=_headers(token)
    ) as answer:
        assert answer.status == 413
        assert answer.content_type == "application/problem+json"


async def test_methods_that_mean_nothing_here_are_refused_with_those_that_do(hub, http):
    for method in ("GET", "PUT"):
        async with http.request(method, hub.whip()) as answer:
            assert answer.status == 405
            assert "POST" in answer.headers["Allow"]


async def test_trickled_candidates_are_taken_and_an_ice_restart_is_not(hub, http, offer):
    token = hub.token()
    async with http.post(hub.whip(), data=offer, headers=_headers(token)) as answer:
        location, etag = hub.url + answer.headers["Location"], answer.headers["ETag"]
    (session,) = hub.relay.sessions.values()
    ufrag = session.connection.remoteDescription.sdp.split("a=ice-ufrag:")[1].split()[0]
    trickle = {"Content-Type": "application/trickle-ice-sdpfrag"}
    cases = [
        ({"If-Match": etag}, f"a=ice-ufrag:{ufrag}\r\na=candidate:1 1 udp 1 203.0.113.9 9 typ host\r\n", 204),
        ({"If-Match": '"other"'}, f"a=ice-ufrag:{ufrag}\r\n", 412),
        ({"If-Match": "*"}, "a=ice-ufrag:new\r\n", 422),
        ({}, "", 428),
        ({"If-Match": etag, "Content-Type": "text/plain"}, "", 415),
    ]

    for more, fragment, status in cases:
        async with http.patch(location, data=fragment, headers=_headers(token) | trickle | more) as answer:
            assert answer.status == status, (more, await answer.text())


async def test_pages_of_other_origins_are_kept_out(hub, http, offer):
    own = {"Origin": hub.url}
    foreign = {"Origin": "https://evil.example"}
    async with http.options(hub.whip(), headers=own) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == hub.url
        assert answer.headers["Accept-Post"] == "application/sdp"
    async with http.options(hub.whip(), headers=foreign) as answer:
        assert answer.status == 403
    async with http.post(hub.whip(), data=offer, headers=_headers(hub.token()) | foreign) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    async with http.post(hub.whip(), data=offer, headers=_headers(hub.token()) | own) as answer:
        assert answer.status == 201
        assert "Location" in answer.headers["Access-Control-Expose-Headers"]


async def test_one_token_opens_no_more_than_its_share(hub, http, offer):
    token = hub.token()
    statuses = []
    for _ in range(6):
        async with http.post(hub.whip(), data=offer, headers=_headers(token)) as answer:
            statuses.append(answer.status)
            retry = answer.headers.get("Retry-After")

    assert statuses == [201] * 4 + [429] * 2
    assert retry == "5"


async def test_one_address_opens_no_more_than_its_share(tmp_path, http, offer):
    async with open_hub(tmp_path, limits=Limits(waiting_per_address=3)) as hub:
        statuses = []
        for number in range(5):
            headers = _headers(hub.token(room=f"r{number}"))
            async with http.post(hub.whip(f"r{number}"), data=offer, headers=headers) as answer:
                statuses.append(answer.status)

    assert statuses == [201, 201, 201, 429, 429]


def _descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_fifty_bad_offers_leave_no_descriptor(hub, http, offer):
    token = hub.token()
    bad = [
        offer.replace("a=setup:actpass", "a=setup:nonsense"),
        offer.replace("a=rtcp-mux\r\n", ""),
        offer.replace("a=rtpmap:96", "a=rtpmap:zz"),
        offer.replace("opus/48000", "opus/1"),
        "",
    ]
    async with http.post(hub.whip(), data=bad[0], headers=_headers(token)) as answer:
        await answer.read()
    before = _descriptors()

    for number in range(50):
        async with http.post(hub.whip(), data=bad[number % 5], headers=_headers(token)) as answer:
            assert 400 <= answer.status < 500

    assert not hub.relay.sessions
    assert _descriptors() <= before


async def test_offers_that_never_connect_are_closed_at_the_deadline(tmp_path, http, offer):
    limits = Limits(connect_s=0.5, per_token=100, waiting_per_address=100)
    async with open_hub(tmp_path, limits=limits) as hub:
        async with http.options(hub.whip()) as answer:
            assert answer.status == 204
        before = _descriptors()
        for _ in range(30):
            async with http.post(hub.whip(), data=offer, headers=_headers(hub.token())) as answer:
                assert answer.status == 201

        await until(lambda: not hub.relay.sessions, 5)
        await asyncio.sleep(0.2)
        assert _descriptors() <= before


async def test_a_flood_does_not_stop_a_live_picture(tmp_path, http, offer):
    limits = Limits(connect_s=1.0, per_token=100, waiting_per_address=100)
    async with (
        open_hub(tmp_path, limits=limits) as hub,
        Singer(hub.whip(), hub.token()) as singer,
        Viewer(hub.whep(), hub.token("watch")) as viewer,
    ):
        await until(lambda: len(viewer.pictures) > 10)
        begun = len(viewer.pictures)

        async def knock():
            async with http.post(
                hub.whip("r9"), data=offer, headers=_headers(hub.token(room="r9"))
            ) as answer:
                return answer.status

        statuses = await asyncio.gather(*(knock() for _ in range(60)))
        await asyncio.sleep(2.0)

        assert set(statuses) == {201}
        assert len(viewer.pictures) - begun > 20
        assert viewer.pictures[-1][1].rtp in singer.sent


async def test_viewers_of_h264_alone_are_told_what_the_seat_sends(hub, http, offer):
    only_h264 = [line for line in offer.split("\r\n") if "VP8" not in line and "apt=97" not in line]
    async with Singer(hub.whip(), hub.token()):
        await until(lambda: hub.relay.seats)
        text = "\r\n".join(only_h264).replace("sendonly", "recvonly")
        async with http.post(hub.whep(), data=text, headers=_headers(hub.token("watch"))) as answer:
            assert answer.status == 400
            assert "VP8" in (await answer.json())["detail"]
