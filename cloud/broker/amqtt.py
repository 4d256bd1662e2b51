"""The embedded broker: amqtt, hardened, with `core.authorise` asked inside the process.

amqtt 0.12.1 as it comes lets a wrong password disconnect another's session, never enforces keep-alive,
sends every new client the retained messages of other clients' subscriptions, delivers wills without asking,
and loses a message when somebody subscribes while it is being sent. The rules here:

- a CONNECT has a deadline and a size; who it is from is known before anything else is touched;
- username = client id = session, so nobody takes over another's session;
- every session is clean: nothing is stored for clients that are away, so memory is bounded;
- publish, subscribe, delivery and last will each ask `authorize`;
- a connection ends when its grant has expired, or when it is silent for 1.5 keep-alives;
- a reader too slow for its queue loses QoS 0 messages, then its connection.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Any

import websockets.asyncio.server
from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action as AmqttAction
from amqtt.contexts import ListenerType
from amqtt.errors import AMQTTError, CodecError, MQTTError, NoDataError, ProtocolHandlerError
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import ApplicationMessage, Session

from cloud.broker.passwords import Known, recognise
from cloud.broker.place import MAX_PACKET_BYTES, BrokerLost, Place
from cloud.core.authorise import Action, authorize

CONNECT_S = 10.0
"""How long a new connection may take until its CONNECT is read, in s."""
CONNECT_BYTES = 16 * 1024
"""Largest CONNECT."""
CLOSE_S = 2.0
"""How long a connection may take to close, in s."""
EXPIRY_CHECK_S = 5.0
"""How often expired grants are looked for, in s."""
DROP_ABOVE = 500
"""Messages waiting for one client above which QoS 0 ones are dropped."""
CUT_ABOVE = 5000
"""Messages waiting for one client above which it is disconnected; it will get the snapshots again."""

_KNOWN = "ktv.known"
_BROKEN = (AMQTTError, MQTTError, NoDataError, CodecError, ProtocolHandlerError, OSError, EOFError)
_ACTIONS: dict[AmqttAction, Action] = {
    AmqttAction.PUBLISH: "publish",
    AmqttAction.SUBSCRIBE: "subscribe",
    AmqttAction.RECEIVE: "receive",
}

log = logging.getLogger(__name__)


class TooLarge(Exception):
    """A packet larger than anything the hub's clients have to say."""


class _Reader(ReaderAdapter):
    """Reads exact counts of bytes, none of them too many at once."""

    def __init__(self, read_exactly: Callable[[int], Any]) -> None:
        self._read_exactly = read_exactly
        self._left: int | None = CONNECT_BYTES

    def welcome(self) -> None:
        """Lift the limit on the whole that holds until a client is known."""
        self._left = None

    async def read(self, n: int = -1) -> bytes:
        if n > MAX_PACKET_BYTES:
            raise TooLarge(f"a packet of {n} bytes: at most {MAX_PACKET_BYTES} are read")
        if self._left is not None:
            self._left -= n
            if self._left < 0:
                raise TooLarge(f"a CONNECT above {CONNECT_BYTES} bytes")
        try:
            return bytes(await self._read_exactly(n))
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    def feed_eof(self) -> None:
        """Nothing to do: the connection is closed from the writer's side."""


class _TcpWriter(WriterAdapter):
    """Writes to a TCP connection; closing never waits for a peer that has gone silent."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    async def drain(self) -> None:
        if not self._writer.is_closing():
            await self._writer.drain()

    def get_peer_info(self) -> tuple[str, int] | None:
        peer = self._writer.get_extra_info("peername")
        return (peer[0], peer[1]) if peer else None

    def get_ssl_info(self) -> None:
        return None

    async def close(self) -> None:
        transport = self._writer.transport
        transport.close()
        asyncio.get_running_loop().call_later(CLOSE_S, transport.abort)


class _WebSocketWriter(WriterAdapter):
    """Sends each flushed piece as one binary message."""

    def __init__(self, socket: websockets.asyncio.server.ServerConnection) -> None:
        self._socket = socket
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        self._waiting += data

    async def drain(self) -> None:
        piece, self._waiting = bytes(self._waiting), bytearray()
        if piece:
            try:
                await self._socket.send(piece)
            except websockets.ConnectionClosed as error:
                raise BrokenPipeError from error

    def get_peer_info(self) -> tuple[str, int] | None:
        peer = self._socket.remote_address
        return (peer[0], peer[1]) if peer else None

    def get_ssl_info(self) -> None:
        return None

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._socket.close(), CLOSE_S)


class _WebSocketSource:
    """The bytes of a WebSocket's messages, read by exact counts."""

    def __init__(self, socket: websockets.asyncio.server.ServerConnection) -> None:
        self._socket = socket
        self._held = bytearray()

    async def read_exactly(self, n: int) -> bytes:
        while len(self._held) < n:
            try:
                message = await self._socket.recv()
            except websockets.ConnectionClosed:
                return b""
            self._held += message.encode() if isinstance(message, str) else message
        piece = bytes(self._held[:n])
        del self._held[:n]
        return piece


