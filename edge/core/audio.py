"""Sound as values: frames of samples, stamped when they were captured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono sound, shape (n,), float32, -1 to 1."""


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """A stretch of sound as it was captured."""

    samples: Samples
    rate_hz: int
    """Samples per second."""
    at_s: float
    """Box time of the first sample, in s (monotonic)."""

    @property
    def duration_s(self) -> float:
        """Length in s."""
        return len(self.samples) / self.rate_hz
