"""Random billiard scenes with truth: what the detectors are trained on."""

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.training.balls import LABELS, Floats, Image, make_bank
from scripts.training.tables import (
    BALL_M,
    LENGTH_M,
    WIDTH_M,
    Look,
    View,
    disc,
    fill,
    fit,
    gain,
    look_at,
    paint_shadows,
    paint_table,
    place_ball,
    pocket_places,
)

REGION = (768, 448)
"""Width and height of the detector's input, in pixels."""


@dataclass(frozen=True)
class Ball:
    """Truth of one ball: middle and radius in pixels."""

    x: float
    y: float
    radius: float
    label: str


@dataclass(frozen=True)
class Scene:
    """A rendered picture (RGB) with its truth."""

    image: Image
    balls: tuple[Ball, ...]
    lures: tuple[tuple[float, float], ...] = ()
    """Places in pixels where no ball is but something else: hands, cues, pockets."""


class Painter:
    """Draws random scenes; keeps a bank of ball pictures."""

    def __init__(self, seed: int, each: int = 40) -> None:
        self.rng = np.random.default_rng(seed)
        self.bank = make_bank(self.rng, each)

    def scene(self, width: int = 320, height: int = 320) -> Scene:
        """Return a random part, `width` by `height`, of a random table as the detector would see it."""
        rng = self.rng
        whole, tilt = random_view(rng)
        places = random_places(rng)
        view = whole.window(*self._corner(whole, places, width, height), width, height)
        look = random_look(rng)
        image = random_floor(rng, look, width, height)
        paint_table(image, view, look)
        paint_marks(image, view, look, rng)
        if rng.random() < 0.2:
            paint_facings(image, view, rng)
        image = light_cloth(image, rng)
        if rng.random() < 0.35:
            clutter(image, rng, 1)
        balls = self._balls(image, view, places, tilt, look)
        cover = np.zeros((height, width), np.uint8)
        for _ in range(int(rng.choice([0, 0, 1, 1, 2]))):
            occlude(image, cover, rng)
        image = spoil(image, rng)
        visible = tuple(ball for ball in balls if is_visible(ball, cover))
        return Scene(image, visible, self._lures(cover, view))

    def _lures(self, cover: Image, view: View) -> tuple[tuple[float, float], ...]:
        rng = self.rng
        height, width = cover.shape
        ys, xs = np.nonzero(cover)
        chosen = rng.integers(len(xs), size=4) if len(xs) else []
        mouths = view.project(pocket_places(0.02))
        points = [(float(xs[i]), float(ys[i])) for i in chosen]
        points += [(float(x), float(y)) for x, y in mouths if 0 <= x < width and 0 <= y < height]
        return tuple(points)

    def _corner(self, view: View, places: Floats, width: int, height: int) -> tuple[float, float]:
        """Return where to cut: mostly around a ball."""
        rng = self.rng
        point = np.array([[rng.uniform(-0.55, 0.55) * LENGTH_M, rng.uniform(-0.6, 0.6) * WIDTH_M, 0]])
        if rng.random() < 0.85:
            point = places[int(rng.integers(len(places)))][None]
        x, y = view.project(point)[0]
        return float(x) - width * rng.uniform(0.2, 0.8), float(y) - height * rng.uniform(0.2, 0.8)

    def _balls(self, image: Image, view: View, places: Floats, tilt: float, look: Look) -> list[Ball]:
        rng = self.rng
        lean = rng.normal(0, 0.012, 2).astype(np.float32)
        if rng.random() < 0.92:
            paint_shadows(image, view, places, float(rng.uniform(0.15, 0.65)), lean)
        labels = rng.permutation(len(LABELS))
        order = np.argsort([view.scale(place) for place in places])
        exposure = float(rng.uniform(0.7, 1.25))
        balls = []
        for which in order:
            label = int(labels[which % len(LABELS)])
            place = places[which]
            (x, y), radius = view.project(place[None])[0], view.scale(place) * BALL_M
            level = int(np.clip(round((tilt + rng.normal(0, 0.1)) * 2.4), 0, 2))
            choices = self.bank[level][label]
            picture = choices[int(rng.integers(len(choices)))]
            if rng.random() < 0.1:
                picture = camouflaged(picture, look, rng)
            self._draw(image, picture, float(x), float(y), radius, exposure)
            balls.append(Ball(float(x), float(y), radius, LABELS[label]))
        return balls

    def _draw(self, image: Image, picture: Image, x: float, y: float, radius: float, exposure: float) -> None:
        rng = self.rng
        tone = exposure * rng.normal(1, 0.05, 3)
        picture = picture.copy()
        picture[..., :3] = np.clip(picture[..., :3] * tone, 0, 255).astype(np.uint8)
        if rng.random() < 0.16:
            angle, reach = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0.3, 1.5)
            picture = picture.copy()
            steps = np.linspace(-0.5, 0.5, 7)
            picture[..., 3] = (picture[..., 3] * 0.3).astype(np.uint8)
            for step in steps:
                place_ball(
                    image, picture, x + np.cos(angle) * reach * step, y + np.sin(angle) * reach * step, radius
                )
            return
        place_ball(image, picture, x, y, radius)


