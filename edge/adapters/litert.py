"""TFLite models through LiteRT, or `tflite_runtime` where LiteRT has no wheel; the billiards detector.

`tflite_runtime` was built for numpy 1: with numpy 2 it fails when a model is opened, so it is refused
before that with what to do.
"""

import importlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from edge.core.detection import Detection
from edge.core.errors import Refused
from edge.core.geometry import BboxTuple, centre, clip_bbox
from edge.core.heatmaps import decode
from edge.core.picture import Pixels
from edge.core.tables import Table, TableKeeper, find_table
from edge.ports import Detector
from edge.wire.elements import Scene

log = logging.getLogger(__name__)

MODELS = Path(__file__).resolve().parent.parent / "models"

RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""Looked for in this order."""

SCENES = ("billiards",)
"""Scenes that have a model."""

LABELS = ("cue", *(str(number) for number in range(1, 16)))
"""Classes of the ball reader; one more class is no ball."""

Tensor = NDArray[np.float32]


class Model:
    """One TFLite model: floats in, floats out, whatever the model computes with."""

    def __init__(self, path: Path, num_threads: int = 2, runtime: str | None = None) -> None:
        """Open a model.

        Args:
            path: the `.tflite` file.
            num_threads: threads of the interpreter; 2 on a Raspberry Pi.
            runtime: module of the interpreter; the first of `RUNTIMES` that is installed when None.

        Raises:
            Refused: no runtime, no such file, or no model in it.
        """
        if not path.is_file():
            raise Refused(
                f"model {path} is not there: install the box again, or train it with scripts/train-detector"
            )
        interpreter = _interpreter(runtime)
        try:
            self._interpreter = interpreter(model_path=str(path), num_threads=num_threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, SystemError) as error:
            raise Refused(f"model {path} cannot be opened: {error}: replace the file") from error
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = sorted(self._interpreter.get_output_details(), key=lambda each: str(each["name"]))
        self.shape: tuple[int, ...] = tuple(int(n) for n in self._input["shape"])
        """Shape of the input, (1, height, width, 3)."""

    def float_tensors(self) -> int:
        """Return how many of the model's tensors are floats; none in one that was quantised throughout."""
        details = self._interpreter.get_tensor_details()
        return sum(np.issubdtype(detail["dtype"], np.floating) for detail in details)

    def run(self, values: NDArray[Any]) -> list[Tensor]:
        """Return the outputs, ordered by name, for an input of `shape`, 0 to 255."""
        self._interpreter.set_tensor(self._input["index"], _quantised(values, self._input))
        self._interpreter.invoke()
        return [_plain(self._interpreter.get_tensor(out["index"]), out) for out in self._outputs]


def _interpreter(runtime: str | None) -> Any:
    missing = []
    for name in (runtime,) if runtime else RUNTIMES:
        if name.startswith("tflite_runtime") and int(np.__version__.split(".")[0]) >= 2:
            missing.append(f"{name} (needs numpy<2, numpy {np.__version__} is here)")
            continue
        try:
            return importlib.import_module(name).Interpreter
        except ImportError as error:
            missing.append(f"{name} ({error})")
    raise Refused(
        f"no TFLite runtime: tried {', '.join(missing)}; "
        "install ai-edge-litert, or tflite-runtime together with numpy<2"
    )


def _quantised(values: NDArray[Any], detail: dict[str, Any]) -> NDArray[Any]:
    kind = detail["dtype"]
    if kind == np.float32:
        return values.astype(np.float32)
    scale, zero = detail["quantization"]
    limits = np.iinfo(kind)
    steps = np.round(values.astype(np.float32) / scale + zero)
    return np.asarray(np.clip(steps, limits.min, limits.max), kind)


def _plain(values: NDArray[Any], detail: dict[str, Any]) -> Tensor:
    if detail["dtype"] == np.float32:
        return np.asarray(values, np.float32)
    scale, zero = detail["quantization"]
    return np.asarray((values.astype(np.float32) - zero) * scale, np.float32)


class Resizer:
    """Scales pictures with libswscale; keeps its tables between pictures of one size."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def resize(self, pixels: Pixels, width: int, height: int) -> Pixels:
        """Return `pixels` in another size: the area's mean where it gets smaller, else bilinear."""
        if pixels.shape[:2] == (height, width):
            return pixels
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        how = Interpolation.AREA if width < pixels.shape[1] else Interpolation.BILINEAR
        scaled = self._reformatter.reformat(frame, width, height, "rgb24", interpolation=how)
        return np.asarray(scaled.to_ndarray(format="rgb24"), np.uint8)


