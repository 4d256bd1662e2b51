"""Bench of the eyes: how fast a frame is understood, which balls are found, which pots are judged."""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import edge
from edge.adapters.litert import MODELS, Model, load_detector
from edge.adapters.replay_picture import read_pictures
from edge.bench.figures import Figure, at_least, at_most, exactly, told
from edge.core.detection import Detection
from edge.core.geometry import BboxTuple, iou
from edge.core.judging import Judgement, Target, Watched
from edge.core.picture import PictureFrame
from edge.ports import Detector
from edge.watching import Seer

Say = Callable[[str], None]

DEMO = Path(edge.__file__).resolve().parent / "data" / "demo"
NEAR = 0.3
"""Overlap from which on a shipped ball counts as found."""
WITHIN_S = 1.0
"""So near to the true moment a pot must be judged, in s."""
POOL_POTS = {"game1_clip3": 1, "game2_clip2": 1}
"""Balls potted in the real clips; none in the others."""
BALLS = range(1, 5)
"""Classes of balls in the real annotations; 5 is the table."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is in a picture and what was found there."""

    truth: Sequence[BboxTuple]
    found: Sequence[Detection]


@dataclass(frozen=True, slots=True)
class Hit:
    """A detection, and the index of the true thing that it is, if any."""

    detection: Detection
    truth: int | None


def measure(data: Path | None, say: Say) -> Sequence[dict[str, Any]]:
    """Measure everything; see `edge.bench.cli`."""
    films = sorted(film for film in DEMO.glob("*.mp4") if film.with_suffix(".truth.json").is_file())
    figures = model_figures(sorted(MODELS.glob("*.tflite")))
    say("speed")
    figures += speed_figures(list(read_pictures(films[0])), _detector())
    say("balls of the shipped film")
    figures += ball_figures(films[0], _detector())
    figures += _shipped_pots(films, say)
    if data is not None and (data / "vision" / "pool").is_dir():
        figures += _real_figures(data / "vision" / "pool", say)
    else:
        say("no folder of real recordings with vision/pool/: left out")
    return [figure.as_row() for figure in figures]


def model_figures(models: Iterable[Path]) -> list[Figure]:
    """Return the size of each model, and how many floats are left in it."""
    figures = []
    for path in models:
        figures.append(at_most(f"model-{path.stem}-size", path.stat().st_size / 1024, "KiB", 2048))
        floats = Model(path).float_tensors()
        figures.append(exactly(f"model-{path.stem}-float-tensors", floats, "tensors", 0))
    return figures


def speed_figures(frames: Sequence[PictureFrame], detector: Detector) -> list[Figure]:
    """Return the time of a frame (median): detector alone, and with tracks and judgements."""
    seer = Seer(detector)
    seer.judge.watch([_any_pot()])
    alone, whole = [], []
    for frame in frames:
        began_s = time.perf_counter()
        found = seer.detect(frame)
        alone.append(time.perf_counter() - began_s)
        seer.take(frame, found)
        whole.append(time.perf_counter() - began_s)
    return [
        at_most("frame-detector", statistics.median(alone) * 1e3, "ms", 60),
        at_most("frame-whole-loop", statistics.median(whole) * 1e3, "ms", 66),
    ]


def ball_figures(film: Path, detector: Detector) -> list[Figure]:
    """Return recall and precision of the balls, and how many bear their label, in a film's first frame."""
    elements = json.loads(film.with_suffix(".truth.json").read_text(encoding="utf-8"))["elements"]
    boxes: list[BboxTuple] = [tuple(element["bbox"]) for element in elements]
    first = next(read_pictures(film))
    hits = match(Picture(boxes, detector.detect(first.pixels)), NEAR)
    right = [hit for hit in hits if hit.truth is not None]
    named = sum(hit.detection.label == elements[hit.truth]["label"] for hit in right if hit.truth is not None)
    return [
        at_least("balls-recall", len(right) / len(boxes), "share", 0.9),
        at_least("balls-precision", len(right) / len(hits) if hits else 0.0, "share", 0.9),
        told("balls-labelled-right", named / len(right) if right else 0.0, "share of those found"),
    ]


def match(picture: Picture, overlap: float) -> list[Hit]:
    """Give each detection, best first, the true thing that it overlaps most, if it is still free."""
    free = set(range(len(picture.truth)))
    hits = []
    for found in sorted(picture.found, key=lambda each: -each.confidence):
        best = max(free, key=lambda index: iou(found.bbox, picture.truth[index]), default=None)
        if best is not None and iou(found.bbox, picture.truth[best]) >= overlap:
            free.discard(best)
            hits.append(Hit(found, best))
        else:
            hits.append(Hit(found, None))
    return hits


