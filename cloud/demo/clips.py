"""The clip that the demo's camera sees: its length, what is known to happen in it, its pictures."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np


@dataclass(frozen=True, slots=True)
class Clip:
    """What is known of the camera clip beforehand."""

    path: Path
    duration_s: float
    truth: dict[str, Any] | None
    """Content of `<clip>.truth.json`, where there is one."""
    still_s: float
    """How long its first and last pictures stand still in each loop, together."""

    @property
    def loop_s(self) -> float:
        """Length of one loop with its still beginning and end, in s."""
        return self.duration_s + self.still_s

    def pots(self) -> list[str] | None:
        """Return the elements that are potted, or None when nobody has said so."""
        if self.truth is None:
            return None
        return [event["element"] for event in self.truth["events"] if event["target"] == "pocketed"]


def read_clip(path: Path, still_s: float) -> Clip:
    """Read a clip's length and the truth beside it."""
    with av.open(str(path)) as file:
        duration_s = float(file.duration or 0) / 1_000_000
    beside = path.with_suffix(".truth.json")
    truth = json.loads(beside.read_text()) if beside.exists() else None
    return Clip(path, duration_s, truth, still_s)


def some_frames(path: Path, every: int = 10) -> list[Any]:
    """Return each `every`-th picture of a film, small and grey."""
    with av.open(str(path)) as file:
        return [
            frame.reformat(width=160, height=90, format="gray").to_ndarray()
            for index, frame in enumerate(file.decode(video=0))
            if index % every == 0
        ]


def pictures_alike(picture: Any, small: Any) -> float:
    """Return the correlation of a picture (RGB) with a small grey one."""
    if picture is None:
        return 0.0
    seen = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(width=160, height=90, format="gray")
    return float(np.corrcoef(seen.to_ndarray().ravel(), small.ravel())[0, 1])