class _Handler(BrokerProtocolHandler):
    """One connection; silence beyond its keep-alive ends it."""

    def handle_read_timeout(self) -> None:
        self.cut()

    def cut(self) -> None:
        """End the connection as if the network had; the last will goes out."""
        waiter = self._disconnect_waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class EmbeddedBroker(Broker):
    """MQTT 3.1.1 over TCP and WebSocket for a venue without Mosquitto."""

    def __init__(self, place: Place) -> None:
        super().__init__(
            {
                "listeners": {
                    "default": {"type": ListenerType.TCP, "bind": f"{place.host}:{place.port}"},
                    "ws": {"type": ListenerType.WS, "bind": f"{place.host}:{place.ws_port}"},
                },
                "plugins": {},
            }
        )
        self._key = place.key
        self._waiting: Counter[str] = Counter()

    async def _create_server_instance(
        self,
        listener_name: str,
        listener_type: ListenerType,
        address: str | None,
        port: int,
        ssl_context: Any,
    ) -> Any:
        if listener_type is ListenerType.TCP:
            serve = partial(self.stream_connected, listener_name=listener_name)
            return await asyncio.start_server(serve, address, port, backlog=1024)
        return await websockets.asyncio.server.serve(
            partial(self.ws_connected, listener_name=listener_name),
            address,
            port,
            subprotocols=[websockets.Subprotocol("mqtt")],
            compression=None,
            max_size=MAX_PACKET_BYTES,
            open_timeout=CONNECT_S,
            backlog=1024,
        )

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve one TCP connection to its end."""
        await self._converse(_Reader(reader.readexactly), _TcpWriter(writer))

    async def ws_connected(
        self, websocket: websockets.asyncio.server.ServerConnection, listener_name: str
    ) -> None:
        """Serve one WebSocket connection to its end."""
        source = _WebSocketSource(websocket)
        await self._converse(_Reader(source.read_exactly), _WebSocketWriter(websocket))

    async def _converse(self, reader: _Reader, writer: WriterAdapter) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                handler, session = await _Handler.init_from_connect(reader, writer, self.plugins_manager)
        except (*_BROKEN, TooLarge, TimeoutError) as error:
            log.debug("no CONNECT: %r", error)
            await writer.close()
            return
        handler.attach(session, reader, writer)
        known = self._recognise(session)
        if known is None:
            await handler.mqtt_connack_authorize(False)
            await writer.close()
            return
        reader.welcome()
        self._dress(session, known)
        await self._admit(session, handler)

    def _recognise(self, session: Session) -> Known | None:
        name = session.username or ""
        if session.client_id != name:
            log.info("refused client id %.80r of %.80r: it must be the username", session.client_id, name)
            return None
        known = recognise(self._key, name, session.password or "", time.time())
        if known is None:
            log.info("refused %.80r: wrong or expired password", name)
        return known

    def _dress(self, session: Session, known: Known) -> None:
        session.attributes[_KNOWN] = known
        session.clean_session = True
        session.keep_alive = max(2, session.keep_alive * 3 // 2) if session.keep_alive else 0
        may_will = session.will_topic and authorize(known.principal, "publish", session.will_topic)
        session.will_flag = bool(session.will_flag and may_will)

    async def _admit(self, session: Session, handler: _Handler) -> None:
        """Take over an earlier connection of the same session, then serve this one to its end."""
        name = str(session.client_id)
        handler.keepalive_timeout = session.keep_alive or None
        earlier = self._sessions.get(name)
        if earlier is not None:
            earlier[0].will_flag = False
            await self._end(*earlier)
        session.transitions.connect()
        self._sessions[name] = (session, handler)
        try:
            await handler.mqtt_connack_authorize(True)
            await handler.start()
            await self._client_message_loop(session, handler)
        except _BROKEN as error:
            log.debug("%s: %r", name, error)
        finally:
            await self._end(session, handler)

    async def _end(self, session: Session, handler: BrokerProtocolHandler) -> None:
        """Forget a connection, once; sends its will if it is still owed."""
        name = str(session.client_id)
        if self._sessions.get(name) == (session, handler):
            del self._sessions[name]
            await self._del_all_subscriptions(session)
            if session.will_flag and session.transitions.state == "connected":
                await self._send_will(session)
        with contextlib.suppress(TimeoutError, *_BROKEN):
            await asyncio.wait_for(handler.stop(), 2 * CLOSE_S)

    async def _handle_disconnect(
        self, client_session: Session, handler: BrokerProtocolHandler, disconnect_waiter: asyncio.Future[Any]
    ) -> None:
        if disconnect_waiter.result() is None and client_session.will_flag:
            await self._send_will(client_session)
        client_session.will_flag = False
        client_session.transitions.disconnect()

    async def _send_will(self, session: Session) -> None:
        session.will_flag = False
        topic, text, qos = session.will_topic, session.will_message, session.will_qos or 0
        await self._broadcast_message(session, topic, text, qos)
        if session.will_retain:
            await self.retain_message(session, topic, text, qos)

    async def _topic_filtering(self, session: Session, topic: str, action: AmqttAction) -> bool:
        return _may(session, _ACTIONS[action], topic)

    async def _handle_message_delivery(
        self, client_session: Session, handler: BrokerProtocolHandler, wait_deliver: asyncio.Future[Any]
    ) -> bool:
        message: ApplicationMessage | None = wait_deliver.result()
        if message is None:
            return True
        topic = message.topic or ""
        if not topic or "#" in topic or "+" in topic or topic.startswith("$"):
            return False
        if not _may(client_session, "publish", topic):
            log.info("%s may not publish to %.80r", client_session.client_id, topic)
            return True
        await self._broadcast_message(client_session, topic, message.data, message.qos)
        if message.publish_packet is not None and message.publish_packet.retain_flag:
            await self.retain_message(client_session, topic, message.data, message.qos)
        return True

    async def _run_broadcast(self, running_tasks: deque[asyncio.Task[Any]]) -> None:
        """Hand one message to everybody who subscribed and may receive it."""
        message = await self._broadcast_queue.get()
        topic, sent_qos = str(message["topic"]), int(message.get("qos", 0))
        # No await in here: subscriptions must not change while they are walked.
        for wanted, subscribers in self._subscriptions.items():
            if not self._matches(topic, wanted):
                continue
            for session, granted_qos in subscribers:
                if _may(session, "receive", topic):
                    task = self._deliver(session, topic, message["data"], min(sent_qos, granted_qos))
                    if task is not None:
                        running_tasks.append(task)

    def _deliver(self, session: Session, topic: str, data: bytes, qos: int) -> asyncio.Task[None] | None:
        name = str(session.client_id)
        handler = self._sessions.get(name, (None, None))[1]
        if not isinstance(handler, _Handler) or handler.session is not session:
            return None
        if self._waiting[name] > (CUT_ABOVE if qos else DROP_ABOVE):
            if qos:
                log.warning("%s reads too slowly: disconnected", name)
                handler.cut()
            return None
        self._waiting[name] += 1
        return asyncio.create_task(self._send(handler, name, topic, data, qos))

    async def _send(self, handler: _Handler, name: str, topic: str, data: bytes, qos: int) -> None:
        try:
            await handler.mqtt_publish(topic, data, qos, retain=False)
        except (*_BROKEN, TimeoutError) as error:
            # The client is going, or is slow to acknowledge; what it missed it gets as a snapshot.
            log.debug("%s did not take %s: %r", name, topic, error)
        finally:
            self._waiting[name] -= 1
            if self._waiting[name] <= 0:
                del self._waiting[name]

    async def _session_monitor(self) -> None:
        """End connections whose grant has expired."""
        while True:
            await asyncio.sleep(EXPIRY_CHECK_S)
            now_s = time.time()
            for session, handler in list(self._sessions.values()):
                expires_s = session.attributes[_KNOWN].expires_s
                if expires_s is not None and expires_s <= now_s and isinstance(handler, _Handler):
                    session.will_flag = False
                    handler.cut()


def _may(session: Session, action: Action, topic: str) -> bool:
    known: Known = session.attributes[_KNOWN]
    return authorize(known.principal, action, topic)


async def run(place: Place, stopped: asyncio.Event) -> None:
    """Serve until `stopped` is set.

    Raises:
        BrokerLost: it cannot listen.
    """
    for name in ("amqtt", "transitions", "websockets"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    broker = EmbeddedBroker(place)
    try:
        await broker.start()
    except Exception as error:
        raise BrokerLost(f"the embedded broker cannot start: {error}") from error
    log.info("embedded broker on %s:%d, WebSocket on %d", place.host, place.port, place.ws_port)
    try:
        await stopped.wait()
    finally:
        await broker.shutdown()
