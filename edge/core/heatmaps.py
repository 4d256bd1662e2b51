"""Decoding of a detector that marks middles of things on a heat map, without non-maximum suppression.

CenterNet (Zhou et al., "Objects as Points", 2019): a cell is a thing if it is the greatest among its
eight neighbours.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

Heat = NDArray[np.float32]
"""Shape (rows, columns), 0 to 1."""

Boxes = NDArray[np.float32]
"""Shape (rows, columns, 4): offset of the middle in x and y (cells), log of width and height (cells)."""

MAX_PEAKS = 64
"""More things than these are never returned."""


def decode(heat: Heat, boxes: Boxes, threshold: float) -> list[tuple[float, float, float, float, float]]:
    """Return x, y, width, height (fractions of the map, origin top left) and confidence, best first.

    Args:
        heat: how sure a cell is to be a middle.
        boxes: the thing's box, seen from the cell.
        threshold: least confidence, 0 to 1.
    """
    rows, columns = heat.shape
    peaks = (heat >= threshold) & (heat == maximum_filter(heat, size=3))
    ys, xs = np.nonzero(peaks)
    order = np.argsort(-heat[ys, xs])[:MAX_PEAKS]
    found = []
    for y, x in zip(ys[order], xs[order], strict=True):
        dx, dy, log_width, log_height = (float(v) for v in boxes[y, x])
        width, height = np.exp(min(log_width, 5.0)) / columns, np.exp(min(log_height, 5.0)) / rows
        left, top = (x + dx) / columns - width / 2, (y + dy) / rows - height / 2
        found.append((float(left), float(top), float(width), float(height), float(heat[y, x])))
    return _without_twins(found)


def _without_twins(
    found: list[tuple[float, float, float, float, float]],
) -> list[tuple[float, float, float, float, float]]:
    """Return `found` without the weaker of two whose middles nearly coincide (two cells, one thing)."""
    kept: list[tuple[float, float, float, float, float]] = []
    for x, y, width, height, confidence in found:
        middle = (x + width / 2, y + height / 2)
        is_new = all(
            abs(middle[0] - kx - kw / 2) > 0.35 * kw or abs(middle[1] - ky - kh / 2) > 0.35 * kh
            for kx, ky, kw, kh, _ in kept
        )
        if is_new:
            kept.append((x, y, width, height, confidence))
    return kept
