"""A finger on the booth's touchscreen: drives the box through its kiosk page's own WebSocket."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp

Shown = dict[str, Any]
"""One JSON message as the kiosk page gets it."""


class Booth:
    """The kiosk page of one box, without a browser."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.shown: list[tuple[float, Shown]] = []
        """(monotonic time in s, message)"""
        self.pictures = 0

    async def open(self) -> None:
        """Open the page's WebSocket."""
        self._socket = await self._http.ws_connect(f"{self._url}/live", origin=self._url, max_msg_size=0)
        self._reader = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        """Close the page."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        await self._http.close()

    async def do(self, what: str, **words: object) -> None:
        """Touch something."""
        assert self._socket is not None
        await self._socket.send_json({"do": what, **words})

    async def wait(self, found: Callable[[Shown], bool], within_s: float, what: str) -> Shown:
        """Return the first message, past or future, that `found` accepts.

        Raises:
            TimeoutError: none came within `within_s`; repeats what the screen said was wrong, if anything.
        """
        start = 0
        end = time.monotonic() + within_s
        while True:
            self._news.clear()
            for _, message in self.shown[start:]:
                start += 1
                if found(message):
                    return message
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{what}: not shown within {within_s:.0f} s{self._complaint()}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    def of(self, kind: str) -> list[Shown]:
        """Return every message of one type, oldest first."""
        return [message for _, message in self.shown if message.get("type") == kind]

    def _complaint(self) -> str:
        errors = self.of("error")
        return f"; the screen says: {errors[-1].get('text_en')}" if errors else ""

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.pictures += 1
            elif message.type == aiohttp.WSMsgType.TEXT:
                self.shown.append((time.monotonic(), json.loads(message.data)))
                self._news.set()
