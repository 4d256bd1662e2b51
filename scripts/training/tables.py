"""A billiard table seen by a camera: projection, rails, cushions, cloth and pockets."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.training.balls import Floats, Image

LENGTH_M, WIDTH_M, BALL_M = 2.54, 1.27, 0.0286
"""Playing area of a nine-foot table, and a ball's radius."""

POCKETS = (
    ("far-left", -1, 1),
    ("far-middle", 0, 1),
    ("far-right", 1, 1),
    ("near-left", -1, -1),
    ("near-middle", 0, -1),
    ("near-right", 1, -1),
)


@dataclass(frozen=True)
class View:
    """A pinhole camera."""

    place: Floats
    axes: Floats
    """Rows: right, down, forward."""
    focal: float
    centre: tuple[float, float]
    size: tuple[int, int]

    def project(self, points: NDArray[np.floating]) -> Floats:
        """Return pixels (n, 2) of points (n, 3) in metres."""
        seen = (np.asarray(points, np.float32) - self.place) @ self.axes.T
        depth = np.maximum(seen[:, 2:], 0.05)
        return (seen[:, :2] / depth * self.focal + np.array(self.centre)).astype(np.float32)

    def scale(self, point: NDArray[np.floating]) -> float:
        """Return pixels per metre at `point`."""
        depth = float((np.asarray(point, np.float32) - self.place) @ self.axes[2])
        return self.focal / max(depth, 0.05)

    def window(self, x: float, y: float, width: int, height: int) -> "View":
        """Return the view of a part of this picture."""
        middle = (self.centre[0] - x, self.centre[1] - y)
        return View(self.place, self.axes, self.focal, middle, (width, height))


def look_at(azimuth: float, elevation: float, distance: float, roll: float = 0.0) -> View:
    """Return a camera that looks at the table's middle; angles in rad, azimuth 0 from a long side."""
    towards = np.array(
        [np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)]
    )
    forward = -towards
    flat = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    down = np.cross(forward, flat)
    right = flat * np.cos(roll) + down * np.sin(roll)
    axes = np.stack([right, np.cross(forward, right), forward])
    return View((towards * distance).astype(np.float32), axes.astype(np.float32), 1.0, (0.0, 0.0), (0, 0))


def fit(view: View, width: int, height: int, fill: float, shift: tuple[float, float] = (0, 0)) -> View:
    """Return `view` zoomed so that the table takes `fill` of a picture of that size."""
    corners = view.project(rectangle(0.08))
    low, high = corners.min(0), corners.max(0)
    span = high - low
    focal = fill * min(width / span[0], height / span[1])
    middle = (low + high) / 2 * focal
    room = np.array([width, height]) - span * focal
    centre = np.array([width, height]) / 2 - middle + np.array(shift) * room / 2
    return View(view.place, view.axes, float(focal), (float(centre[0]), float(centre[1])), (width, height))


def rectangle(margin: float, z: float = 0.0) -> Floats:
    """Return the corners (4, 3) of the playing area, enlarged by `margin` (m) on each side."""
    x, y = LENGTH_M / 2 + margin, WIDTH_M / 2 + margin
    return np.array([[-x, y, z], [x, y, z], [x, -y, z], [-x, -y, z]], np.float32)


def pocket_places(margin: float = 0.0) -> Floats:
    """Return the middle (6, 3) of each pocket's mouth, `margin` (m) outwards."""
    return np.array(
        [
            [sx * (LENGTH_M / 2 + margin), sy * (WIDTH_M / 2 + margin * (1.0 if sx else 1.6)), 0.0]
            for _, sx, sy in POCKETS
        ],
        np.float32,
    )


@dataclass(frozen=True)
class Look:
    """The colours (RGB) and make of one table."""

    cloth: tuple[int, int, int] = (24, 120, 170)
    rail: tuple[int, int, int] = (52, 36, 28)
    cushion_gain: float = 0.82
    rim: tuple[int, int, int] = (120, 118, 115)
    floor: tuple[int, int, int] = (38, 36, 40)
    pocket_m: float = 0.062
    rail_m: float = 0.14
    rail_height_m: float = 0.036
    sights: tuple[int, int, int] = (230, 228, 220)
    lamps: tuple[tuple[float, float], ...] = field(default=((-0.6, 0.0), (0.6, 0.0)))


SHIFT = 4


def fill(image: Image, points: Floats, colour: tuple[int, int, int]) -> None:
    """Fill a polygon (n, 2) with soft edges."""
    cv2.fillPoly(image, [np.round(points * (1 << SHIFT)).astype(np.int32)], colour, cv2.LINE_AA, SHIFT)


