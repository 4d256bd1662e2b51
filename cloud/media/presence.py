"""Tells the bus what the relay carries: a whole snapshot, retained, on each change."""

import asyncio
from collections.abc import Callable

from cloud.bus import Bus, Will
from cloud.settings import Settings
from edge.wire import topics
from edge.wire.boxes import RelayState
from edge.wire.codec import encode

RELAY = "relay-1"

LEAST_GAP_S = 0.1
"""Least time between two snapshots, in s: a crowd that comes in makes few messages."""


class Presence:
    """Publishes `state()` each time it may have changed."""

    def __init__(self, settings: Settings, state: Callable[[], RelayState]) -> None:
        self._state = state
        self._topic = topics.relay_state(RELAY)
        self._has_changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        empty = encode(RelayState())
        self._bus = Bus(settings, RELAY, will=Will(self._topic, empty), on_connected=self._reconnected)

    def changed(self) -> None:
        """Say that something may have changed; on the event loop."""
        self._has_changed.set()

    async def run(self) -> None:
        """Publish until cancelled; the last word is that nothing is carried."""
        self._bus.start()
        last: bytes | None = None
        try:
            while True:
                await self._has_changed.wait()
                self._has_changed.clear()
                now = encode(self._state())
                if now != last or self._is_new_connection:
                    self._is_new_connection = False
                    last = now
                    self._bus.publish(self._topic, now, qos=1, retain=True)
                await asyncio.sleep(LEAST_GAP_S)
        finally:
            sent = self._bus.publish(self._topic, encode(RelayState()), qos=1, retain=True)
            await asyncio.to_thread(sent.wait, 1.0)
            await asyncio.to_thread(self._bus.stop)

    _is_new_connection = False

    def _reconnected(self) -> None:
        """Say it all again: the will may have spoken in the meantime. Runs on the bus's thread."""
        self._is_new_connection = True
        self._loop.call_soon_threadsafe(self._has_changed.set)
