"""Batches rendered in a second process, so that the training never waits for pictures."""

import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.queues import Queue
from queue import Full

import cv2
import numpy as np

from scripts.training.balls import LABELS, Floats, Image
from scripts.training.nets import STRIDE
from scripts.training.scenes import Ball, Painter, Scene

SIDE = 320
CROP = 32
CROP_SPAN = 1.5
"""A reader's crop is this many times as wide as the ball."""

Batch = tuple[np.ndarray, ...]


def heat_target(balls: tuple[Ball, ...], width: int, height: int) -> tuple[Floats, Floats, Floats]:
    """Return heat (1, h, w), boxes (4, h, w) and where boxes count (1, h, w), at a quarter of the size."""
    columns, rows = width // STRIDE, height // STRIDE
    heat = np.zeros((1, rows, columns), np.float32)
    boxes = np.zeros((4, rows, columns), np.float32)
    counts = np.zeros((1, rows, columns), np.float32)
    y, x = np.mgrid[0:rows, 0:columns]
    for ball in balls:
        cx, cy, radius = ball.x / STRIDE, ball.y / STRIDE, ball.radius / STRIDE
        column, row = min(int(cx), columns - 1), min(int(cy), rows - 1)
        sigma = max(0.55, radius / 3)
        spot = np.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * sigma**2))
        heat[0] = np.maximum(heat[0], spot)
        size = np.log(2 * radius)
        boxes[:, row, column] = (cx - column, cy - row, size, size)
        counts[0, row, column] = 1
    return heat, boxes, counts


def detector_batch(painter: Painter, count: int) -> Batch:
    """Return pictures (n, h, w, 3) uint8 and their targets."""
    images, heats, boxes, counts = [], [], [], []
    for _ in range(count):
        scene = painter.scene(SIDE, SIDE)
        heat, box, where = heat_target(scene.balls, SIDE, SIDE)
        images.append(scene.image)
        heats.append(heat)
        boxes.append(box)
        counts.append(where)
    return np.stack(images), np.stack(heats), np.stack(boxes), np.stack(counts)


def crop_at(image: Image, x: float, y: float, side: float) -> Image:
    """Return a square of `image` around pixel x, y, as `CROP` by `CROP` pixels."""
    zoom = CROP / side
    move = np.array([[zoom, 0, CROP / 2 - x * zoom], [0, zoom, CROP / 2 - y * zoom]], np.float32)
    return cv2.warpAffine(image, move, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def scene_crops(scene: Scene, rng: np.random.Generator) -> list[tuple[Image, int]]:
    """Return a crop and class for each ball, and for some places without one."""
    crops = []
    for ball in scene.balls:
        shake = rng.normal(0, 0.08 * ball.radius, 2)
        side = 2 * ball.radius * CROP_SPAN * rng.uniform(0.85, 1.18)
        crops.append(
            (crop_at(scene.image, ball.x + shake[0], ball.y + shake[1], side), LABELS.index(ball.label))
        )
    height, width = scene.image.shape[:2]
    points = [(rng.uniform(0, width), rng.uniform(0, height)), *scene.lures]
    for x, y in points[:4]:
        if all(np.hypot(x - ball.x, y - ball.y) > 1.6 * ball.radius for ball in scene.balls):
            crops.append((crop_at(scene.image, x, y, rng.uniform(14, 40)), len(LABELS)))
    return crops


def reader_batch(painter: Painter, count: int) -> Batch:
    """Return crops (n, 32, 32, 3) uint8 and classes (n,)."""
    crops: list[tuple[Image, int]] = []
    while len(crops) < count:
        crops += scene_crops(painter.scene(SIDE, SIDE), painter.rng)
    chosen = crops[:count]
    return np.stack([crop for crop, _ in chosen]), np.array([label for _, label in chosen], np.int64)


def _produce(queue: "Queue[Batch]", kind: str, count: int, seed: int) -> None:
    cv2.setNumThreads(1)
    painter = Painter(seed)
    make = detector_batch if kind == "detector" else reader_batch
    parent = os.getppid()
    while os.getppid() == parent:
        batch = make(painter, count)
        while os.getppid() == parent:
            try:
                queue.put(batch, timeout=5)
                break
            except Full:
                continue


def batches(kind: str, count: int, seed: int) -> Iterator[Batch]:
    """Yield rendered batches for ever; the process that renders ends with this one."""
    context = multiprocessing.get_context("spawn")
    queue: Queue[Batch] = context.Queue(6)
    child = context.Process(target=_produce, args=(queue, kind, count, seed), daemon=True)
    child.start()
    try:
        while True:
            yield queue.get(timeout=120)
    finally:
        child.terminate()
