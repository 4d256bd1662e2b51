"""Pictures as values: frames of pixels, stamped when they were captured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""RGB, shape (height, width, 3), uint8."""


@dataclass(frozen=True, slots=True)
class PictureFrame:
    """One camera frame."""

    pixels: Pixels
    at_s: float
    """Box time of the exposure, in s (monotonic)."""
    rtp: int | None = None
    """RTP timestamp (90 kHz, 32 bit) where the frame came from or went to a relay with one."""
