import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.adapters.litert import (
    LABELS,
    MODELS,
    BilliardsDetector,
    BlindDetector,
    Model,
    cut,
    load_detector,
    sample,
)
from edge.adapters.replay_picture import read_pictures
from edge.core.errors import Refused
from edge.core.geometry import iou
from edge.core.heatmaps import decode

ROOT = Path(__file__).resolve().parents[3]
CLIP = ROOT / "edge/data/demo/billiards.mp4"
TRUTH = json.loads(CLIP.with_suffix(".truth.json").read_text())
BALLS, READER = MODELS / "billiards-balls.tflite", MODELS / "billiards-labels.tflite"

IN_OTHER_ENVIRONMENT = """
import sys
import numpy as np
from edge.adapters.litert import Model
from pathlib import Path

inputs = np.load(sys.argv[1])
outputs = {}
for name, path in (("balls", sys.argv[2]), ("reader", sys.argv[3])):
    for i, values in enumerate(Model(Path(path), 1).run(inputs[name])):
        outputs[f"{name}{i}"] = values
assert "tflite_runtime.interpreter" in sys.modules and np.__version__ < "2", np.__version__
np.savez(sys.argv[4], **outputs)
"""


@pytest.fixture(scope="module")
def first_frame():
    return next(read_pictures(CLIP)).pixels


def test_every_ball_of_the_demo_is_seen_with_its_label(first_frame):
    seen = BilliardsDetector(num_threads=1).detect(first_frame)

    assert len(seen) == len(TRUTH["elements"])
    for element in TRUTH["elements"]:
        nearest = max(seen, key=lambda found: iou(found.bbox, tuple(element["bbox"])))
        assert iou(nearest.bbox, tuple(element["bbox"])) > 0.4
        assert element["label"] in [label for label, _ in nearest.labels[:2]]


def test_a_picture_without_a_table_has_no_balls():
    grey = np.full((360, 640, 3), 90, np.uint8)

    assert BilliardsDetector(num_threads=1).detect(grey) == []


@pytest.mark.parametrize("size", [(90, 160), (1080, 1920), (481, 641)])
def test_pictures_of_any_size_are_read(first_frame, size):
    rows = np.linspace(0, 359, size[0]).astype(int)
    columns = np.linspace(0, 639, size[1]).astype(int)

    for found in BilliardsDetector(num_threads=1).detect(first_frame[rows][:, columns]):
        assert 0 <= found.bbox[0] <= found.bbox[0] + found.bbox[2] <= 1


def test_a_scene_without_a_model_sees_nothing(first_frame):
    detector = load_detector("food", threads=1)

    assert isinstance(detector, BlindDetector)
    assert detector.detect(first_frame) == []


def test_a_missing_or_broken_model_is_refused_with_what_to_do(tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"not a model")

    with pytest.raises(Refused, match="train it with scripts/train-detector"):
        Model(tmp_path / "none.tflite")
    with pytest.raises(Refused, match="cannot be opened"):
        Model(broken)


def test_without_a_runtime_it_is_said_what_to_install():
    with pytest.raises(Refused, match="install ai-edge-litert"):
        Model(BALLS, runtime="no_such_runtime")


def test_tflite_runtime_is_not_tried_with_numpy_2():
    if int(np.__version__.split(".")[0]) < 2:
        pytest.skip("numpy 1 is here")

    with pytest.raises(Refused, match="needs numpy<2"):
        Model(BALLS, runtime="tflite_runtime.interpreter")


def test_the_number_of_threads_changes_nothing_but_time(first_frame):
    values = np.ascontiguousarray(first_frame[:32, :32])[None]

    one, two = Model(READER, 1).run(values)[0], Model(READER, 2).run(values)[0]

    assert np.allclose(one, two, atol=0.02)


def test_a_sample_in_the_middle_is_the_picture_itself():
    picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)

    assert (sample(picture, 30, 20, 16, 16) == picture[12:28, 22:38]).all()
    assert sample(picture, 0, 0, 16, 32).shape == (32, 32, 3)


def test_a_cut_says_which_box_it_really_is():
    picture = np.zeros((100, 200, 3), np.uint8)

    part, box = cut(picture, (0.251, 0.3, 0.5, 0.9))

    assert part.shape == (70, 100, 3)
    assert box == (0.25, 0.3, 0.5, 0.7)


def old_python() -> list[str]:
    """Return the command that makes a Python 3.11 environment, or skip."""
    if sys.version_info[:2] == (3, 11):
        return [sys.executable, "-m", "venv"]
    found = shutil.which("python3.11")
    if found:
        return [found, "-m", "venv"]
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        pytest.skip("no Python 3.11 for tflite-runtime: install python3.11 or uv")
    return [uv, "venv", "--seed", "--python", "3.11"]


@pytest.fixture(scope="module")
def tflite_runtime_python():
    """A kept environment with the last tflite-runtime and a numpy before 2, as 32-bit boards have it."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ktv-live"
    folder = home / "tflite-runtime-2.14.0"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([*old_python(), str(folder)], check=True, capture_output=True)
        wanted = ["tflite-runtime==2.14.0", "numpy<2", "av>=14", "scipy>=1.12", "pydantic>=2.9"]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True, capture_output=True)
        (folder / "complete").touch()
    return python


@pytest.mark.timeout(400)
def test_tflite_runtime_with_numpy_1_gives_the_same_outputs(tflite_runtime_python, first_frame, tmp_path):
    _, rows, columns, _ = Model(BALLS, 1).shape
    down, across = np.linspace(0, 359, rows).astype(int), np.linspace(0, 639, columns).astype(int)
    inputs = {"balls": first_frame[down][:, across][None], "reader": first_frame[60:92, 180:212][None]}
    np.savez(tmp_path / "in.npz", **inputs)

    command = [tflite_runtime_python, "-c", IN_OTHER_ENVIRONMENT, tmp_path / "in.npz", BALLS, READER]
    done = subprocess.run(
        [str(part) for part in [*command, tmp_path / "out.npz"]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    other = np.load(tmp_path / "out.npz")
    mine = [*Model(BALLS, 1).run(inputs["balls"]), Model(READER, 1).run(inputs["reader"])[0]]
    theirs = [other["balls0"], other["balls1"], other["reader0"]]
    for one, two in zip(mine, theirs, strict=True):
        assert one.shape == two.shape
        assert np.abs(one - two).mean() < 0.02
    assert LABELS[int(np.argmax(mine[2][0, :16]))] == LABELS[int(np.argmax(theirs[2][0, :16]))]
    assert places(mine[:2]) == pytest.approx(places(theirs[:2]), abs=0.006)


def places(outputs):
    heat, boxes = sorted(outputs, key=lambda each: each.shape[-1])
    found = decode(heat[0, :, :, 0], boxes[0], 0.45)
    assert len(found) >= 6
    return np.array(sorted((x + w / 2, y + h / 2) for x, y, w, h, _ in found))