def sample(pixels: Pixels, x: float, y: float, side: float, size: int) -> Pixels:
    """Return the square of `side` pixels around pixel x, y as `size` by `size`; edges are drawn out."""
    height, width = pixels.shape[:2]
    steps = (np.arange(size) - size / 2) * (side / size)
    u, v = np.clip(x + steps, 0, width - 1.001), np.clip(y + steps, 0, height - 1.001)
    left, top = u.astype(int), v.astype(int)
    du, dv = (u - left)[None, :, None], (v - top)[:, None, None]
    first, last = left[0], left[-1] + 2
    strip = pixels[top[0] : top[-1] + 2, first:last].astype(np.float32)
    left, top = left - first, top - top[0]
    rows = strip[top] * (1 - dv) + strip[top + 1] * dv
    mixed = rows[:, left] * (1 - du) + rows[:, left + 1] * du
    return np.asarray(mixed, np.uint8)


def cut(pixels: Pixels, bbox: BboxTuple) -> tuple[Pixels, BboxTuple]:
    """Return the whole pixels of `bbox`, and the box they really are."""
    height, width = pixels.shape[:2]
    x, y, wide, high = clip_bbox(bbox)
    left, top = min(int(x * width), width - 2), min(int(y * height), height - 2)
    right, bottom = max(left + 2, round((x + wide) * width)), max(top + 2, round((y + high) * height))
    right, bottom = min(right, width), min(bottom, height)
    taken = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    return pixels[top:bottom, left:right], taken


class BilliardsDetector:
    """Sees the balls on a billiard table: finds the table, the balls on it, and what each ball is."""

    FIND_TABLE_EVERY = 15
    """Pictures between two looks for the table."""

    def __init__(self, models: Path = MODELS, num_threads: int = 2, threshold: float = 0.4) -> None:
        """Open the two models in folder `models`; `threshold` is the least confidence of a ball."""
        self._balls = Model(models / "billiards-balls.tflite", num_threads)
        self._labels = Model(models / "billiards-labels.tflite", 1)
        self._threshold = threshold
        self._keeper = TableKeeper()
        self._resizer = Resizer()
        self._count = 0

    @property
    def table(self) -> Table | None:
        """The table as it was last seen."""
        return self._keeper.table

    def detect(self, pixels: Pixels) -> list[Detection]:
        """Return the balls in a picture, best first."""
        height, width = pixels.shape[:2]
        if self._count % self.FIND_TABLE_EVERY == 0 or self.table is None:
            self._keeper.see(find_table(pixels), width / height)
        self._count += 1
        table = self.table
        _, rows, columns, _ = self._balls.shape
        region = table.region(columns / rows, width / height) if table else (0.0, 0.0, 1.0, 1.0)
        part, (left, top, wide, high) = cut(pixels, region)
        boxes, heat = _by_depth(self._balls.run(self._resizer.resize(part, columns, rows)[None]))
        found = []
        for x, y, w, h, confidence in decode(heat[0, :, :, 0], boxes[0], self._threshold):
            bbox = clip_bbox((left + x * wide, top + y * high, w * wide, h * high))
            if table is None or table.may_hold_ball(bbox):
                detection = self._read(pixels, bbox, confidence)
                found += [detection] if detection else []
        return found

    def _read(self, pixels: Pixels, bbox: BboxTuple, confidence: float) -> Detection | None:
        """Return the ball in `bbox` with its labels, or None where the reader sees no ball."""
        height, width = pixels.shape[:2]
        side = max(bbox[2] * width, bbox[3] * height) * 1.5
        x, y = centre(bbox)
        crop = sample(pixels, x * width, y * height, side, self._labels.shape[1])
        shares = self._labels.run(crop[None])[0].reshape(-1)
        if shares[len(LABELS)] > 0.6:
            return None
        best = np.argsort(-shares[: len(LABELS)])[:4]
        labels = tuple((LABELS[i], round(float(shares[i]), 4)) for i in best)
        label = labels[0][0] if labels[0][1] >= 0.4 else None
        return Detection("ball", label, bbox, round(confidence, 4), labels)


class BlindDetector:
    """Sees nothing: for scenes that have no model."""

    def detect(self, pixels: Pixels) -> list[Detection]:
        """Return nothing."""
        return []


def load_detector(scene: Scene, *, threads: int = 2) -> Detector:
    """Return the detector of `scene`; one that sees nothing where there is no model for it.

    Raises:
        Refused: a model or the TFLite runtime is missing.
    """
    if scene == "billiards":
        return BilliardsDetector(num_threads=threads)
    log.info("no model for scene %s: nothing is detected", scene)
    return BlindDetector()


def _by_depth(outputs: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return boxes (4 deep) and heat (1 deep), in whatever order a converter put them."""
    one, other = outputs
    return (one, other) if one.shape[-1] == 4 else (other, one)
