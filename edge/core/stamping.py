"""Stamps for a stream of samples: steady like the samples, true like the clock."""

GAP_S = 0.1
"""A stretch that comes later than expected by more than this has lost samples before it, in s."""
DRIFT = 0.002
"""Share of a small lateness that is believed, so that the stamps follow the device's own clock."""


class Stamper:
    """Stamps stretches of samples that arrive, a little late and never early, from a device."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._next_s: float | None = None
        self.gaps = 0
        """How often samples were lost."""

    def stamp(self, count: int, now_s: float) -> float:
        """Return the moment in s at which the first of `count` samples that end by `now_s` was captured."""
        seen_s = now_s - count / self._rate_hz
        if self._next_s is None:
            at_s = seen_s
        elif seen_s - self._next_s > GAP_S:
            self.gaps += 1
            at_s = seen_s
        else:
            late_s = seen_s - self._next_s
            at_s = self._next_s + (late_s if late_s < 0 else DRIFT * late_s)
        self._next_s = at_s + count / self._rate_hz
        return at_s


class PlayClock:
    """Foretells when sound that is queued now will be heard."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._next_s: float | None = None
        self.gaps = 0
        """How often the sound was interrupted."""

    def place(self, count: int, now_s: float, device_s: float | None = None) -> float:
        """Return the moment in s at which the first of `count` samples is heard that are queued at `now_s`.

        Args:
            count: samples.
            now_s: when they are queued.
            device_s: when the device says that they are heard, where it can say so.
        """
        due_s = now_s if device_s is None else max(device_s, now_s)
        if self._next_s is None:
            heard_s = due_s
        elif due_s - self._next_s > GAP_S:
            self.gaps += 1
            heard_s = due_s
        elif device_s is None:
            heard_s = max(self._next_s, now_s)
        else:
            heard_s = self._next_s + DRIFT * (due_s - self._next_s)
        self._next_s = heard_s + count / self._rate_hz
        return heard_s

    def waiting_s(self, now_s: float) -> float:
        """Return how much sound is queued at `now_s`, in s."""
        return 0.0 if self._next_s is None else max(0.0, self._next_s - now_s)