def camouflaged(picture: Image, look: Look, rng: np.random.Generator) -> Image:
    """Return a ball's picture with little contrast to the cloth it lies on."""
    part = rng.uniform(0.3, 0.65)
    cloth = np.array(gain(look.cloth, float(rng.uniform(0.35, 0.8))), np.float32)
    mixed = picture.copy()
    mixed[..., :3] = (picture[..., :3] * (1 - part) + cloth * part).astype(np.uint8)
    return mixed


def random_view(rng: np.random.Generator) -> tuple[View, float]:
    """Return a camera whose picture is the detector's region, and how far it is from overhead (0 to 1)."""
    kind = rng.choice(["above", "end", "side", "any"], p=[0.25, 0.4, 0.2, 0.15])
    azimuth = {"above": 0.0, "end": np.pi / 2, "side": 0.0, "any": rng.uniform(0, np.pi)}[str(kind)]
    azimuth += rng.normal(0, 0.08)
    elevation = rng.uniform(1.25, 1.57) if kind == "above" else rng.uniform(0.38, 1.15)
    view = look_at(azimuth, elevation, rng.uniform(2.6, 6.0), rng.normal(0, 0.02))
    size = float(rng.uniform(0.72, 1.02)) if rng.random() < 0.75 else float(rng.uniform(0.5, 1.4))
    shift = (rng.uniform(-0.8, 0.8), rng.uniform(-0.8, 0.8))
    return fit(view, *REGION, size, shift), 1 - elevation / (np.pi / 2)


def colour_of(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    """Return RGB of hue (0 to 180), saturation and value (0 to 255)."""
    pixel = np.array([[[hue % 180, np.clip(saturation, 0, 255), np.clip(value, 0, 255)]]]).astype(np.uint8)
    red, green, blue = cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0]
    return int(red), int(green), int(blue)


def random_look(rng: np.random.Generator) -> Look:
    """Return a random table: mostly the blues and greens that are played on."""
    hues = [102, 106, 110, 72, 66, 80, 62, 90, 0, 135, 18]
    hue = rng.choice(hues, p=[0.16, 0.16, 0.12, 0.12, 0.12, 0.1, 0.08, 0.06, 0.03, 0.03, 0.02])
    cloth = colour_of(hue + rng.normal(0, 3), rng.uniform(60, 245), rng.uniform(70, 235))
    rails = (
        (52, 36, 28),
        (30, 30, 32),
        (110, 66, 34),
        (150, 96, 52),
        (120, 20, 26),
        (90, 92, 96),
        (200, 196, 190),
    )
    rail = gain(rails[int(rng.integers(len(rails)))], float(rng.uniform(0.6, 1.4)))
    rims = ((20, 20, 20), (120, 118, 115), (225, 225, 220), (60, 40, 26), (160, 150, 60))
    return Look(
        cloth=cloth,
        rail=rail,
        cushion_gain=float(rng.uniform(0.65, 1.15)),
        rim=rims[int(rng.integers(len(rims)))],
        floor=colour_of(rng.uniform(0, 180), rng.uniform(0, 120), rng.uniform(10, 150)),
        pocket_m=float(rng.uniform(0.052, 0.075)),
        rail_m=float(rng.uniform(0.09, 0.18)),
        sights=gain((232, 228, 215), float(rng.uniform(0.5, 1.08))),
    )


def random_floor(rng: np.random.Generator, look: Look, width: int, height: int) -> Image:
    """Return what lies behind the table."""
    coarse = rng.normal(1, rng.uniform(0.05, 0.5), (5, 5, 1)).astype(np.float32)
    light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    image = np.clip(np.array(look.floor, np.float32) * light, 0, 255).astype(np.uint8)
    clutter(image, rng, int(rng.integers(2, 12)))
    return image