def gain(colour: tuple[int, int, int], factor: float) -> tuple[int, int, int]:
    """Return `colour`, brighter or darker."""
    red, green, blue = (int(np.clip(v * factor, 0, 255)) for v in colour)
    return red, green, blue


def disc(view: View, middle: Floats, radius: float) -> Floats:
    """Return the outline (24, 2) in pixels of a level disc in metres."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(24)], -1) * radius + middle
    return view.project(ring)


def paint_table(image: Image, view: View, look: Look) -> None:
    """Draw the table into `image` (RGB)."""
    high, edge = look.rail_height_m, 0.045
    outer, inner = rectangle(look.rail_m + edge, high), rectangle(edge, high)
    skirt = np.vstack([view.project(outer), view.project(outer - [0, 0, 0.28])])
    fill(image, cv2.convexHull(skirt)[:, 0], gain(look.rail, 0.45))
    fill(image, view.project(outer), look.rail)
    fill(image, view.project(outer * [0.985, 0.97, 1]), gain(look.rail, 1.12))
    _sights(image, view, look, high)
    fill(image, view.project(inner), gain(look.cloth, look.cushion_gain))
    nose, ground = rectangle(0.004, high), rectangle(0.0)
    for side in range(4):
        ends = [side, (side + 1) % 4]
        top = view.project(nose[ends])
        foot = view.project(ground[ends])
        fill(image, np.vstack([top, foot[::-1]]), gain(look.cloth, look.cushion_gain * (0.5 + 0.1 * side)))
    fill(image, view.project(ground), look.cloth)
    for (_, along, _), place in zip(POCKETS, pocket_places(0.028), strict=True):
        radius = look.pocket_m * (1.0 if along else 0.92)
        fill(image, disc(view, place + [0, 0, high], radius * 1.28), look.rim)
        fill(image, disc(view, place + [0, 0, high * 0.6], radius * 1.04), (14, 13, 13))
        fill(image, disc(view, place, radius * 0.96), (7, 7, 8))


def _sights(image: Image, view: View, look: Look, high: float) -> None:
    half = look.rail_m / 2 + 0.045
    steps = (-0.75, -0.5, -0.25, 0.25, 0.5, 0.75)
    places = [(k * LENGTH_M / 2, side * (WIDTH_M / 2 + half)) for k in steps for side in (-1, 1)]
    places += [(side * (LENGTH_M / 2 + half), k * WIDTH_M / 2) for k in (-0.5, 0, 0.5) for side in (-1, 1)]
    for x, y in places:
        fill(image, disc(view, np.array([x, y, high], np.float32), 0.009), look.sights)


def paint_shadows(
    image: Image, view: View, places: Floats, strength: float, lean: Floats, radius: float = BALL_M
) -> None:
    """Darken the cloth where balls at `places` (n, 3) keep the lamps' light away."""
    mask = np.zeros(image.shape[:2], np.uint8)
    sigma = 1.0
    for place in places:
        spot = np.array([place[0] + lean[0], place[1] + lean[1], 0.0], np.float32)
        fill_mask = np.round(disc(view, spot, radius * 1.12) * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [fill_mask], 255, cv2.LINE_AA, SHIFT)
        sigma = max(sigma, view.scale(place) * radius * 0.28)
    soft = cv2.GaussianBlur(mask, (0, 0), sigma).astype(np.float32)[..., None]
    image[:] = (image * (1 - strength * soft / 255)).astype(np.uint8)


def place_ball(image: Image, picture: Image, x: float, y: float, radius: float) -> None:
    """Blend a ball's picture (RGBA, square) into `image` with its middle at pixel x, y."""
    size = picture.shape[0]
    while size > radius * 4 and size >= 16:
        size //= 2
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    reach = int(np.ceil(radius)) + 1
    left, top = int(np.floor(x)) - reach, int(np.floor(y)) - reach
    side = 2 * reach + 2
    zoom = 2 * radius * 1.02 / size
    move = np.array([[zoom, 0, x - left - zoom * size / 2], [0, zoom, y - top - zoom * size / 2]], np.float32)
    move[:, 2] += (zoom - 1) / 2
    patch = cv2.warpAffine(picture, move, (side, side), flags=cv2.INTER_LINEAR)
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if x0 >= x1 or y0 >= y1:
        return
    patch = patch[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)
    alpha = patch[..., 3:] / 255
    under = image[y0:y1, x0:x1]
    under[:] = (under * (1 - alpha) + patch[..., :3] * alpha).astype(np.uint8)
