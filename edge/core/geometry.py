"""Plane geometry of pictures: boxes, contours and the map between a picture and a flat table.

Points are fractions of the picture, origin top left, unless a name says otherwise.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Shape (n, 2): x, y."""

Homography = NDArray[np.float64]
"""Shape (3, 3): maps homogeneous points of one plane to another."""

BboxTuple = tuple[float, float, float, float]
"""x, y, width, height."""


def centre(bbox: BboxTuple) -> tuple[float, float]:
    """Return the middle of a box."""
    x, y, width, height = bbox
    return x + width / 2, y + height / 2


def iou(one: BboxTuple, other: BboxTuple) -> float:
    """Return the shared part of two boxes over their union, 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def clip_bbox(bbox: BboxTuple) -> BboxTuple:
    """Return the part of `bbox` that lies in the picture (0 to 1)."""
    x0, y0 = min(max(bbox[0], 0.0), 1.0), min(max(bbox[1], 0.0), 1.0)
    x1, y1 = min(max(bbox[0] + bbox[2], 0.0), 1.0), min(max(bbox[1] + bbox[3], 0.0), 1.0)
    return x0, y0, max(x1 - x0, 0.0), max(y1 - y0, 0.0)


def bounds(points: Sequence[tuple[float, float]] | Points) -> BboxTuple:
    """Return the smallest box around `points` (at least one)."""
    array = np.asarray(points, np.float64)
    low, high = array.min(axis=0), array.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def is_inside(point: tuple[float, float], polygon: Sequence[tuple[float, float]] | Points) -> bool:
    """Return whether `point` lies in the closed polygon (even-odd rule, Shimrat 1962)."""
    corners = np.asarray(polygon, np.float64)
    x, y = point
    x0, y0 = corners[:, 0], corners[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (x1 - x0) * (y - y0) / (y1 - y0) + x0
    return bool(np.count_nonzero(spans & (x < crossing)) % 2)


def homography(source: Points, target: Points) -> Homography:
    """Return the map that takes four `source` points to four `target` points.

    Direct linear transform (Hartley and Zisserman, Multiple View Geometry, 2nd ed., 4.1).

    Args:
        source: shape (4, 2), no three on a line.
        target: shape (4, 2).
    """
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    found: Homography = np.linalg.svd(np.array(rows, np.float64))[2][-1].reshape(3, 3)
    return found


def transform(matrix: Homography, points: Sequence[tuple[float, float]] | Points) -> Points:
    """Return `points` (n, 2) moved by `matrix`."""
    array = np.asarray(points, np.float64).reshape(-1, 2)
    moved = np.column_stack([array, np.ones(len(array))]) @ matrix.T
    plain: Points = moved[:, :2] / moved[:, 2:]
    return plain


def distance_to_segment(point: Points, start: Points, end: Points) -> float:
    """Return the distance of `point` (2,) from the segment between two points (2,)."""
    along = end - start
    length = float(along @ along)
    part = 0.0 if length == 0 else min(1.0, max(0.0, float((point - start) @ along) / length))
    return float(np.linalg.norm(point - (start + part * along)))


def polygon_area(polygon: Points) -> float:
    """Return the area of a polygon (n, 2) without crossings (shoelace formula)."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)
