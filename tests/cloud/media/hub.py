"""A relay with its door on a loopback port, and tokens for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
from aiohttp import web

from cloud.clock import now_ms
from cloud.media.door import Door
from cloud.media.forwarding import Forwarding, Plant
from cloud.media.problems import refuse
from cloud.media.relay import Limits, Relay
from cloud.settings import Settings
from cloud.tokens import MediaClaims, Signer


class Hub:
    """What a test needs of the hub."""

    def __init__(self, relay: Relay, signer: Signer, url: str) -> None:
        self.relay = relay
        self.url = url
        self._signer = signer

    def token(self, role: str = "publish", seat: str = "a", room: str = "r1", lasts_s: int = 600) -> str:
        return self._signer.sign(MediaClaims("u-test", room, seat, role), now_ms(), lasts_s)

    def whip(self, room: str = "r1") -> str:
        return f"{self.url}/whip/{room}"

    def whep(self, sound: str = "dry", seat: str = "a", room: str = "r1") -> str:
        return f"{self.url}/whep/{room}?seat={seat}&sound={sound}"


@contextlib.asynccontextmanager
async def open_hub(
    data_dir: Path, *, limits: Limits | None = None, plant: Plant | None = None, port: int = 0
) -> AsyncIterator[Hub]:
    settings = Settings(data_dir=data_dir)
    signer = Signer(settings)
    relay = Relay(plant or Forwarding(), addresses=["127.0.0.1"], limits=limits)
    app = web.Application(middlewares=[refuse], client_max_size=64 * 1024)
    app.add_routes(Door(relay, signer, settings.url).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    running = asyncio.create_task(relay.run())
    try:
        port = runner.addresses[0][1]
        yield Hub(relay, signer, f"http://127.0.0.1:{port}")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await runner.cleanup()


async def until(true, timeout_s: float = 10.0) -> None:
    """Wait until `true()`."""
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)


def pitch_hz(samples, rate_hz: int = 48_000) -> float:
    """Return the frequency that sounds loudest."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)
