"""Billiard balls that roll, collide and fall: enough physics for a film."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scripts.training.tables import LENGTH_M, WIDTH_M, pocket_places

STEP_S = 1 / 240
ROLLING = 0.3
"""How much a rolling ball slows down, in m/s per s (the slow cloth of a bar)."""

BOUNCE, CUSHION = 0.94, 0.72
"""Speed kept along the line of a collision with a ball, and with a cushion."""

Points = NDArray[np.float64]


@dataclass
class Shot:
    """Balls on a table and what becomes of them."""

    places: Points
    """Middles (n, 2) in metres."""
    radius: float
    mouth: float
    """Radius in m within which a ball falls."""
    speeds: Points = field(init=False)
    t: float = 0.0
    fallen: dict[int, tuple[float, int]] = field(default_factory=dict)
    """Ball → time in s and pocket."""
    first_hit_s: float | None = None

    def __post_init__(self) -> None:
        self.speeds = np.zeros_like(self.places)

    @property
    def on_table(self) -> NDArray[np.bool_]:
        """Which balls have not fallen."""
        return np.array([i not in self.fallen for i in range(len(self.places))])

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP_S)):
            self._step()

    def _step(self) -> None:
        self.t += STEP_S
        self.places += self.speeds * STEP_S
        pace = np.linalg.norm(self.speeds, axis=1, keepdims=True)
        self.speeds *= np.maximum(0, pace - ROLLING * STEP_S) / np.maximum(pace, 1e-9)
        self._fall()
        self._collide()
        self._bounce()

    def _fall(self) -> None:
        pockets = pocket_places(0.02)[:, :2]
        for i in np.nonzero(self.on_table)[0]:
            gaps = np.linalg.norm(pockets - self.places[i], axis=1)
            if gaps.min() < self.mouth:
                self.fallen[int(i)] = (self.t, int(np.argmin(gaps)))
                self.speeds[i] = 0

    def _collide(self) -> None:
        gaps = self.places[:, None] - self.places[None]
        distance = np.linalg.norm(gaps, axis=-1)
        on = self.on_table
        close = np.argwhere(np.triu(distance < 2 * self.radius, 1) & on[:, None] & on[None])
        for i, j in close:
            normal = gaps[i, j] / max(distance[i, j], 1e-9)
            approach = float((self.speeds[i] - self.speeds[j]) @ normal)
            overlap = 2 * self.radius - distance[i, j]
            self.places[i] += normal * overlap / 2
            self.places[j] -= normal * overlap / 2
            if approach < 0:
                push = normal * approach * (1 + BOUNCE) / 2
                self.speeds[i] -= push
                self.speeds[j] += push
                self.first_hit_s = self.first_hit_s or self.t

    def _bounce(self) -> None:
        pockets = pocket_places(0.02)[:, :2]
        for axis, limit in ((0, LENGTH_M / 2 - self.radius), (1, WIDTH_M / 2 - self.radius)):
            for i in np.nonzero((np.abs(self.places[:, axis]) > limit) & self.on_table)[0]:
                if np.linalg.norm(pockets - self.places[i], axis=1).min() < 1.7 * self.mouth:
                    continue
                side = np.sign(self.places[i, axis])
                self.places[i, axis] = side * limit
                if self.speeds[i, axis] * side > 0:
                    self.speeds[i, axis] *= -CUSHION
                    self.speeds[i, 1 - axis] *= 0.94


def aim(cue: Points, ball: Points, pocket: Points, radius: float) -> Points:
    """Return the direction (unit vector) in which the cue ball must roll to send `ball` to `pocket`."""
    way = (pocket - ball) / np.linalg.norm(pocket - ball)
    towards = ball - way * 2 * radius - cue
    direction: Points = towards / np.linalg.norm(towards)
    return direction
