"""The bus to the hub: MQTT 3.1.1 by paho, on asyncio, connected again and again with fresh credentials."""

import asyncio
import logging
import random
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.core.errors import HubUnreachable, KtvError
from edge.wire.boxes import BoxState
from edge.wire.codec import MAX_PAYLOAD_BYTES, Message, encode

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 10
"""The broker misses a silent box after one and a half times this, in s."""
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.2, 20.0
"""Pause before connecting again, doubled with each failure, with jitter, in s."""
ANSWER_WITHIN_S = 10.0
"""Longest wait for the broker's answer to a connection, in s."""
RENEW_AT = 0.8
"""Share of a grant's life after which the box connects with a new one."""
WORTH_A_WORD = 2
"""So many failures in a row are said; the first is mostly a broker that ends an old grant."""
MOST_WAITING = 200
"""QoS 1 messages kept for the next connection."""

Handle = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class BusLogin:
    """How to connect now: a grant of the hub, and where its broker is."""

    host: str
    port: int
    username: str
    password: str
    client_id: str
    expires_in_s: float
    state_topic: str
    """Where the last will says `lost`."""
    is_tls: bool = False


class MqttBus:
    """Messages to and from the hub; every connection asks `log_in` for fresh credentials.

    Messages handled and callbacks run on the event loop; paho's thread is not seen outside.
    """

    def __init__(self, log_in: Callable[[], Awaitable[BusLogin]]) -> None:
        self.is_connected = False
        self.on_connected: Callable[[], Awaitable[None]] | None = None
        """Awaited after each connection, when the subscriptions are made."""
        self.on_lost: Callable[[str], Awaitable[None]] | None = None
        """Awaited once when the connection is lost and did not come back at once, with the reason."""
        self._log_in = log_in
        self._handles: dict[str, list[Handle]] = {}
        self._waiting: deque[tuple[str, bytes, int, bool]] = deque(maxlen=MOST_WAITING)
        self._client: paho.Client | None = None
        self._ended = asyncio.Event()
        self._renewal = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._failures = 0
        """Failures since the last connection; one is an accident, two are worth a word."""

    async def publish(self, topic: str, message: Message, *, qos: int = 0, retain: bool = False) -> None:
        """Send now if connected; otherwise QoS 0 is dropped, and QoS 1 waits for the next connection."""
        payload = encode(message)
        if len(payload) > MAX_PAYLOAD_BYTES:
            log.error("a message of %d bytes for %s was not sent: too large", len(payload), topic)
            return
        if self._client is not None and self.is_connected:
            self._client.publish(topic, payload, qos, retain)
        elif qos:
            self._waiting.append((topic, payload, qos, retain))

    async def subscribe(self, topic: str, handle: Handle) -> None:
        """Call `handle` on the event loop for each payload of `topic`, across reconnections."""
        is_new = topic not in self._handles
        self._handles.setdefault(topic, []).append(handle)
        if is_new and self._client is not None and self.is_connected:
            self._client.subscribe(topic, 1)

    async def unsubscribe(self, topic: str) -> None:
        """Hear no more of `topic`."""
        self._handles.pop(topic, None)
        if self._client is not None and self.is_connected:
            self._client.unsubscribe(topic)

    def renew(self) -> None:
        """Connect again now with a new grant, for instance after taking a seat."""
        self.is_connected = False
        self._renewal.set()

    async def run(self) -> None:
        """Stay connected until cancelled; what goes wrong is said once, and once again when it is well."""
        while True:
            try:
                await self._one_connection()
            except KtvError as error:
                self._failures += 1
                if self._failures == WORTH_A_WORD:
                    log.warning("no message bus: %s; the box carries on and tries again", error)
                    if self.on_lost is not None:
                        await self.on_lost(str(error))
                wait_s = min(SHORTEST_WAIT_S * 2 ** min(self._failures - 1, 10), LONGEST_WAIT_S)
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret

    async def _one_connection(self) -> None:
        """Connect, serve until the connection ends or its grant is to be renewed, disconnect.

        Raises:
            HubUnreachable: no grant, no broker, or the broker refused.
        """
        self._renewal.clear()
        login = await self._log_in()
        client = await self._connect(login)
        self._client = client
        self.is_connected = True
        if self._failures >= WORTH_A_WORD:
            log.info("the message bus is back")
        self._failures = 0
        try:
            await self._resume(client)
            await self._until_renewal(login.expires_in_s * RENEW_AT)
        finally:
            self.is_connected = False
            self._client = None
            await asyncio.to_thread(_close, client)

    async def _connect(self, login: BusLogin) -> paho.Client:
        self._ended = ended = asyncio.Event()
        answered: asyncio.Future[ReasonCode] = self._loop.create_future()
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            clean_session=True,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.username_pw_set(login.username, login.password)
        client.will_set(login.state_topic, encode(BoxState(s="lost")), qos=1, retain=True)
        client.max_inflight_messages_set(256)
        if login.is_tls:
            client.tls_set_context(ssl.create_default_context())
        self._hook(client, answered, ended)
        try:
            await asyncio.to_thread(client.connect, login.host, login.port, KEEP_ALIVE_S)
            client.loop_start()
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reason = await answered
        except (OSError, ValueError, TimeoutError) as error:
            await asyncio.to_thread(_close, client)
            where = f"{login.host}:{login.port}"
            raise HubUnreachable(f"the broker at {where} does not answer ({error or 'no answer'})") from error
        except asyncio.CancelledError:
            _close(client)
            raise
        if reason.is_failure:
            await asyncio.to_thread(_close, client)
            raise HubUnreachable(f"the broker at {login.host}:{login.port} refuses this box ({reason})")
        return client

    def _hook(
        self, client: paho.Client, answered: "asyncio.Future[ReasonCode]", ended: asyncio.Event
    ) -> None:
        """Bring paho's callbacks from its thread onto the event loop."""

        def answer(reason: ReasonCode) -> None:
            if not answered.done():
                answered.set_result(reason)

        def connected(
            _client: paho.Client,
            _data: object,
            _flags: paho.ConnectFlags,
            reason: ReasonCode,
            _properties: Properties | None,
        ) -> None:
            self._loop.call_soon_threadsafe(answer, reason)

        def disconnected(
            _client: paho.Client,
            _data: object,
            _flags: paho.DisconnectFlags,
            _reason: ReasonCode,
            _properties: Properties | None,
        ) -> None:
            self._from_thread(ended.set)

        def subscribed(
            _client: paho.Client,
            _data: object,
            _mid: int,
            reasons: list[ReasonCode],
            _properties: Properties | None,
        ) -> None:
            if any(reason.is_failure for reason in reasons):
                log.warning("the broker refuses a subscription of this box: %s", reasons)

        def heard(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
            self._from_thread(lambda: self._dispatch(message.topic, bytes(message.payload)))

        client.on_connect = connected
        client.on_disconnect = disconnected
        client.on_subscribe = subscribed
        client.on_message = heard

    def _from_thread(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _dispatch(self, topic: str, payload: bytes) -> None:
        for wanted, handles in list(self._handles.items()):
            if paho.topic_matches_sub(wanted, topic):
                for handle in handles:
                    handle(payload)

    async def _resume(self, client: paho.Client) -> None:
        """Make the subscriptions, send what waited, tell the owner."""
        if self._handles:
            client.subscribe([(topic, 1) for topic in self._handles])
        while self._waiting:
            client.publish(*self._waiting.popleft())
        if self.on_connected is not None:
            await self.on_connected()

    async def _until_renewal(self, within_s: float) -> None:
        """Return when a new grant is wanted; raise when the connection ended by itself."""
        ended = asyncio.ensure_future(self._ended.wait())
        renewal = asyncio.ensure_future(self._renewal.wait())
        try:
            done, _ = await asyncio.wait(
                {ended, renewal}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            ended.cancel()
            renewal.cancel()
        if ended in done:
            raise HubUnreachable("the connection to the broker ended")


def _close(client: paho.Client) -> None:
    """Disconnect politely (no last will) and stop paho's thread."""
    client.disconnect()
    client.loop_stop()
