"""What the front hands on: /api to the web process, /mqtt to the broker's WebSocket port."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from cloud.core.errors import HubError
from edge.wire.codec import MAX_PAYLOAD_BYTES

log = logging.getLogger(__name__)

MAX_BODY_BYTES = MAX_PAYLOAD_BYTES
"""Largest request body that is handed on, in bytes."""

MAX_FRAME_BYTES = MAX_PAYLOAD_BYTES + 4096
"""Largest WebSocket frame: a payload, its topic and its header."""

CHUNK_BYTES = 64 * 1024

_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_FORWARDED = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}


class Gone(HubError):
    """What stands behind the front does not answer."""

    status = 502
    retry_s = 1


class Proxy:
    """Hands requests on, streaming both ways."""

    def __init__(self, web_url: str, bus_url: str) -> None:
        self._web_url = web_url
        self._bus_url = bus_url
        self._http: aiohttp.ClientSession | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the proxied routes."""
        return [web.route("*", "/api/{rest:.*}", self._api), web.get("/mqtt", self._mqtt)]

    async def lifetime(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep one client session while the application runs."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=3, sock_read=60)
        connector = aiohttp.TCPConnector(limit=0)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(
            timeout=timeout, connector=connector, cookie_jar=jar, auto_decompress=False
        ) as self._http:
            yield

    async def _api(self, request: web.Request) -> web.StreamResponse:
        assert self._http is not None  # noqa: S101 - set for the application's lifetime
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, request.content_length or 0)
        body = await request.read() if request.can_read_body else None
        begun: web.StreamResponse | None = None
        try:
            async with self._http.request(
                request.method,
                self._web_url + request.raw_path,
                headers=_onward(request),
                data=body,
                allow_redirects=False,
            ) as answer:
                begun = web.StreamResponse(status=answer.status, headers=_backward(answer.headers))
                if answer.headers.get("Content-Length") is None:
                    begun.enable_chunked_encoding()
                await begun.prepare(request)
                async for part in answer.content.iter_chunked(CHUNK_BYTES):
                    await begun.write(part)
                await begun.write_eof()
                return begun
        except (aiohttp.ClientError, TimeoutError) as error:
            if begun is not None and begun.prepared:
                raise  # too late for another answer: the connection breaks off
            raise Gone("the API does not answer: try again in a second") from error

    async def _mqtt(self, request: web.Request) -> web.StreamResponse:
        """Carry MQTT between a page and the broker; a slow side slows the other, nothing is buffered here."""
        assert self._http is not None  # noqa: S101 - set for the application's lifetime
        try:
            broker = await self._http.ws_connect(
                self._bus_url, protocols=("mqtt",), max_msg_size=MAX_FRAME_BYTES, compress=0
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Gone("the broker does not answer: try again in a second") from error
        async with broker:
            page = web.WebSocketResponse(protocols=("mqtt",), max_msg_size=MAX_FRAME_BYTES, compress=False)
            await page.prepare(request)
            ways = [asyncio.ensure_future(_pump(page, broker)), asyncio.ensure_future(_pump(broker, page))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                with contextlib.suppress(ConnectionError, TimeoutError):
                    await page.close()
        return page


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    """Carry binary messages until either side ends."""
    with contextlib.suppress(ConnectionError):
        async for message in source:
            if message.type is not WSMsgType.BINARY:
                return  # MQTT is binary (MQTT 3.1.1, section 6)
            await target.send_bytes(message.data)


def _onward(request: web.Request) -> CIMultiDict[str]:
    """Return the headers for the web process: what a client says of itself as a proxy is not believed."""
    dropped = _HOP_BY_HOP | _FORWARDED | {"host", "content-length", "cookie"}
    headers = CIMultiDict(
        (name, value) for name, value in request.headers.items() if name.lower() not in dropped
    )
    headers["Host"] = request.host
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Host"] = request.host
    headers["X-Forwarded-Proto"] = request.scheme
    return headers


def _backward(found: "CIMultiDict[str] | aiohttp.typedefs.LooseHeaders") -> CIMultiDict[str]:
    headers = CIMultiDict(found)
    for name in _HOP_BY_HOP | {"server", "date"}:
        headers.popall(name, None)
    return headers
