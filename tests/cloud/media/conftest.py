"""The whole front with a real broker behind it."""

import asyncio
import os
import socket
import sys

import pytest
from aiohttp import web

from cloud.media.front import serve
from cloud.settings import Settings
from cloud.supervise import Child, Supervisor, listens


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def pages_dir(tmp_path):
    """Four built pages, as small as can be."""
    for page in ("phone", "studio", "overlay", "console"):
        folder = tmp_path / "dist" / page
        (folder / "assets").mkdir(parents=True)
        (folder / "index.html").write_text(f"<!doctype html><title>{page}</title>")
        (folder / "assets" / "index-B3kd92Xy.js").write_text("1")
    return tmp_path / "dist"


@pytest.fixture
def settings(tmp_path, pages_dir):
    return Settings(
        data_dir=tmp_path / "hub",
        front_port=free_port(),
        web_port=free_port(),
        mqtt_port=free_port(),
        mqtt_ws_port=free_port(),
        broker="amqtt",
        pages_dir=pages_dir,
    )


@pytest.fixture
async def front(settings):
    """The front's address, while it runs."""
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(settings, stop, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=10)
    if serving.done():
        serving.result()
    yield settings.url
    stop.set()
    await serving


@pytest.fixture
async def broker(settings, tmp_path):
    """A real broker on the settings' ports."""
    named = ("data_dir", "mqtt_port", "mqtt_ws_port", "broker")
    environment = {f"KTV_HUB_{name.upper()}": str(getattr(settings, name)) for name in named}
    child = Child(
        "broker",
        [sys.executable, "-m", "cloud", "broker"],
        ready=listens("127.0.0.1", settings.mqtt_ws_port),
        environment={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    async with Supervisor([child], log_dir=tmp_path / "logs"):
        yield settings.mqtt_ws_port


@pytest.fixture
async def api(settings):
    """A web process's stand-in: a real HTTP server that says what it was asked."""
    seen: list[web.Request] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        if request.path == "/api/stream":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(50):
                await response.write(b"x" * 20_000)
            return response
        body = {
            "path": request.raw_path,
            "headers": dict(request.headers),
            "body": (await request.read()).decode(),
        }
        return web.json_response(body, status=418, headers={"Set-Cookie": "a=b"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", settings.web_port).start()
    yield seen
    await runner.cleanup()
