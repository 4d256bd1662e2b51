"""The hub's time."""

import time


def now_ms() -> int:
    """Return hub time: ms since 1970."""
    return time.time_ns() // 1_000_000
