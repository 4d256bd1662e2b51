"""A film of one billiard shot with its truth: rendered, so that it may be shipped and shown."""

import json
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from edge.core.geometry import distance_to_segment
from scripts.training.balls import Floats, Image, draw_ball, random_rotation, turn_about
from scripts.training.shots import Points, Shot, aim
from scripts.training.tables import (
    LENGTH_M,
    WIDTH_M,
    Look,
    View,
    disc,
    fill,
    fit,
    look_at,
    paint_shadows,
    paint_table,
    place_ball,
    pocket_places,
)

FPS = 15
LENGTH_S = 10.0
STRIKE_S = 2.4
FINE = 2
"""Drawn this many times larger than it is shown."""

ELEVATION = 1.02
"""The camera's height over the table, in rad."""

RADIUS_M, MOUTH_M = 0.0365, 0.082
"""Balls and pockets of a bar table (seven feet), on a table drawn nine feet long."""

LABELS = ("cue", "8", "1", "3", "5", "10", "12", "14")
"""The balls of the film."""

POCKET_NAMES = ("top-left", "top-middle", "top-right", "bottom-left", "bottom-middle", "bottom-right")

LAMP = np.array([-0.25, -0.72, 0.65], np.float32) / np.float32(np.linalg.norm([-0.25, -0.72, 0.65]))


@dataclass(frozen=True)
class Plan:
    """One shot: where the balls lie and how the cue ball is struck."""

    places: Points
    direction: Points
    speed: float


def find_plan(seed: int, *, is_potting: bool) -> Plan:
    """Return a shot that pots ball 8, and nothing else, between 4.4 and 5.6 s, or one that pots nothing."""
    rng = np.random.default_rng(seed)
    pocket = pocket_places(0.0)[2, :2].astype(np.float64)
    for _ in range(4000):
        plan = _random_plan(rng, pocket, is_potting=is_potting)
        if plan is not None and _is_good(plan, is_potting=is_potting):
            return plan
    raise RuntimeError("no shot found: try another seed")


def _random_plan(rng: np.random.Generator, pocket: Points, *, is_potting: bool) -> Plan | None:
    half = np.array([LENGTH_M / 2 - 0.12, WIDTH_M / 2 - 0.12])
    places = rng.uniform(-half, half, (len(LABELS), 2))
    places[0] = [rng.uniform(-0.9, -0.3), rng.uniform(-0.4, 0.1)]
    places[1] = [rng.uniform(0.1, 0.7), rng.uniform(-0.15, 0.3)]
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.eye(len(LABELS))
    if gaps.min() < 4.5 * RADIUS_M:
        return None
    mark = pocket if is_potting else pocket + [0.0, -0.3]
    direction = aim(places[0], places[1], mark, RADIUS_M)
    ways = ((places[0], places[1]), (places[1], mark))
    for i in range(2, len(places)):
        if any(distance_to_segment(places[i], *way) < 2.2 * RADIUS_M for way in ways):
            return None
    return Plan(places, direction, float(rng.uniform(1.1, 2.6)))


def _is_good(plan: Plan, *, is_potting: bool) -> bool:
    shot = Shot(plan.places.copy(), RADIUS_M, MOUTH_M)
    shot.speeds[0] = plan.direction * plan.speed
    before = shot.places.copy()
    allowed = {1} if is_potting else set()
    for _ in range(round((LENGTH_S - STRIKE_S - 1.0) * 10)):
        shot.advance(0.1)
        if not set(shot.fallen) <= allowed or (is_potting and shot.t > 3.1 and not shot.fallen):
            return False
    stirred = int(np.count_nonzero(np.linalg.norm(shot.places - before, axis=1) > 0.15))
    if float(np.abs(shot.speeds).max()) > 1e-6 or stirred < 3:
        return False
    return not is_potting or (set(shot.fallen) == {1} and shot.fallen[1][0] > 1.9 and shot.fallen[1][1] == 2)


