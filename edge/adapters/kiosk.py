"""The kiosk page's server: static files and one WebSocket, on loopback, for the box's own touchscreen."""

import asyncio
import json
import logging
import struct
from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import av
from aiohttp import WSCloseCode, WSMsgType, web
from av.video.codeccontext import VideoCodecContext

from edge.core.errors import KtvError, Refused
from edge.core.picture import PictureFrame, Pixels
from edge.wire.codec import Message, WireError, decode
from edge.wire.kiosk import KIOSK_ORDER, KioskError, KioskOrder

log = logging.getLogger(__name__)

PICTURE_WIDTH_PX = 640
PICTURE_EVERY_S = 1 / 12
MOST_WAITING = 200
"""Messages that may wait for one slow page; then the page is closed and comes back by itself."""
MOST_PAGES = 8
LASTING = ("hello", "status", "room", "round", "song", "clock", "queue", "tasks", "entry")
"""Types of which a page that opens later gets the last message, in this order."""

NO_PAGE = (
    "<!doctype html><meta charset=utf-8><title>KTV Live</title><h1>KTV Live</h1>"
    "<p>触屏页面尚未构建。 The kiosk page is not built: run <code>scripts/setup</code>."
)


class Page:
    """One open kiosk page: what waits for it, and the newest picture."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self._waiting: list[str] = []
        self._is_too_slow = False
        self._picture: bytes | None = None
        self._news = asyncio.Event()

    def put(self, text: str) -> None:
        """Queue a message."""
        self._waiting.append(text)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
            self._is_too_slow = True
        self._news.set()

    def put_picture(self, picture: bytes) -> None:
        """Queue a picture in place of one that still waits."""
        self._picture = picture
        self._news.set()

    async def send(self) -> None:
        """Send what waits until the page is gone or too slow."""
        while not self.socket.closed:
            await self._news.wait()
            self._news.clear()
            if self._is_too_slow:
                await self.socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")
                return
            waiting, self._waiting = self._waiting, []
            picture, self._picture = self._picture, None
            for text in waiting:
                await self.socket.send_str(text)
            if picture is not None:
                await self.socket.send_bytes(picture)


class Kiosk:
    """The booth's screen; what is touched goes to `on_order`, whose `KtvError` is shown on that page."""

    def __init__(self, host: str, port: int, pages: Path) -> None:
        self.on_order: Callable[[KioskOrder], Awaitable[None]] | None = None
        self.on_watched: Callable[[], None] = lambda: None
        """Called when the first page opens and when the last one closes."""
        self._host = host
        self._port = port
        self._pages_dir = pages
        self._pages: set[Page] = set()
        self._last: dict[str, str] = {}
        self._runner: web.AppRunner | None = None
        self._encoder = _JpegEncoder()
        self._encoding = asyncio.Lock()
        self._next_picture_s = 0.0

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self._host}:{self._port}"

    @property
    def is_watched(self) -> bool:
        """Whether a page is open."""
        return bool(self._pages)

    async def start(self) -> None:
        """Begin to serve.

        Raises:
            Refused: the port is in use, or the address is not this machine's.
        """
        app = web.Application(client_max_size=64 * 1024)
        app.router.add_get("/live", self._live)
        app.router.add_get("/", self._index)
        if self._pages_dir.is_dir():
            app.router.add_static("/", self._pages_dir)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise Refused(
                f"the kiosk page cannot be served on {self._host}:{self._port} ({error.strerror}): "
                "set another host or port under [kiosk] in box.toml"
            ) from error
        self._port = self._runner.addresses[0][1]
        log.info("the kiosk page is on %s/", self.url)

    async def stop(self) -> None:
        """Close every page and stop serving."""
        for page in list(self._pages):
            await page.socket.close(code=WSCloseCode.GOING_AWAY)
        if self._runner is not None:
            await self._runner.cleanup()

    async def show(self, message: Message) -> None:
        """Show a message on every page, and later on those that open later."""
        text = _text(message)
        kind = getattr(message, "type", "")
        if kind in LASTING:
            self._last[f"{kind} {getattr(message, 'part', '')}"] = text
        for page in self._pages:
            page.put(text)

    async def picture(self, frame: PictureFrame) -> None:
        """Show a camera frame, at most 12 a second and only while a page is open."""
        if not self._pages or frame.at_s < self._next_picture_s or self._encoding.locked():
            return
        self._next_picture_s = frame.at_s + PICTURE_EVERY_S
        async with self._encoding:
            jpeg = await asyncio.to_thread(self._encoder.encode, frame.pixels)
        payload = struct.pack(">II", frame.rtp or 0, 0) + jpeg
        for page in self._pages:
            page.put_picture(payload)

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        index = self._pages_dir / "index.html"
        if index.is_file():
            return web.FileResponse(index, headers={"Cache-Control": "no-cache"})
        return web.Response(text=NO_PAGE, content_type="text/html")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if not _is_own_page(request):
            raise web.HTTPForbidden(text="only the kiosk page itself may connect here")
        if len(self._pages) >= MOST_PAGES:
            raise web.HTTPServiceUnavailable(text=f"{MOST_PAGES} kiosk pages are open already: close one")
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=64 * 1024)
        await socket.prepare(request)
        page = Page(socket)
        for text in self._remembered():
            page.put(text)
        self._pages.add(page)
        self._tell_watched(1)
        sending = asyncio.create_task(page.send())
        try:
            await self._obey(page)
        finally:
            sending.cancel()
            self._pages.discard(page)
            self._tell_watched(0)
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    def _tell_watched(self, count: int) -> None:
        if len(self._pages) == count:
            self.on_watched()

    def _remembered(self) -> list[str]:
        order = {kind: index for index, kind in enumerate(LASTING)}
        return [self._last[key] for key in sorted(self._last, key=lambda key: order[key.split()[0]])]

    async def _obey(self, page: Page) -> None:
        """Carry out what is touched, one thing after the other, until the page is gone."""
        async for message in page.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                order = decode(KIOSK_ORDER, message.data)
                if self.on_order is not None:
                    await self.on_order(order)
            except (KtvError, WireError) as error:
                page.put(_text(KioskError(text_zh=f"操作未完成：{error}", text_en=str(error))))


