"""People without a browser: a REST session, live events and media, over the very ways that pages use."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from cloud.demo.peers import Publisher, Watcher
from edge.wire.codec import Message, decode
from edge.wire.rooms import Entered, MediaGrant
from edge.wire.users import AskBusGrant, BusGrant, Session

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)


class Answered(Exception):
    """The hub answered with an error status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


class Events:
    """What one person's connection to the broker received, in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, str, bytes]] = []
        """(monotonic time in s, topic, payload)"""
        self._news = asyncio.Event()

    def add(self, topic: str, payload: bytes) -> None:
        """Note one message (on the event loop)."""
        self.seen.append((time.monotonic(), topic, payload))
        self._news.set()

    def of(self, topic: str) -> list[bytes]:
        """Return every payload of `topic`, oldest first."""
        return [payload for _, seen, payload in self.seen if seen == topic]

    async def wait(self, found: Callable[[str, bytes], M | None], within_s: float, what: str) -> M:
        """Return the first message, past or future, that `found` accepts.

        Raises:
            TimeoutError: none came within `within_s`.
        """
        start = 0
        end = time.monotonic() + within_s
        while True:
            self._news.clear()
            for _, topic, payload in self.seen[start:]:
                start += 1
                if (message := found(topic, payload)) is not None:
                    return message
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{what}: nothing came within {within_s:.0f} s")
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                continue


class Person:
    """Somebody at the hub: logs in, sees events live, sends and watches media."""

    def __init__(self, url: str, nickname: str) -> None:
        self.url = url
        self.nickname = nickname
        self.events = Events()
        self.session: Session | None = None
        self.publisher: Publisher | None = None
        self.watchers: list[Watcher] = []
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        self._mqtt: mqtt.Client | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave_media()
        self._drop_events()
        await self._http.close()

    @property
    def id(self) -> str:
        """The user's id, once logged in."""
        assert self.session is not None
        return self.session.user.id

    async def call(
        self, method: str, path: str, body: Message | None = None, *, key: str | None = None
    ) -> Any:
        """Call the REST API and return its JSON; raise `Answered` for an error status."""
        headers = {"Content-Type": "application/json"}
        if self.session is not None:
            headers["Authorization"] = f"Bearer {self.session.access_token}"
        if method == "POST":
            headers["Idempotency-Key"] = key or secrets.token_hex(8)
        data = body.model_dump_json(by_alias=True, exclude_none=True) if body is not None else None
        async with self._http.request(method, self.url + path, data=data, headers=headers) as answer:
            if answer.status >= 400:
                raise Answered(answer.status, (await answer.text())[:300])
            return await answer.json() if answer.content_type == "application/json" else await answer.text()

    async def ask(self, kind: type[M], method: str, path: str, body: Message | None = None) -> M:
        """Call the REST API and return its answer as `kind`."""
        answer = await self.call(method, path, body)
        return kind.model_validate(answer, strict=False)

    async def follow(self, room: str | None = None) -> None:
        """Connect to the broker through the front's WebSocket, as a page does."""
        grant = await self.ask(BusGrant, "POST", "/api/bus-grants", AskBusGrant(room=room))
        self._drop_events()
        address = urlsplit(self.url)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=grant.client_id, transport="websockets")
        client.ws_set_options(path="/mqtt")
        client.username_pw_set(grant.username, grant.password)
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()

        def settle(error: Exception | None) -> None:
            if not ready.done():
                ready.set_exception(error) if error else ready.set_result(None)

        def connected(client: mqtt.Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
            if reason.is_failure:
                loop.call_soon_threadsafe(settle, ConnectionError(f"broker refused: {reason}"))
            else:
                client.subscribe([(topic, 1) for topic in grant.topics])

        def subscribed(_c: Any, _u: Any, _m: int, reasons: Any, _p: Any) -> None:
            refused = [str(reason) for reason in reasons if reason.is_failure]
            error = ConnectionError(f"subscription refused: {refused}") if refused else None
            loop.call_soon_threadsafe(settle, error)

        def received(_c: Any, _u: Any, message: mqtt.MQTTMessage) -> None:
            loop.call_soon_threadsafe(self.events.add, message.topic, bytes(message.payload))

        client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, received
        client.connect_async(address.hostname or "127.0.0.1", address.port or 80, keepalive=15)
        client.loop_start()
        self._mqtt = client
        await asyncio.wait_for(ready, 10)

    async def watch(self, grant: MediaGrant, sound: str = "program") -> Watcher:
        """Watch a seat by WHEP."""
        watcher = Watcher(self._http, f"{self.url}{grant.url}&sound={sound}", grant.token)
        await watcher.start()
        self.watchers.append(watcher)
        return watcher

    async def publish(self, entered: Entered, publisher: Publisher) -> None:
        """Send mic (and camera) by WHIP."""
        assert entered.publish is not None
        self.publisher = publisher
        await publisher.start(self._http, self.url + entered.publish.url, entered.publish.token)

    async def leave_media(self) -> None:
        """End everything that is sent or watched."""
        for watcher in self.watchers:
            await watcher.stop()
        self.watchers.clear()
        if self.publisher is not None:
            await self.publisher.stop()
            self.publisher = None

    def _drop_events(self) -> None:
        if self._mqtt is not None:
            self._mqtt.disconnect()
            self._mqtt.loop_stop()
            self._mqtt = None


def reads(
    kind: type[M], topic: str, accept: Callable[[M], bool] = lambda _: True
) -> Callable[[str, bytes], M | None]:
    """Return a finder for `Events.wait`: messages of `topic` as `kind` that `accept` agrees to."""

    def found(seen: str, payload: bytes) -> M | None:
        if seen != topic or not payload:
            return None
        message = decode(kind, payload)
        return message if accept(message) else None

    return found
