"""The kiosk page's server: who may connect, what is shown, what is touched."""

import asyncio
import io
import socket
import struct

import aiohttp
import av
import numpy as np
import pytest

from edge.adapters.kiosk import MOST_PAGES, Kiosk
from edge.core.errors import Refused
from edge.core.picture import PictureFrame
from edge.wire.kiosk import BeginNow, GoLive, KioskClock, KioskRoom, KioskSongs, KioskStatus, Search


@pytest.fixture
async def kiosk(tmp_path):
    kiosk = Kiosk("127.0.0.1", 0, tmp_path / "dist")
    await kiosk.start()
    yield kiosk
    await kiosk.stop()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as http:
        yield http


async def open_page(kiosk, http):
    return await http.ws_connect(f"{kiosk.url}/live", origin=kiosk.url)


async def settled(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen in time")


async def test_a_page_gets_what_lasts_when_it_opens_and_what_is_shown_after(kiosk, http):
    await kiosk.show(KioskRoom(room=None))
    await kiosk.show(KioskSongs(songs=()))

    page = await open_page(kiosk, http)

    assert await page.receive_json() == {"type": "room", "room": None, "seat": None}
    await kiosk.show(KioskClock(song_t=1.5))
    assert await page.receive_json() == {"type": "clock", "song_t": 1.5}


async def test_the_status_of_each_part_lasts(kiosk, http):
    await kiosk.show(KioskStatus(part="hub", is_well=False, text_zh="断网", text_en="no hub"))
    await kiosk.show(KioskStatus(part="camera", is_well=False))
    await kiosk.show(KioskStatus(part="camera", is_well=True))

    page = await open_page(kiosk, http)

    seen = [await page.receive_json(), await page.receive_json()]
    assert [(message["part"], message["is_well"]) for message in seen] == [("hub", False), ("camera", True)]


async def test_what_is_touched_is_carried_out(kiosk, http):
    orders = []

    async def obey(order):
        orders.append(order)

    kiosk.on_order = obey
    page = await open_page(kiosk, http)

    await page.send_json({"do": "search", "q": "星"})
    await page.send_json({"do": "go-live", "kind": "create", "mode": "duet", "scene": "billiards"})
    await page.send_json({"do": "start-round"})

    await settled(lambda: len(orders) == 3)
    assert orders == [
        Search(do="search", q="星"),
        GoLive(do="go-live", kind="create", mode="duet", scene="billiards"),
        BeginNow(do="start-round"),
    ]


async def test_what_cannot_be_done_is_said_on_the_page_that_touched_it(kiosk, http):
    async def refuse(order):
        raise Refused("no song waits: queue one first")

    kiosk.on_order = refuse
    page, other = await open_page(kiosk, http), await open_page(kiosk, http)

    await page.send_json({"do": "start-round"})

    assert (await page.receive_json())["text_en"] == "no song waits: queue one first"
    with pytest.raises(TimeoutError):
        await other.receive_json(timeout=0.1)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"do":"format-disk"}', '{"do":"queue"}', '{"do":"queue","song":"../x"}']
)
async def test_nonsense_gets_an_error_and_the_page_lives_on(kiosk, http, text):
    page = await open_page(kiosk, http)

    await page.send_str(text)

    assert (await page.receive_json())["type"] == "error"
    await kiosk.show(KioskClock(song_t=None))
    assert await page.receive_json() == {"type": "clock", "song_t": None}


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_another_origin_may_not_connect(kiosk, http, origin):
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await http.ws_connect(f"{kiosk.url}/live", origin=origin)


async def test_a_name_that_was_pointed_here_may_not_connect(kiosk, http):
    host = kiosk.url.removeprefix("http://").replace("127.0.0.1", "evil.example")

    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await http.ws_connect(f"{kiosk.url}/live", origin=f"http://{host}", headers={"Host": host})


async def test_more_pages_than_a_booth_has_are_refused(kiosk, http):
    pages = [await open_page(kiosk, http) for _ in range(MOST_PAGES)]

    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await open_page(kiosk, http)
    assert len(pages) == MOST_PAGES


async def test_pictures_arrive_as_jpeg_with_their_rtp_stamp(kiosk, http):
    page = await open_page(kiosk, http)
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[:, 640:] = (255, 255, 255)

    await kiosk.picture(PictureFrame(pixels, at_s=1.0, rtp=4_000_000_000))

    payload = await page.receive_bytes()
    assert struct.unpack(">II", payload[:8]) == (4_000_000_000, 0)
    with av.open(io.BytesIO(payload[8:])) as file:
        shown = next(file.decode(video=0)).to_ndarray(format="rgb24")
    assert shown.shape == (360, 640, 3)
    assert shown[180, 100].max() < 12 and shown[180, 500].min() > 243


async def test_no_more_than_twelve_pictures_a_second_are_sent(kiosk, http):
    page = await open_page(kiosk, http)
    pixels = np.zeros((48, 64, 3), np.uint8)

    for number in range(30):
        await kiosk.picture(PictureFrame(pixels, at_s=number / 30))
        await asyncio.sleep(0.005)

    got = 0
    with pytest.raises(TimeoutError):
        while True:
            await page.receive_bytes(timeout=0.3)
            got += 1
    assert 8 <= got <= 13


async def test_pictures_without_a_page_cost_nothing(kiosk):
    await kiosk.picture(PictureFrame(np.zeros((48, 64, 3), np.uint8), at_s=1.0))

    assert kiosk._encoder._codec is None


async def test_it_says_when_somebody_begins_and_ends_to_watch(kiosk, http):
    said = []
    kiosk.on_watched = lambda: said.append(kiosk.is_watched)

    page = await open_page(kiosk, http)
    other = await open_page(kiosk, http)
    await other.close()
    await page.close()

    await settled(lambda: said == [True, True, False] or said == [True, False])
    assert not kiosk.is_watched


async def test_a_port_in_use_is_refused_with_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        kiosk = Kiosk("127.0.0.1", taken.getsockname()[1], tmp_path)

        with pytest.raises(Refused, match=r"set another host or port under \[kiosk\]"):
            await kiosk.start()


async def test_the_page_is_served_and_said_to_be_missing_where_it_is_not_built(kiosk, http, tmp_path):
    async with http.get(f"{kiosk.url}/") as answer:
        assert "not built" in await answer.text()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<p>hello")
    async with http.get(f"{kiosk.url}/") as answer:
        assert await answer.text() == "<p>hello"