class _JpegEncoder:
    """Camera frames to JPEG by FFmpeg's encoder; one at a time."""

    def __init__(self) -> None:
        self._codec: VideoCodecContext | None = None

    def encode(self, pixels: Pixels) -> bytes:
        """Return `pixels` as a JPEG at most 640 pixels wide."""
        height, width = pixels.shape[:2]
        wide = min(width, PICTURE_WIDTH_PX)
        high = max(2, round(height * wide / width) // 2 * 2)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(wide, high, format="yuvj420p")
        codec = self._codec_for(wide, high)
        return b"".join(bytes(packet) for packet in codec.encode(frame))

    def _codec_for(self, width: int, height: int) -> VideoCodecContext:
        codec = self._codec
        if codec is None or (codec.width, codec.height) != (width, height):
            codec = av.CodecContext.create("mjpeg", "w")
            codec.width, codec.height, codec.pix_fmt = width, height, "yuvj420p"
            codec.time_base = Fraction(1, 12)
            codec.options = {"qmin": "5", "qmax": "5"}
            self._codec = codec
        return codec


def _is_own_page(request: web.Request) -> bool:
    """Whether the page that connects was served here: no other origin may touch the booth's screen."""
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc == request.host and _is_address(request.host)


def _is_address(host: str) -> bool:
    """Whether `host` is an address or `localhost`: anybody could point a name here (DNS rebinding)."""
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or name.replace(".", "").isdigit() or ":" in name


def _text(message: Message) -> str:
    """Return `message` as JSON without absent fields, but with its own fields that are null."""
    content = message.model_dump(mode="json", by_alias=True, exclude_none=True)
    own = dict.fromkeys(type(message).model_fields)
    return json.dumps({**own, **content}, ensure_ascii=False, separators=(",", ":"))
