"""The box's clock, and how far the hub's is from it."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ping:
    """One question for the hub's time."""

    sent_s: float
    """Box time at which it was asked, in s."""
    received_s: float
    """Box time at which the answer came, in s."""
    hub_ms: float
    """What the hub answered, in ms since 1970."""

    @property
    def round_trip_s(self) -> float:
        """How long the answer took, in s."""
        return self.received_s - self.sent_s

    @property
    def offset_ms(self) -> float:
        """Hub time less box time, in ms, if the answer took as long as the question."""
        return self.hub_ms - (self.sent_s + self.received_s) * 500


class BoxClock:
    """Box time is monotonic; hub time is box time and an offset, at first that of the box's wall clock."""

    def __init__(self) -> None:
        self._offset_ms = time.time() * 1000 - time.monotonic() * 1000
        self.is_set = False
        """Whether the hub was ever asked."""

    def now_s(self) -> float:
        """Return box time in s."""
        return time.monotonic()

    def hub_ms(self, at_s: float | None = None) -> float:
        """Return hub time in ms at box time `at_s`, or now."""
        return (self.now_s() if at_s is None else at_s) * 1000 + self._offset_ms

    def at_s(self, hub_ms: float) -> float:
        """Return the box time in s at hub time `hub_ms`."""
        return (hub_ms - self._offset_ms) / 1000

    def set_by(self, pings: list[Ping]) -> Ping:
        """Take the offset of the fastest ping, whose error is at most half its round trip; return it."""
        best = min(pings, key=lambda ping: ping.round_trip_s)
        self._offset_ms = best.offset_ms
        self.is_set = True
        return best
