"""Finding a billiard table in a picture: the cloth's colour, its four corners, its six pockets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from edge.core.geometry import (
    BboxTuple,
    Homography,
    Points,
    centre,
    clip_bbox,
    homography,
    polygon_area,
    transform,
)
from edge.core.picture import Pixels

WORK_WIDTH = 256
"""Pictures are looked at this wide."""

LONG = 2.0
"""Length of a table in its own widths: the tables of every game are twice as long as wide."""


BALL = 0.047
"""Breadth of a ball in table widths: 0.045 on nine feet, 0.058 on seven, less the cushions."""


@dataclass(frozen=True, slots=True)
class Pocket:
    """One pocket."""

    name: str
    """`top-left` ... `bottom-right`, as the picture shows them."""
    place: tuple[float, float]
    """Fractions of the picture."""
    on_table: tuple[float, float]
    """Table widths: 0 to 2 along, 0 to 1 across."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table's place in the picture."""

    corners: tuple[tuple[float, float], ...]
    """Top left, top right, bottom right, bottom left; fractions of the picture."""
    lies_across: bool
    """Whether the long rails run from left to right."""
    pockets: tuple[Pocket, ...]
    to_table: Homography
    """Maps fractions of the picture to table widths."""

    def on_table(self, points: Points) -> Points:
        """Return points (n, 2) of the picture in table widths (0 to 2 along, 0 to 1 across)."""
        return transform(self.to_table, points)

    def holds(self, x: float, y: float, margin: float = 0.06) -> bool:
        """Return whether a point of the picture is on the cloth, or at most `margin` widths beside it."""
        along, across = self.on_table(np.array([[x, y]]))[0]
        return bool(-margin <= along <= LONG + margin and -margin <= across <= 1 + margin)

    def may_hold_ball(self, bbox: BboxTuple) -> bool:
        """Return whether a thing in `bbox` lies on the cloth and is about as broad as a ball there."""
        x, y = centre(bbox)
        return self.holds(x, y) and 0.5 < bbox[2] / self.breadth_at(x, y) < 2.0

    def breadth_at(self, x: float, y: float) -> float:
        """Return how broad a ball is at a place, as a fraction of the picture's width."""
        beside = self.on_table(np.array([[x - 0.01, y], [x + 0.01, y]]))
        return BALL * 0.02 / max(float(np.linalg.norm(beside[1] - beside[0])), 1e-6)

    def region(self, aspect: float, picture_aspect: float) -> BboxTuple:
        """Return the part of the picture to look at, for a detector whose input has this aspect.

        Args:
            aspect: width over height of the detector's input.
            picture_aspect: width over height of the picture.
        """
        corners = np.array(self.corners)
        low, high = corners.min(axis=0), corners.max(axis=0)
        middle, span = (low + high) / 2, (high - low) * 1.12
        width = max(span[0], span[1] / picture_aspect * aspect)
        height = max(span[1], span[0] * picture_aspect / aspect)
        width, height = min(width, 1.0), min(height, 1.0)
        left = min(max(middle[0] - width / 2, 0.0), 1 - width)
        top = min(max(middle[1] - height / 2, 0.0), 1 - height)
        return clip_bbox((float(left), float(top), float(width), float(height)))