class Film:
    """Draws the frames of a plan."""

    def __init__(self, plan: Plan, width: int = 640, height: int = 360) -> None:
        self.plan = plan
        self.size = (width, height)
        view = look_at(0.0, ELEVATION, 4.6)
        self.view = fit(view, width * FINE, height * FINE, 0.86, (0.0, -0.1))
        self.rng = np.random.default_rng(7)
        self.turns = [self._readable() for _ in LABELS]
        self.table = self._table()

    def _readable(self) -> Floats:
        """Return an attitude in which a ball shows its stripe and, at one side, its number."""
        while True:
            turn = random_rotation(self.rng)
            if abs(turn[2, 2]) < 0.35 and 0.6 < abs(turn[2, 0]) < 0.95:
                return turn

    def _table(self) -> Image:
        look = Look(cloth=(22, 118, 176), rail=(74, 46, 30), pocket_m=MOUTH_M * 0.95, rim=(150, 146, 138))
        width, height = self.view.size
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        image = np.zeros((height, width, 3), np.uint8)
        planks = 26 + 10 * ((x // 88 + y // 300) % 2) + 6 * np.sin(y / 9 + x / 70)
        image[:] = np.clip(planks[..., None] * np.array([1.25, 1.0, 0.85]), 0, 255)
        paint_table(image, self.view, look)
        self._baulk(image)
        light = 0.6 + 0.6 * np.exp(-(((x / width - 0.5) / 0.42) ** 2) - ((y / height - 0.46) / 0.44) ** 2)
        grain = 1 + self.rng.normal(0, 0.012, (height, width)).astype(np.float32)
        return np.clip(image * (light * grain)[..., None], 0, 255).astype(np.uint8)

    def _baulk(self, image: Image) -> None:
        line = np.array([[-LENGTH_M / 4, -WIDTH_M / 2, 0], [-LENGTH_M / 4, WIDTH_M / 2, 0]])
        ends = [tuple(int(v) for v in end) for end in self.view.project(line)]
        cv2.line(image, ends[0], ends[1], (52, 142, 196), 2, cv2.LINE_AA)
        for x in (-LENGTH_M / 4, LENGTH_M / 4):
            fill(image, disc(self.view, np.array([x, 0, 0], np.float32), 0.008), (12, 40, 60))

    def frames(self) -> tuple[list[Image], dict[str, object]]:
        """Return every frame (RGB) and the truth."""
        shot = Shot(self.plan.places.copy(), RADIUS_M, MOUTH_M)
        pictures = []
        for index in range(round(LENGTH_S * FPS)):
            t = index / FPS
            if t >= STRIKE_S and shot.t == 0:
                shot.speeds[0] = self.plan.direction * self.plan.speed
            if t >= STRIKE_S:
                self._roll(shot)
            pictures.append(self._draw(shot, t))
        events = [
            {
                "t": round(STRIKE_S + fell_s, 2),
                "element": f"ball:{LABELS[ball]}",
                "target": "pocketed",
                "where": POCKET_NAMES[pocket],
            }
            for ball, (fell_s, pocket) in shot.fallen.items()
        ]
        return pictures, {"events": events, "elements": self._elements()}

    def _roll(self, shot: Shot) -> None:
        for _ in range(4):
            before = shot.places.copy()
            shot.advance(1 / FPS / 4)
            for i, step in enumerate(shot.places - before):
                way = float(np.linalg.norm(step))
                if way > 1e-7:
                    right, up = step / way
                    # Right, down, towards the viewer: a left-handed frame, so angles change their sign.
                    axis = np.array([-up, -right * np.sin(ELEVATION), -right * np.cos(ELEVATION)])
                    axis /= np.linalg.norm(axis)
                    turn = turn_about(axis.astype(np.float32), -way / RADIUS_M)
                    self.turns[i] = turn @ self.turns[i]

    def _draw(self, shot: Shot, t: float) -> Image:
        image = self.table.copy()
        standing = [i for i in range(len(LABELS)) if i not in shot.fallen]
        places = np.column_stack([shot.places, np.full(len(LABELS), RADIUS_M)]).astype(np.float32)
        lean = np.array([0.008, -0.014], np.float32)
        paint_shadows(image, self.view, places[standing], 0.5, lean, RADIUS_M)
        self._falling(image, shot, t)
        for i in sorted(standing, key=lambda i: -shot.places[i, 1]):
            self._ball(image, i, places[i], 1.0)
        self._cue(image, t)
        small = cv2.resize(image, self.size, interpolation=cv2.INTER_AREA)
        noise = self.rng.normal(0, 1.2, small.shape[:2])[..., None]
        return np.clip(small + noise, 0, 255).astype(np.uint8)

    def _ball(self, image: Image, i: int, place: Floats, bright: float) -> None:
        x, y = self.view.project(place[None])[0]
        radius = self.view.scale(place) * RADIUS_M
        picture = draw_ball(LABELS[i], 96, self.turns[i], LAMP, ambient=0.6, bounce=(20, 110, 160))
        picture[..., :3] = (picture[..., :3] * bright).astype(np.uint8)
        place_ball(image, picture, float(x), float(y), radius)

    def _falling(self, image: Image, shot: Shot, t: float) -> None:
        """Draw balls on their way down, behind the pocket's edge."""
        for i, (fell_s, pocket) in shot.fallen.items():
            part = (t - STRIKE_S - fell_s) / 0.22
            if not 0 <= part < 1:
                continue
            hole = pocket_places(0.03)[pocket]
            place = np.array([*shot.places[i], RADIUS_M], np.float32) * (1 - part) + hole * part
            place[2] = RADIUS_M * (1 - 2.6 * part)
            self._ball(image, i, place, 1 - 0.75 * part)

    def _cue(self, image: Image, t: float) -> None:
        """Draw the cue: two strokes to aim, the strike, and away."""
        if t < 1.7:
            gap = 0.10 + 0.05 * np.cos(t * 2 * np.pi / 1.1)
        elif t < STRIKE_S:
            gap = 0.06 + 0.18 * np.sin((t - 1.7) / (STRIKE_S - 1.7) * np.pi / 1.15) ** 2
        else:
            gap = 0.0 - 0.06 * min(1, (t - STRIKE_S) / 0.12) + max(0.0, t - STRIKE_S - 0.35) * 1.6
        if t > STRIKE_S + 1.6:
            return
        way = self.plan.direction
        start = self.plan.places[0] - way * (RADIUS_M + max(gap, -0.05) if t < STRIKE_S else RADIUS_M + gap)
        tip = np.array([*start, RADIUS_M + 0.004])
        butt = tip - np.array([*(way * 1.45), -0.16])
        self._stick(image, tip * [1, 1, 0], butt * [1, 1, 0], [(0.0, 1.0, (12, 50, 74))], 0.8)
        parts = [(0.0, 0.012, (60, 90, 150)), (0.012, 0.03, (236, 232, 220)), (0.03, 0.62, (214, 176, 118))]
        parts += [(0.62, 0.64, (225, 220, 205)), (0.64, 1.0, (70, 34, 22))]
        self._stick(image, tip, butt, parts, 1.0)

    def _stick(
        self,
        image: Image,
        tip: Points,
        butt: Points,
        parts: list[tuple[float, float, tuple[int, int, int]]],
        wide: float,
    ) -> None:
        ends = self.view.project(np.stack([tip, butt]))
        along = ends[1] - ends[0]
        across = np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
        scale = self.view.scale(tip)
        for begin, end, colour in parts:
            near, far = ends[0] + along * begin, ends[0] + along * end
            thin, thick = ((0.008 + 0.010 * part) * scale * wide for part in (begin, end))
            quad = np.stack(
                [near - across * thin, near + across * thin, far + across * thick, far - across * thick]
            )
            fill(image, quad, colour)

    def _elements(self) -> list[dict[str, object]]:
        """Return the balls as the first frame shows them."""
        rows = []
        for label, (x, y) in zip(LABELS, self.plan.places, strict=True):
            place = np.array([x, y, RADIUS_M], np.float32)
            (u, v), radius = self.view.project(place[None])[0], self.view.scale(place) * RADIUS_M
            width, height = self.view.size
            bbox = [(u - radius) / width, (v - radius) / height, 2 * radius / width, 2 * radius / height]
            rows.append(
                {
                    "id": f"ball:{label}",
                    "kind": "ball",
                    "label": label,
                    "bbox": [round(float(b), 4) for b in bbox],
                }
            )
        return rows


def write_film(path: Path, frames: list[Image], truth: dict[str, object]) -> None:
    """Write the film (H.264) and, beside it, `NAME.truth.json`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        codec = "libx264" if "libx264" in av.codecs_available else "libopenh264"
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "20", "preset": "slow"} if codec == "libx264" else {"b": "900k"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    path.with_suffix(".truth.json").write_text(json.dumps(truth, indent=1) + "\n")


__all__ = ["FPS", "Film", "Plan", "View", "find_plan", "write_film"]
