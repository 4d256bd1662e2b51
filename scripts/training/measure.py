"""How good the models are: on rendered scenes that no training saw, and on real labelled frames."""

import time
from pathlib import Path

import cv2
import numpy as np

from edge.adapters.litert import LABELS, BilliardsDetector, Model
from edge.core.geometry import iou
from edge.core.heatmaps import decode
from scripts.training.batches import scene_crops
from scripts.training.scenes import REGION, Painter

Box = tuple[float, float, float, float]
Seen = list[tuple[Box, float]]


def average_precision(truth: list[list[Box]], seen: list[Seen], overlap: float = 0.5) -> dict[str, float]:
    """Return average precision (101 points, as COCO's), and recall and precision of what is kept."""
    hits: list[tuple[float, bool]] = []
    for boxes, found in zip(truth, seen, strict=True):
        free = set(range(len(boxes)))
        for box, confidence in sorted(found, key=lambda each: -each[1]):
            best = max(free, key=lambda i: iou(box, boxes[i]), default=None)
            is_hit = best is not None and iou(box, boxes[best]) >= overlap
            hits.append((confidence, is_hit))
            free -= {best} if is_hit else set()
    count = sum(len(boxes) for boxes in truth)
    if not hits or not count:
        return {"ap": 0.0, "recall": 0.0, "precision": 0.0, "balls": count}
    right = np.cumsum([hit for _, hit in sorted(hits, reverse=True)])
    precision = right / np.arange(1, len(right) + 1)
    recall = right / count
    best_after = np.maximum.accumulate(precision[::-1])[::-1]
    steps = [
        best_after[np.searchsorted(recall, r)] if recall[-1] >= r else 0.0 for r in np.linspace(0, 1, 101)
    ]
    kept = {"recall": round(float(recall[-1]), 3), "precision": round(float(precision[-1]), 3)}
    return {"ap": round(float(np.mean(steps)), 3), **kept, "balls": count}


def _rendered(model: Model, count: int, threshold: float = 0.35) -> dict[str, float]:
    painter = Painter(901, each=8)
    truth, seen = [], []
    width, height = REGION
    for _ in range(count):
        scene = painter.scene(width, height)
        outputs = model.run(scene.image[None])
        heat, boxes = sorted(outputs, key=lambda each: each.shape[-1])
        truth.append([(b.x - b.radius, b.y - b.radius, 2 * b.radius, 2 * b.radius) for b in scene.balls])
        found = decode(heat[0, :, :, 0], boxes[0], threshold)
        seen.append([((x * width, y * height, w * width, h * height), c) for x, y, w, h, c in found])
    return average_precision(truth, seen)


def _labels(model: Model, count: int) -> float:
    painter = Painter(902, each=8)
    right = total = 0
    while total < count:
        for crop, label in scene_crops(painter.scene(), painter.rng):
            right += int(np.argmax(model.run(crop[None])[0])) == label
            total += 1
    return round(right / total, 3)


def real_frames(folder: Path) -> list[tuple[np.ndarray, list[Box], list[int]]]:
    """Return pictures (RGB), boxes (pixels) and groups (1 cue, 2 eight, 3 solid, 4 stripe)."""
    frames = []
    for clip in sorted(each for each in folder.iterdir() if each.is_dir()):
        for which in ("first", "last"):
            image = cv2.imread(str(clip / "frames" / f"frame_{which}.png"))[..., ::-1]
            lines = (clip / "bounding_boxes" / f"frame_{which}_bbox.txt").read_text().splitlines()
            rows = [[int(float(v)) for v in line.split()] for line in lines if len(line.split()) == 5]
            frames.append(
                (np.ascontiguousarray(image), [tuple(row[:4]) for row in rows], [r[4] for r in rows])
            )
    return frames


def group_of(label: str | None) -> int:
    """Return the annotation's group of a label."""
    if label is None:
        return 0
    return 1 if label == "cue" else 2 if label == "8" else 3 if int(label) < 8 else 4


def measure_real(models: Path, folder: Path) -> dict[str, object]:
    """Return the whole detector's figures on real frames: balls, and groups of the balls found."""
    truth, seen, right, matched = [], [], 0, 0
    times = []
    for image, boxes, groups in real_frames(folder):
        height, width = image.shape[:2]
        detector = BilliardsDetector(models, num_threads=1, threshold=0.35)
        detector.detect(image)
        began = time.perf_counter()
        found = detector.detect(image)
        times.append(time.perf_counter() - began)
        scaled = [
            ((d.bbox[0] * width, d.bbox[1] * height, d.bbox[2] * width, d.bbox[3] * height), d) for d in found
        ]
        for box, group in zip(boxes, groups, strict=True):
            near = max(scaled, key=lambda each: iou(each[0], box), default=None)
            if near is not None and iou(near[0], box) >= 0.3:
                matched += 1
                right += group_of(near[1].labels[0][0]) == group
        truth.append(boxes)
        seen.append([(box, d.confidence) for box, d in scaled])
    return {
        "iou_0.5": average_precision(truth, seen),
        "iou_0.3": average_precision(truth, seen, 0.3),
        "group_right": round(right / max(1, matched), 3),
        "ms": round(float(np.median(times)) * 1e3, 1),
    }


def measure(kind: str, float_file: Path, int8_file: Path, real: Path | None) -> dict[str, object]:
    """Return every figure of a model card."""
    whole, small = Model(float_file, 1), Model(int8_file, 1)
    figures: dict[str, object] = {}
    if kind == "detector":
        figures["rendered"] = {"float": _rendered(whole, 60), "int8": _rendered(small, 60)}
        picture = np.zeros(small.shape, np.uint8)
        began = time.perf_counter()
        for _ in range(20):
            small.run(picture)
        figures["ms"] = round((time.perf_counter() - began) / 20 * 1e3, 2)
    else:
        figures["rendered"] = {
            "float": _labels(whole, 1500),
            "int8": _labels(small, 1500),
            "classes": len(LABELS) + 1,
        }
    if real is not None and len(list(int8_file.parent.glob("billiards-*.tflite"))) == 2:
        figures["real"] = measure_real(int8_file.parent, real)
    return figures