def find_table(pixels: Pixels) -> Table | None:
    """Return the table in a picture, or None where no large four-sided cloth is seen."""
    step = max(1, pixels.shape[1] // WORK_WIDTH)
    small = _shrink(pixels, step)
    mask = cloth_mask(small)
    if mask is None:
        return None
    quad = _enclosing_quad(mask)
    if quad is None:
        return None
    height, width = mask.shape
    covered = np.count_nonzero(mask) / max(polygon_area(quad), 1.0)
    if not 0.7 < covered < 1.3 or polygon_area(quad) < 0.08 * width * height:
        return None
    corners = quad / np.array([width, height])
    if corners.min() < -0.25 or corners.max() > 1.25:
        return None
    return make_table(corners, width / height)


def make_table(corners: Points, picture_aspect: float, lies_across: bool | None = None) -> Table:
    """Return the table whose cloth has these corners.

    Args:
        corners: (4, 2), in any order; fractions of the picture.
        picture_aspect: width over height of the picture.
        lies_across: whether the long rails run from left to right; worked out when None.
    """
    ordered = _order(corners)
    if lies_across is None:
        lies_across = _is_long((ordered - 0.5) * np.array([picture_aspect, 1.0]))
    across, along = (
        [(0.0, 0.0), (LONG, 0.0), (LONG, 1.0), (0.0, 1.0)],
        [(0.0, 1.0), (0.0, 0.0), (LONG, 0.0), (LONG, 1.0)],
    )
    flat = across if lies_across else along
    to_table = homography(ordered, np.array(flat, np.float64))
    middles = ("top-middle", "bottom-middle") if lies_across else ("middle-right", "middle-left")
    names = ("top-left", "top-right", "bottom-right", "bottom-left", *middles)
    places = [*flat, (LONG / 2, 0.0), (LONG / 2, 1.0)]
    seen = transform(np.asarray(np.linalg.inv(to_table), np.float64), places)
    pockets = tuple(
        Pocket(name, (float(x), float(y)), place)
        for name, (x, y), place in zip(names, seen, places, strict=True)
    )
    return Table(tuple((float(x), float(y)) for x, y in ordered), lies_across, pockets, to_table)


def cloth_mask(pixels: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Return where the cloth is: the largest even patch of the middle's commonest colour."""
    hue, saturation, value = _hue(pixels)
    height, width = hue.shape
    inner = np.zeros(hue.shape, bool)
    inner[int(height * 0.25) : int(height * 0.8), int(width * 0.25) : int(width * 0.75)] = True
    coloured = inner & (saturation > 0.12) & (value > 0.12)
    if np.count_nonzero(coloured) < 0.2 * np.count_nonzero(inner):
        return None
    counts = np.bincount((hue[coloured] * 72).astype(int) % 72, minlength=72).astype(float)
    peak = int(np.argmax(counts + np.roll(counts, 1) + np.roll(counts, -1)))
    near = coloured & (_hue_distance(hue, (peak + 0.5) / 72) < 1.5 / 72)
    tint = _tint(pixels)
    typical = np.median(tint[near], axis=0)
    level = float(np.median(value[near]))
    # A strong colour may change more under uneven lamps than a pale one.
    reach = 0.045 + 0.22 * float(np.linalg.norm(typical - 1 / 3))
    off = np.linalg.norm(tint - typical, axis=-1)
    same = (off < reach) & (value > 0.4 * level) & (value < 2.2 * level)
    alike = ndimage.binary_closing(ndimage.binary_opening(same, iterations=1), iterations=2)
    labels, count = ndimage.label(alike)
    if count == 0:
        return None
    sizes = np.bincount(labels[inner].ravel(), minlength=count + 1)
    sizes[0] = 0
    mask: NDArray[np.bool_] = ndimage.binary_fill_holes(labels == int(np.argmax(sizes)))
    return mask if np.count_nonzero(same & mask) > 0.6 * np.count_nonzero(mask) else None


def _shrink(pixels: Pixels, step: int) -> NDArray[np.float32]:
    height, width = (pixels.shape[0] // step) * step, (pixels.shape[1] // step) * step
    blocks = pixels[:height, :width].reshape(height // step, step, width // step, step, 3)
    small: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return small


def _hue(pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Return hue, saturation and value (each 0 to 1) of RGB (h, w, 3), 0 to 255."""
    rgb = pixels / 255
    high, low = rgb.max(axis=-1), rgb.min(axis=-1)
    spread = np.maximum(high - low, 1e-6)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(
        high == red,
        (green - blue) / spread % 6,
        np.where(high == green, (blue - red) / spread + 2, (red - green) / spread + 4),
    )
    return (hue / 6).astype(np.float32), (high - low) / np.maximum(high, 1e-6), high


def _tint(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each channel's share (h, w, 3) of the pixel's light: its colour, however bright."""
    total = np.maximum(pixels.sum(axis=-1, keepdims=True), 1.0)
    tint: NDArray[np.float32] = (pixels / total).astype(np.float32)
    return tint


def _hue_distance(hue: NDArray[np.float32], other: float) -> NDArray[np.float32]:
    gap = np.abs(hue - np.float32(other))
    nearer: NDArray[np.float32] = np.minimum(gap, 1 - gap)
    return nearer


def _enclosing_quad(mask: NDArray[np.bool_]) -> Points | None:
    """Return four corners (4, 2) in pixels around `mask`: its hull, less the sides that cost least."""
    inner = ndimage.binary_erosion(mask)
    ys, xs = np.nonzero(mask & ~inner)
    if len(xs) < 20:
        return None
    try:
        points = np.column_stack([xs, ys]).astype(np.float64) + 0.5
        hull = points[ConvexHull(points).vertices]
    except QhullError:
        return None
    corners = [hull[i] for i in range(len(hull))]
    while len(corners) > 4:
        costs = [_cost_without(corners, i) for i in range(len(corners))]
        best = min(range(len(corners)), key=lambda i: costs[i][0])
        cost, meeting = costs[best]
        if meeting is None or not np.isfinite(cost):
            return None
        following = (best + 1) % len(corners)
        corners[best] = meeting
        del corners[following]
    return np.array(corners) if len(corners) == 4 else None


def _cost_without(corners: list[Points], i: int) -> tuple[float, Points | None]:
    """Return the area gained when side i to i+1 goes and its neighbours are drawn on until they meet."""
    count = len(corners)
    before, start, end, after = (corners[(i + k) % count] for k in (-1, 0, 1, 2))
    along, back = start - before, end - after
    across = along[0] * back[1] - along[1] * back[0]
    if abs(across) < 1e-9:
        return float("inf"), None
    gap = end - before
    part = (gap[0] * back[1] - gap[1] * back[0]) / across
    if part < 1:
        return float("inf"), None
    meeting = before + part * along
    return polygon_area(np.array([start, meeting, end])), meeting


def _order(corners: Points) -> Points:
    """Return the corners as top left, top right, bottom right, bottom left."""
    middle = corners.mean(axis=0)
    angle = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    ring = corners[np.argsort(angle)]
    first = int(np.argmin(ring.sum(axis=1)))
    return np.roll(ring, -first, axis=0)


def _is_long(corners: Points) -> bool:
    """Return whether the top and bottom sides are the long ones.

    A rectangle's sides seen by a camera of focal length f satisfy two equations (Zhang and He, "Whiteboard
    scanning and image enhancement", 2007, eq. 19-20); both readings, 2:1 and 1:2, are tried over all
    plausible f, and the one that fits with the more usual camera wins.

    Args:
        corners: (4, 2) in picture heights, origin in the picture's middle.
    """
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    matrix = homography(unit, corners)
    across, down = matrix[:, 0], matrix[:, 1]
    focal = np.geomspace(0.6, 9.0, 60)
    scale = np.stack([1 / focal, 1 / focal, np.ones_like(focal)], -1)
    one, other = across * scale, down * scale
    sizes = np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1)
    skew = np.abs((one * other).sum(axis=1)) / (sizes[0] * sizes[1])
    ratio = np.log(sizes[0] / sizes[1])
    usual = 0.15 * np.abs(np.log(focal / 2.2))
    cost_across = np.min(np.abs(ratio - np.log(LONG)) + 2 * skew + usual)
    cost_along = np.min(np.abs(ratio + np.log(LONG)) + 2 * skew + usual)
    return bool(cost_across <= cost_along)


class TableKeeper:
    """Holds on to a table across frames: the median of what was found, until it has plainly moved."""

    def __init__(self, keep: int = 9) -> None:
        self._keep = keep
        self._seen: list[Table] = []
        self._odd: list[Table] = []
        self.table: Table | None = None

    def see(self, found: Table | None, picture_aspect: float) -> None:
        """Take in what one frame shows; None changes nothing."""
        if found is None:
            return
        if (
            self.table is not None
            and np.abs(np.array(found.corners) - np.array(self.table.corners)).max() > 0.06
        ):
            self._odd.append(found)
            if len(self._odd) < 4:
                return
            self._seen, self._odd = self._odd, []
        else:
            self._odd = []
            self._seen = [*self._seen, found][-self._keep :]
        corners = np.median([table.corners for table in self._seen], axis=0)
        across = sum(table.lies_across for table in self._seen) * 2 > len(self._seen)
        self.table = make_table(corners, picture_aspect, across)