def average_precision(pictures: Sequence[Picture], overlap: float) -> float | None:
    """Return the area under the precision of all detections, best first (101 points, as COCO's)."""
    count = sum(len(picture.truth) for picture in pictures)
    hits = sorted(
        (hit for picture in pictures for hit in match(picture, overlap)),
        key=lambda hit: -hit.detection.confidence,
    )
    if not count or not hits:
        return 0.0 if count else None
    right = np.cumsum([hit.truth is not None for hit in hits])
    precision = np.maximum.accumulate((right / np.arange(1, len(hits) + 1))[::-1])[::-1]
    places = np.searchsorted(right / count, np.linspace(0, 1, 101))
    return float(np.mean([precision[place] if place < len(precision) else 0.0 for place in places]))


def judge_pots(film: Path, detector: Detector) -> list[Judgement]:
    """Return every pot that is judged in a film."""
    seer = Seer(detector)
    seer.judge.watch([_any_pot()])
    found: list[Judgement] = []
    for frame in read_pictures(film):
        found += seer.take(frame, seer.detect(frame)).judgements
    return found + seer.finish()


def count_right(judged: Sequence[Judgement], events: Sequence[dict[str, Any]]) -> int:
    """Return how many of the true events were judged, in their second and of their ball."""
    free = list(judged)
    right = 0
    for event in events:
        label = str(event["element"]).partition(":")[2]
        near = (pot for pot in free if abs(pot.t - event["t"]) <= WITHIN_S and pot.label in (None, label))
        pot = next(near, None)
        if pot is not None:
            free.remove(pot)
            right += 1
    return right


def _shipped_pots(films: Sequence[Path], say: Say) -> list[Figure]:
    right = wanted = false = 0
    for film in films:
        say(f"pots in {film.name}")
        truth = json.loads(film.with_suffix(".truth.json").read_text(encoding="utf-8"))
        events = [event for event in truth["events"] if event["target"] == "pocketed"]
        judged = judge_pots(film, _detector())
        hits = count_right(judged, events)
        right, wanted, false = right + hits, wanted + len(events), false + len(judged) - hits
    return [
        exactly("pots-right", right, f"of {wanted}", wanted),
        exactly("pots-false", false, f"in {len(films)} films", 0),
    ]


def _real_figures(folder: Path, say: Say) -> list[Figure]:
    clips = sorted(path.parent for path in folder.glob("*/frames"))
    pictures: list[Picture] = []
    right = false = 0
    for clip in clips:
        say(f"real clip {clip.name}")
        pictures += [_annotated(clip, which) for which in ("first", "last")]
        judged = len(judge_pots(clip / f"{clip.name}.mp4", _detector()))
        potted = POOL_POTS.get(clip.name, 0)
        right, false = right + min(judged, potted), false + max(0, judged - potted)
    hits = [hit for picture in pictures for hit in match(picture, NEAR)]
    found = sum(hit.truth is not None for hit in hits)
    balls = sum(len(picture.truth) for picture in pictures)
    wanted = sum(POOL_POTS.get(clip.name, 0) for clip in clips)
    return [
        at_least("real-balls-ap50", average_precision(pictures, 0.5), "share", 0.8),
        at_least("real-balls-recall", found / balls if balls else None, "share", 0.85),
        at_least("real-balls-precision", found / len(hits) if hits else None, "share", 0.85),
        exactly("real-pots-right", right, f"of {wanted}", wanted),
        exactly("real-pots-false", false, f"in {len(clips)} clips", 0),
    ]


def _annotated(clip: Path, which: str) -> Picture:
    """Return a real frame's balls (rows of x, y, width, height in pixels and class) and what is found."""
    pixels = next(read_pictures(clip / "frames" / f"frame_{which}.png")).pixels
    height, width = pixels.shape[:2]
    lines = (clip / "bounding_boxes" / f"frame_{which}_bbox.txt").read_text(encoding="utf-8").splitlines()
    rows = [[float(word) for word in line.split()] for line in lines if len(line.split()) == 5]
    boxes = [
        (x / width, y / height, w / width, h / height) for x, y, w, h, kind in rows if int(kind) in BALLS
    ]
    return Picture(boxes, _detector().detect(pixels))


def _detector() -> Detector:
    return load_detector("billiards")


def _any_pot() -> Watched:
    return Watched("any", "ball", Target("pocketed"))
