"""The box as a whole: it starts with whatever there is, says what is missing, and stops cleanly."""

import asyncio
import logging
import socket
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from edge.app import Box, Restarter, run
from edge.core.errors import DeviceLost, Refused
from edge.settings import (
    BoxSettings,
    CameraSettings,
    HubSettings,
    KioskSettings,
    MicrophoneSettings,
    Settings,
    SongsSettings,
    SpeakerSettings,
)
from edge.wire.kiosk import KioskStatus
from tests.fakes import FakeScreen

NOTES = "#TITLE:Short\n#ARTIST:KTV\n#BPM:300\n#GAP:0\n: 0 4 9 la\nE\n"


def a_box(tmp_path, **changes) -> Settings:
    song = tmp_path / "songs" / "short"
    song.mkdir(parents=True)
    (song / "song.txt").write_text(NOTES)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(
        box=BoxSettings(name="booth 8", data_dir=tmp_path / "data"),
        microphone=MicrophoneSettings(kind="none"),
        speaker=SpeakerSettings(kind="none"),
        camera=CameraSettings(kind="none"),
        songs=SongsSettings(folders=(tmp_path / "songs",)),
        kiosk=KioskSettings(port=port),
    )
    return replace(settings, **changes)


@asynccontextmanager
async def running(settings: Settings):
    """Run a box, and open its page."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(settings, stop))
    url = f"http://127.0.0.1:{settings.kiosk.port}"
    try:
        async with aiohttp.ClientSession() as http:
            yield await _page(http, url, task)
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


async def _page(http, url, task):
    for _ in range(500):
        if task.done():
            await task
        try:
            return await http.ws_connect(f"{url}/live", origin=url)
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.02)
    raise AssertionError("the box did not open its page")


async def shown(page, kind, found=lambda message: True):
    async with asyncio.timeout(15):
        async for message in page:
            if message.type is aiohttp.WSMsgType.TEXT:
                content = message.json()
                if content["type"] == kind and found(content):
                    return content
    raise AssertionError(f"no {kind} was shown")


async def test_a_box_with_nothing_at_all_still_sings_songs_from_its_shelf(tmp_path):
    async with running(a_box(tmp_path)) as page:
        hello = await shown(page, "hello")
        await page.send_json({"do": "queue", "song": "short"})
        await page.send_json({"do": "start-round"})
        begun = await shown(page, "round", lambda message: message["round"])
        ended = await shown(page, "event")

    assert hello["name"] == "booth 8" and hello["song_count"] >= 1
    assert begun["round"]["id"].startswith("local-")
    assert ended["event"]["final"]["scores"] == {"a": 0.0}


async def test_parts_that_are_missing_are_said_once_each_and_the_box_lives_on(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    settings = a_box(
        tmp_path,
        microphone=MicrophoneSettings(kind="alsa", device="hw:99"),
        speaker=SpeakerSettings(kind="alsa", device="hw:99"),
        camera=CameraSettings(kind="v4l2", device=str(tmp_path / "video99")),
        hub=HubSettings(url="http://127.0.0.1:9"),
    )
    async with running(settings) as page:
        ill = set()
        while ill != {"microphone", "speaker", "camera", "hub"}:
            status = await shown(page, "status", lambda message: not message["is_well"])
            assert status["text_zh"] and status["text_en"]
            ill.add(status["part"])
        await page.send_json({"do": "go-live", "kind": "perform"})
        refused = await shown(page, "error")
        await page.send_json({"do": "queue", "song": "short"})
        await page.send_json({"do": "start-round"})
        ended = await shown(page, "event")

    assert "the hub is not there now" in refused["text_en"]
    assert ended["event"]["final"]["scores"] == {"a": 0.0}
    said = [record.getMessage().split(":")[0] for record in caplog.records if record.name == "edge.app"]
    assert sorted(said) == ["camera", "hub", "microphone", "speaker"]


async def test_a_port_in_use_ends_the_start_with_what_to_do(tmp_path):
    settings = a_box(tmp_path)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", settings.kiosk.port))
        taken.listen()

        with pytest.raises(Refused, match=r"set another host or port under \[kiosk\]"):
            await run(settings, asyncio.Event())


async def test_a_recording_that_is_no_sound_ends_the_start(tmp_path):
    file = tmp_path / "voice.ogg"
    file.write_bytes(b"no sound")

    with pytest.raises(Refused, match=r"voice\.ogg"):
        Box(a_box(tmp_path, microphone=MicrophoneSettings(kind="file", file=file)))


async def test_a_stand_in_has_neither_screen_nor_speaker(tmp_path):
    settings = a_box(
        tmp_path,
        microphone=MicrophoneSettings(kind="webrtc"),
        camera=CameraSettings(kind="webrtc"),
        kiosk=KioskSettings(is_on=False),
    )
    stop = asyncio.Event()
    task = asyncio.create_task(run(settings, stop))
    await asyncio.sleep(0.3)

    assert not task.done()
    assert {each.get_name() for each in asyncio.all_tasks()}.isdisjoint({"speaker", "microphone"})
    stop.set()
    await asyncio.wait_for(task, 10)


@pytest.fixture
async def keeper(monkeypatch):
    monkeypatch.setattr("edge.app.FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("edge.app.WELL_AFTER_S", 0.05)
    screen = FakeScreen()
    keeper = Restarter(screen)
    async with asyncio.TaskGroup() as group:
        keeper.use(group)
        yield keeper, screen
        keeper.stop()


async def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


async def test_what_fails_is_begun_again_and_said_once_and_once_when_it_is_well(keeper, caplog):
    keeper, screen = keeper
    caplog.set_level(logging.INFO)
    starts = []

    async def microphone():
        starts.append(1)
        if len(starts) < 4:
            raise DeviceLost("plug it in")
        await asyncio.Event().wait()

    keeper.keep("microphone", microphone)

    await until(lambda: len(starts) == 4 and len(screen.shown) == 2)
    assert [record.getMessage() for record in caplog.records] == [
        "microphone: plug it in",
        "microphone: works again",
    ]
    assert screen.shown[-1] == KioskStatus(part="microphone", is_well=True)


async def test_an_unexpected_error_is_logged_whole_and_begun_again(keeper, caplog):
    keeper, _ = keeper
    starts = []

    async def broken():
        starts.append(1)
        if len(starts) == 1:
            raise ZeroDivisionError("a bug")

    task = keeper.keep("watching", broken)

    await task
    assert len(starts) == 2
    assert "ZeroDivisionError: a bug" in caplog.text


async def test_what_is_done_once_is_not_begun_again(keeper):
    keeper, _ = keeper
    starts = []

    async def broken():
        starts.append(1)
        raise ZeroDivisionError("a bug")

    await keeper.once("performance", broken)

    assert starts == [1]


async def test_what_is_cancelled_ends_even_if_its_device_fails_at_that_moment(keeper):
    keeper, _ = keeper
    starts = []

    async def stubborn():
        starts.append(1)
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("the device does not close")

    task = keeper.keep("camera", stubborn)
    await until(lambda: starts)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert task.cancelled() and starts == [1]
