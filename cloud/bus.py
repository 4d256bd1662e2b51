"""A hub process's connection to the broker: MQTT 3.1.1 with a service's credentials, always reconnecting."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from cloud.core import authorise
from cloud.settings import Settings

KEEPALIVE_S = 10
RECONNECT_S = (0.1, 2.0)
"""Shortest and longest pause between attempts to connect, in s."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says in our name when we are gone without a word."""

    topic: str
    payload: bytes
    qos: int = 1
    is_retained: bool = True


class Sent:
    """A message on its way."""

    def __init__(self, info: mqtt.MQTTMessageInfo) -> None:
        self._info = info

    def wait(self, timeout_s: float) -> bool:
        """Wait until the broker has it (QoS 1: acknowledged), and say whether it has."""
        try:
            self._info.wait_for_publish(timeout_s)
            return self._info.is_published()
        except (RuntimeError, ValueError):
            return False


class Bus:
    """Publishes and subscribes as one of the hub's services (`worker`, `relay-1`, `standins-1`).

    Handlers and `on_connected` run on the connection's own thread: be quick, or hand over
    (asyncio: `loop.call_soon_threadsafe`). Publishing never blocks; QoS 1 messages wait while there is no
    broker, QoS 0 messages are dropped.
    """

    def __init__(
        self,
        settings: Settings,
        service: str,
        *,
        will: Will | None = None,
        on_connected: Callable[[], None] | None = None,
    ) -> None:
        self._address = (settings.mqtt_host, settings.mqtt_port)
        self._on_connected = on_connected
        self._filters: dict[str, int] = {}
        self._was_refused = False
        name = authorise.service(service).session
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
        self._client.username_pw_set(name, authorise.service_password(settings.key(), service))
        if will is not None:
            self._client.will_set(will.topic, will.payload, will.qos, will.is_retained)
        shortest, longest = RECONNECT_S
        self._client.reconnect_delay_set(shortest, longest)  # type: ignore[arg-type]  # takes fractions
        # A handler's mistake is logged; it must not end the connection's thread.
        self._client.suppress_exceptions = True
        self._client.enable_logger(_paho_log())
        self._client.max_inflight_messages_set(200)
        self._client.max_queued_messages_set(10_000)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected

    @property
    def is_connected(self) -> bool:
        """Whether a broker is there now."""
        return self._client.is_connected()

    def subscribe(self, topic_filter: str, handle: Callable[[str, bytes], None], *, qos: int = 1) -> None:
        """Call `handle(topic, payload)` for each message from now on, across reconnections."""
        self._filters[topic_filter] = qos
        self._client.message_callback_add(
            topic_filter, lambda _client, _data, message: handle(message.topic, bytes(message.payload))
        )
        if self._client.is_connected():
            self._client.subscribe(topic_filter, qos)

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> Sent:
        """Send `payload`, now or (QoS 1) when there is a broker again."""
        return Sent(self._client.publish(topic, payload, qos, retain))

    def start(self) -> None:
        """Begin to connect, and stay connected until `stop`."""
        self._client.connect_async(*self._address, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self, client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _props: object
    ) -> None:
        if code.is_failure:
            if not self._was_refused:
                log.warning("the broker refuses us (%s): is it another hub's, or was the key changed?", code)
            self._was_refused = True
            return
        self._was_refused = False
        log.info("connected to the broker on %s:%d", *self._address)
        for topic_filter, qos in self._filters.items():
            client.subscribe(topic_filter, qos)
        if self._on_connected is not None:
            self._on_connected()

    def _disconnected(
        self, _client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _props: object
    ) -> None:
        if code.is_failure and not self._was_refused:
            log.warning("the broker on %s:%d is gone (%s); trying again", *self._address, code)


def _paho_log() -> logging.Logger:
    found = logging.getLogger(f"{__name__}.paho")
    found.setLevel(logging.WARNING)
    if not found.filters:
        # Said as an error at every stop on purpose; a lost broker is said by `_disconnected`.
        found.addFilter(lambda record: "Client is not connected" not in record.getMessage())
    return found