def clutter(image: Image, rng: np.random.Generator, count: int) -> None:
    """Draw shapes that are no balls: stripes, letters, rings, boxes."""
    height, width = image.shape[:2]
    for _ in range(count):
        colour = colour_of(rng.uniform(0, 180), rng.uniform(0, 220), rng.uniform(20, 255))
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        kind = int(rng.integers(5))
        if kind == 0:
            end = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
            cv2.line(image, (x, y), end, colour, int(rng.integers(1, 9)), cv2.LINE_AA)
        elif kind == 1:
            text = "".join(rng.choice(list("ABCEHKLNPRST0123456789"), int(rng.integers(1, 8))))
            cv2.putText(
                image, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, rng.uniform(0.4, 1.6), colour, 2, cv2.LINE_AA
            )
        elif kind == 2:
            cv2.circle(image, (x, y), int(rng.uniform(4, 24)), colour, int(rng.integers(1, 3)), cv2.LINE_AA)
        elif kind == 3:
            corner = (x + int(rng.uniform(5, 120)), y + int(rng.uniform(5, 90)))
            cv2.rectangle(image, (x, y), corner, colour, -1)
        else:
            points = np.array([[x, y]]) + rng.normal(0, 40, (4, 2))
            fill(image, points.astype(np.float32), colour)


def paint_marks(image: Image, view: View, look: Look, rng: np.random.Generator) -> None:
    """Draw what is printed or lies on a table: spots, lines, chalk."""
    if rng.random() < 0.6:
        for x in (-LENGTH_M / 4, LENGTH_M / 4):
            dark = gain(look.cloth, 0.2) if rng.random() < 0.7 else (225, 225, 220)
            fill(image, disc(view, np.array([x, 0, 0], np.float32), rng.uniform(0.004, 0.012)), dark)
    if rng.random() < 0.35:
        x = -LENGTH_M / 4
        ends = view.project(np.array([[x, -WIDTH_M / 2, 0], [x, WIDTH_M / 2, 0]]))
        tone = gain(look.cloth, float(rng.choice([0.4, 1.7])))
        cv2.line(image, *(tuple(int(v) for v in end) for end in ends), tone, 1, cv2.LINE_AA)
    if rng.random() < 0.5:
        side = rng.choice([-1, 1])
        place = [rng.uniform(-0.5, 0.5) * LENGTH_M, side * (WIDTH_M / 2 + 0.1), 0.05]
        x, y = view.project(np.array([place]))[0]
        half = view.scale(np.array(place)) * 0.011
        square = np.array([[-half, -half], [half, -half], [half, half], [-half, half]]) + [x, y]
        fill(image, square.astype(np.float32), colour_of(rng.uniform(90, 115), 150, 190))


def paint_facings(image: Image, view: View, rng: np.random.Generator) -> None:
    """Draw the pale leather or plastic that some tables show inside their pockets."""
    pale = gain((228, 226, 220), float(rng.uniform(0.6, 1.1)))
    for place in pocket_places(0.02):
        towards = place[:2] * rng.uniform(0.985, 1.03)
        spot = np.array(
            [towards[0] + rng.normal(0, 0.012), towards[1] + rng.normal(0, 0.012), 0.02], np.float32
        )
        outline = disc(view, spot, float(rng.uniform(0.02, 0.045)))
        fill(image, outline[: int(rng.integers(9, 24))], pale)


