"""Where a broker listens, where it keeps its files, and what goes wrong with it."""

from dataclasses import dataclass
from pathlib import Path

from cloud.core.errors import HubError
from edge.wire.codec import MAX_PAYLOAD_BYTES

MAX_PACKET_BYTES = MAX_PAYLOAD_BYTES + 1024
"""Largest MQTT packet that a broker reads: the largest payload and its topic."""


class BrokerLost(HubError):
    """The broker cannot be started, or does not answer."""

    status = 503


@dataclass(frozen=True, slots=True)
class Place:
    """One broker."""

    folder: Path
    """Its own private files."""
    key: bytes
    """The hub's secret key."""
    host: str = "127.0.0.1"
    port: int = 1884
    """MQTT over TCP."""
    ws_port: int = 1885
    """MQTT over WebSocket."""
