"""Turn a trained network into TFLite, float and int8, and prove that the two agree."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from scripts.training.batches import crop_at, scene_crops
from scripts.training.nets import FromPixels
from scripts.training.scenes import REGION, Painter

NAMES = {"detector": "billiards-balls", "reader": "billiards-labels"}
"""File names in `edge/models`."""


def samples(kind: str, count: int, seed: int) -> list[np.ndarray]:
    """Return inputs (1, h, w, 3) float32, 0 to 255, of scenes that no training saw."""
    painter = Painter(seed, each=8)
    if kind == "detector":
        return [painter.scene(*REGION).image[None].astype(np.float32) for _ in range(count)]
    crops: list[np.ndarray] = []
    while len(crops) < count:
        crops += [crop[None].astype(np.float32) for crop, _ in scene_crops(painter.scene(), painter.rng)]
    return crops[:count]


def export(kind: str, net: nn.Module, work: Path, models: Path, real: Path | None) -> None:
    """Write `NAME.tflite` (int8) to `models`, and the float model and the figures to `work`."""
    import litert_torch  # noqa: PLC0415 - slow to load
    from ai_edge_quantizer import quantizer, recipe  # noqa: PLC0415

    name = NAMES[kind]
    inputs = samples(kind, 48, seed=900)
    whole = FromPixels(net.eval()).eval()
    float_file, int8_file = work / f"{name}.float.tflite", models / f"{name}.tflite"
    litert_torch.convert(whole, (torch.from_numpy(inputs[0]),)).export(str(float_file))
    maker = quantizer.Quantizer(str(float_file))
    maker.load_quantization_recipe(recipe.static_wi8_ai8())
    calibration = maker.calibrate({"serving_default": [{"args_0": one} for one in inputs]})
    int8_file.unlink(missing_ok=True)
    maker.quantize(calibration).export_model(str(int8_file))
    print(f"{int8_file}: {int8_file.stat().st_size / 1024:.0f} KiB", flush=True)

    from scripts.training.measure import measure  # noqa: PLC0415

    figures = measure(kind, float_file, int8_file, real)
    (work / f"{name}.figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1), flush=True)


__all__ = ["NAMES", "crop_at", "export", "samples"]