def light_cloth(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` under uneven lamps, with the cloth's grain."""
    height, width = image.shape[:2]
    coarse = rng.normal(1, rng.uniform(0.02, 0.16), (4, 4)).astype(np.float32)
    light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    light *= 1 + rng.normal(0, rng.uniform(0.002, 0.018), (height, width)).astype(np.float32)
    return np.clip(image * light[..., None], 0, 255).astype(np.uint8)


def random_places(rng: np.random.Generator) -> Floats:
    """Return middles (n, 3) of 1 to 16 balls that do not overlap; some touch, some are at rails or jaws."""
    count = int(rng.integers(5, 17))
    places: list[tuple[float, float]] = []
    mouths = pocket_places(0.0)
    reach = (LENGTH_M / 2 - BALL_M, WIDTH_M / 2 - BALL_M)
    for _ in range(count * 12):
        if len(places) == count:
            break
        way = rng.random()
        if places and way < 0.3:
            x, y = places[int(rng.integers(len(places)))]
            angle, gap = rng.uniform(0, 2 * np.pi), BALL_M * rng.uniform(2.0, 2.6)
            x, y = x + np.cos(angle) * gap, y + np.sin(angle) * gap
        elif way < 0.4:
            x, y = mouths[int(rng.integers(6)), :2] * rng.uniform(0.93, 0.985)
        else:
            x, y = rng.uniform(-reach[0], reach[0]), rng.uniform(-reach[1], reach[1])
            if way > 0.9:
                y = float(np.sign(y)) * reach[1]
        free = all(np.hypot(x - px, y - py) > 1.99 * BALL_M for px, py in places)
        if free and abs(x) <= reach[0] + 0.01 and abs(y) <= reach[1] + 0.01:
            places.append((float(x), float(y)))
    return np.array([[x, y, BALL_M] for x, y in places], np.float32)


def occlude(image: Image, cover: Image, rng: np.random.Generator) -> None:
    """Draw a cue or a hand with its arm over the scene, and mark what it hides in `cover`."""
    height, width = image.shape[:2]
    start = rng.uniform(0, 1, 2) * [width, height]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    end = start + along * 500
    thin, thick = rng.uniform(0.8, 2.2), rng.uniform(2.5, 5.0)
    stick = np.array(
        [start - across * thin, start + across * thin, end + across * thick, end - across * thick]
    )
    wood = gain(
        ((214, 178, 122), (235, 220, 190), (120, 78, 40), (40, 30, 28))[int(rng.integers(4))],
        rng.uniform(0.6, 1.1),
    )
    shapes = [(stick, wood)]
    if rng.random() < 0.55:
        skin = gain(
            ((225, 175, 145), (190, 135, 105), (120, 80, 60))[int(rng.integers(3))],
            float(rng.uniform(0.6, 1.15)),
        )
        hand = start + along * rng.uniform(10, 70)
        shapes += [(blob(rng, hand, rng.uniform(9, 24)), skin) for _ in range(3)]
        sleeve = colour_of(rng.uniform(0, 180), rng.uniform(0, 200), rng.uniform(15, 230))
        turn = angle + rng.normal(0, 0.5)
        way = np.array([np.cos(turn), np.sin(turn)])
        side = np.array([-way[1], way[0]]) * rng.uniform(10, 30)
        far = hand + way * 300
        arm = np.array([hand - side * 0.6, hand + side * 0.6, far + side * 1.6, far - side * 1.6])
        shapes.append((arm, skin if rng.random() < 0.4 else sleeve))
    for outline, colour in shapes:
        fill(image, outline.astype(np.float32), colour)
        shape = np.zeros_like(cover)
        cv2.fillPoly(shape, [np.round(outline).astype(np.int32)], 255)
        cv2.bitwise_or(cover, shape, cover)
        fold(image, shape, rng)


def fold(image: Image, shape: Image, rng: np.random.Generator) -> None:
    """Give what `shape` covers the lights and shades of cloth and skin."""
    height, width = shape.shape
    coarse = rng.normal(1, rng.uniform(0.05, 0.4), (int(rng.integers(4, 30)), int(rng.integers(4, 30))))
    light = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    inside = shape > 0
    image[inside] = np.clip(image[inside] * light[inside][:, None], 0, 255).astype(np.uint8)


def blob(rng: np.random.Generator, middle: Floats, radius: float) -> Floats:
    """Return an uneven round outline (14, 2)."""
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    reach = radius * rng.uniform(0.6, 1.25, 14)
    return (middle + np.stack([np.cos(angle), np.sin(angle)], -1) * reach[:, None]).astype(np.float32)


def is_visible(ball: Ball, cover: Image) -> bool:
    """Return whether the ball is in the picture and not mostly hidden."""
    height, width = cover.shape
    if not (0 <= ball.x < width and 0 <= ball.y < height):
        return False
    mask = np.zeros_like(cover)
    cv2.circle(mask, (round(ball.x), round(ball.y)), max(1, round(ball.radius)), 255, -1)
    area = np.count_nonzero(mask)
    return area > 0 and np.count_nonzero(cover[mask > 0]) < 0.55 * area


def spoil(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` as a cheap camera and a video codec leave it."""
    height, width = image.shape[:2]
    if rng.random() < 0.3:
        part = rng.uniform(0.5, 0.9)
        small = cv2.resize(image, (int(width * part), int(height * part)), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.1))
    elif rng.random() < 0.4:
        image = cv2.addWeighted(image, 1.7, cv2.GaussianBlur(image, (0, 0), 1.2), -0.7, 0)
    tone = rng.uniform(0.75, 1.2) * rng.normal(1, 0.06, 3)
    noise = rng.normal(0, rng.uniform(0, 7), (height, width, 1)).astype(np.float32)
    image = np.clip(255 * (image / 255.0) ** rng.uniform(0.8, 1.25) * tone + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return image
