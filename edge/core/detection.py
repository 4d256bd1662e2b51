"""What a detector saw in one picture."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing seen in one frame."""

    kind: str
    """As in the vocabulary: `ball`, `cup`, ..."""
    label: str | None
    """`8`, `red`, ...; None where it is not known."""
    bbox: tuple[float, float, float, float]
    """x, y, width, height as fractions of the picture, origin top left."""
    confidence: float
    """0 to 1."""
    labels: tuple[tuple[str, float], ...] = ()
    """What the label may be and how sure that is (0 to 1), best first; for voting over a track."""
