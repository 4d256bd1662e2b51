"""Pool balls as small pictures: a lit sphere with its colour, stripe and number."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

LABELS = ("cue", *(str(number) for number in range(1, 16)))
"""Every ball of eight-ball, in the classifier's order."""

COLOURS = {
    1: (235, 190, 25),
    2: (20, 50, 165),
    3: (205, 30, 35),
    4: (85, 30, 115),
    5: (240, 105, 20),
    6: (10, 100, 55),
    7: (115, 25, 30),
    8: (18, 18, 20),
}
"""RGB of the solids; a stripe has the colour of the solid eight below it."""

OTHER_COLOURS = {4: (225, 115, 165), 7: (165, 110, 65), 6: (25, 150, 85), 2: (30, 95, 200), 3: (225, 60, 50)}
"""Colours of the sets made for television."""


@lru_cache(maxsize=64)
def _digits(number: int, face: int) -> Floats:
    """Return the ink of `number`, 64 by 64, 0 to 1."""
    text = str(number)
    ink = np.zeros((64, 64), np.uint8)
    scale, thickness = (1.5, 4) if len(text) == 1 else (1.05, 3)
    (width, height), _ = cv2.getTextSize(text, face, scale, thickness)
    corner = (32 - width // 2, 32 + height // 2)
    cv2.putText(ink, text, corner, face, scale, 255, thickness, cv2.LINE_AA)
    if number in (6, 9):
        cv2.line(ink, (20, 52), (44, 52), 255, 3, cv2.LINE_AA)
    return ink.astype(np.float32) / 255


def random_rotation(rng: np.random.Generator) -> Floats:
    """Return a rotation matrix, uniform over all turns."""
    quaternion = rng.normal(size=4)
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )


def turn_about(axis: Floats, angle: float) -> Floats:
    """Return the rotation by `angle` (rad) about the unit vector `axis` (Rodrigues)."""
    x, y, z = (float(v) for v in axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], np.float32)
    return (np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross).astype(np.float32)


def _paint(label: str, body: Floats, colour: tuple[int, int, int] | None, white: Floats, face: int) -> Floats:
    """Return the colour (RGB, 0 to 255) of each point `body` (h, w, 3) of the unit sphere."""
    paint = np.broadcast_to(white, body.shape).copy()
    if label == "cue":
        if colour is not None:
            spots = np.abs(body).max(axis=-1) > 0.96
            paint[spots] = colour
        return paint
    number = int(label)
    ink = np.array(colour or COLOURS[(number - 1) % 8 + 1], np.float32)
    coloured = np.ones(body.shape[:2], bool) if number <= 8 else np.abs(body[..., 2]) < 0.56
    paint[coloured] = ink
    disc = np.hypot(body[..., 1], body[..., 2]) < 0.42
    paint[disc] = white
    column = np.clip((body[..., 1] * np.sign(body[..., 0]) / 0.42 * 0.5 + 0.5) * 63, 0, 63).astype(int)
    row = np.clip((-body[..., 2] / 0.42 * 0.5 + 0.5) * 63, 0, 63).astype(int)
    print_ = _digits(number, face)[row, column][..., None] * disc[..., None]
    return paint * (1 - print_) + np.float32(20) * print_


def draw_ball(
    label: str,
    size: int,
    rotation: Floats,
    light: Floats,
    *,
    colour: tuple[int, int, int] | None = None,
    white: tuple[int, int, int] = (236, 232, 220),
    ambient: float = 0.45,
    gloss: float = 150.0,
    bounce: tuple[int, int, int] = (0, 0, 0),
    face: int = cv2.FONT_HERSHEY_SIMPLEX,
) -> Image:
    """Return a ball that fills a square of `size` pixels: RGBA, seen along -z with y downwards.

    `light` points to the lamp (unit vector, picture coordinates with z to the viewer); `bounce` is the
    light that the cloth throws on the ball's lower side.
    """
    fine = size * 2
    axis = ((np.arange(fine, dtype=np.float32) + 0.5) / fine * 2 - 1) * np.float32(1.02)
    x, y = np.meshgrid(axis, axis)
    squared = x * x + y * y
    z = np.sqrt(np.clip(1 - squared, 0, 1))
    normal = np.stack([x, y, z], -1)
    paint = _paint(label, normal @ rotation, colour, np.array(white, np.float32), face)
    lit = np.clip(normal @ light, 0, 1)
    shade = (ambient + (1.05 - ambient) * lit) * (0.62 + 0.38 * z)
    half = light + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    glint = np.clip(normal @ half, 0, 1) ** 60
    below = np.clip(y, 0, 1)[..., None] * np.array(bounce, np.float32)
    rgb = paint * shade[..., None] + glint[..., None] * gloss + below * 0.35
    alpha = np.clip((1 - np.sqrt(squared)) * fine / 2 + 0.5, 0, 1) * 255
    picture = np.dstack([np.clip(rgb, 0, 255), alpha]).astype(np.uint8)
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def random_ball(label: str, size: int, rng: np.random.Generator, tilt: float) -> Image:
    """Return a ball in a random attitude and make; `tilt` 0 is seen from above, 1 from the side."""
    lamp = np.array([rng.normal(0, 0.35), -tilt + rng.normal(0, 0.3), 1.15 - tilt + rng.uniform(0, 0.4)])
    light = (lamp / np.linalg.norm(lamp)).astype(np.float32)
    colour = None
    if label == "cue":
        colour = ((200, 30, 40), (30, 60, 170), None, None)[int(rng.integers(4))]
    else:
        base = (int(label) - 1) % 8 + 1
        shades = OTHER_COLOURS if rng.random() < 0.25 else COLOURS
        middle = np.array(shades.get(base, COLOURS[base]), np.float32)
        gain = rng.uniform(0.75, 1.25) if base != 8 else rng.uniform(0.6, 2.0)
        colour = tuple(int(v) for v in np.clip(middle * gain + rng.normal(0, 10, 3), 5, 250))
    white = np.clip(np.array([236, 230, 214]) + rng.normal(0, 9, 3) - [0, 0, rng.uniform(0, 45)], 150, 252)
    return draw_ball(
        label,
        size,
        random_rotation(rng),
        light,
        colour=colour,
        white=tuple(int(v) for v in white),
        ambient=float(rng.uniform(0.3, 0.7)),
        gloss=float(rng.uniform(40, 220)),
        face=int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX])),
    )


def make_bank(rng: np.random.Generator, each: int, size: int = 64) -> list[list[list[Image]]]:
    """Return `each` pictures for every tilt (3 of them) and label, to draw scenes from quickly."""
    return [
        [[random_ball(label, size, rng, tilt) for _ in range(each)] for label in LABELS]
        for tilt in (0.1, 0.45, 0.8)
    ]
