"""Brokers by configuration: adapters of core.authorise."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Literal, Protocol

from cloud.broker import mosquitto
from cloud.broker.place import BrokerLost, Place
from cloud.clock import now_ms
from cloud.core.authorise import Principal
from cloud.settings import Settings
from cloud.supervise import Port, require_free

__all__ = ["Broker", "BrokerLost", "choose", "open_broker", "place_of", "ports", "run"]

log = logging.getLogger(__name__)


class Broker(Protocol):
    """How a process of the hub gives and takes access to the bus."""

    def grant(self, principal: Principal, password: str, expires_s: int) -> None:
        """Let `principal` connect with `password` until `expires_s` (hub time in s)."""
        ...

    def revoke(self, session: str) -> None:
        """Let `session` in no more."""
        ...

    def sweep(self, now_s: float) -> int:
        """Remove the grants that have expired, and return how many."""
        ...

    def close(self) -> None:
        """Let go of what was opened."""
        ...


class Embedded:
    """The embedded broker reads the hub's tokens itself: there is nothing to tell it.

    Its connections end when their token expires; until then they cannot be revoked.
    """

    def grant(self, principal: Principal, password: str, expires_s: int) -> None:
        """Do nothing."""

    def revoke(self, session: str) -> None:
        """Do nothing."""

    def sweep(self, now_s: float) -> int:
        """Do nothing."""
        return 0

    def close(self) -> None:
        """Do nothing."""


def choose(settings: Settings) -> Literal["mosquitto", "amqtt"]:
    """Return which broker this machine runs; the same answer in each of the hub's processes.

    Raises:
        BrokerLost: Mosquitto was asked for by name and is not installed.
    """
    if settings.broker == "amqtt":
        return "amqtt"
    executable = mosquitto.find_executable()
    plugin = mosquitto.find_plugin(executable) if executable is not None else None
    if plugin is not None:
        return "mosquitto"
    if settings.broker == "mosquitto":
        missing = "mosquitto" if executable is None else "its dynamic-security plugin"
        raise BrokerLost(f"broker = mosquitto, but {missing} is not installed: install it, or set amqtt")
    if executable is not None:
        log.warning("mosquitto has no dynamic-security plugin here: the embedded broker is used instead")
    return "amqtt"


def open_broker(settings: Settings) -> Broker:
    """Return the way to give access at the broker that `settings` choose."""
    if choose(settings) == "amqtt":
        return Embedded()
    return mosquitto.Mosquitto(place_of(settings))


def place_of(settings: Settings) -> Place:
    """Return where the broker of `settings` is."""
    return Place(
        folder=Path(settings.data_dir).absolute() / "broker",
        key=settings.key(),
        host=settings.mqtt_host,
        port=settings.mqtt_port,
        ws_port=settings.mqtt_ws_port,
    )


def ports(settings: Settings) -> tuple[Port, ...]:
    """Return what the broker listens on."""
    host = settings.mqtt_host
    return (
        Port(host, settings.mqtt_port, "mqtt_port in hub.toml (or KTV_HUB_MQTT_PORT)"),
        Port(host, settings.mqtt_ws_port, "mqtt_ws_port in hub.toml (or KTV_HUB_MQTT_WS_PORT)"),
    )


def run(settings: Settings) -> None:
    """Be the broker until SIGTERM or SIGINT.

    Raises:
        PortInUse: another program listens where the broker should.
        BrokerLost: it cannot be started.
    """
    kind = choose(settings)
    for port in ports(settings):
        require_free(port)
    place = place_of(settings)
    if kind == "mosquitto":
        mosquitto.run(place, now_ms() / 1000)
    asyncio.run(_run_embedded(place))


async def _run_embedded(place: Place) -> None:
    from cloud.broker import amqtt  # noqa: PLC0415 - slow to import, and Mosquitto users have no need of it

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await amqtt.run(place, stopped)
