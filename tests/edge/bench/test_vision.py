"""The bench of the eyes says what is right, and fails when the eyes are broken."""

import json
import shutil

import av
import pytest

from edge.adapters.litert import MODELS, BlindDetector
from edge.adapters.replay_picture import read_pictures
from edge.bench import vision
from edge.bench.vision import Picture, average_precision, ball_figures, count_right, match, model_figures
from edge.core.detection import Detection
from edge.core.judging import Judgement, Target

FILM = vision.DEMO / "billiards.mp4"
TRUTH = json.loads(FILM.with_suffix(".truth.json").read_text())


class Knows:
    """A detector that is told the answer."""

    def __init__(self, elements):
        self._elements = elements

    def detect(self, pixels):
        return [ball(*element["bbox"], label=element["label"]) for element in self._elements]


def ball(x, y, w=0.02, h=0.04, *, confidence=0.9, label=None):
    return Detection("ball", label, (x, y, w, h), confidence, ())


def pot(t, label):
    return Judgement("any", t, "ball", label, Target("pocketed"), ())


def by_name(figures):
    return {figure.name: figure for figure in figures}


def test_every_ball_found_is_right():
    figures = by_name(ball_figures(FILM, Knows(TRUTH["elements"])))

    assert [figure.value for figure in figures.values()] == [1, 1, 1]


def test_a_blind_detector_fails():
    figures = by_name(ball_figures(FILM, BlindDetector()))

    assert not figures["balls-recall"].ok
    assert not figures["balls-precision"].ok


def test_balls_that_are_not_there_fail():
    wrong = [{"bbox": (0.9, 0.01 * n, 0.005, 0.008), "label": None} for n in range(9)]

    figures = by_name(ball_figures(FILM, Knows([*TRUTH["elements"], *wrong])))

    assert figures["balls-recall"].ok
    assert not figures["balls-precision"].ok


def test_two_detections_of_one_ball_are_one_hit():
    hits = match(Picture([(0.1, 0.1, 0.02, 0.04)], [ball(0.1, 0.1), ball(0.101, 0.1, confidence=0.5)]), 0.5)

    assert [hit.truth for hit in hits] == [0, None]


@pytest.mark.parametrize(
    "found, precision",
    [
        ([ball(0.1, 0.1), ball(0.5, 0.5)], 1.0),
        ([], 0.0),
        ([ball(0.1, 0.1)], 51 / 101),
        ([ball(0.8, 0.8, confidence=0.99), ball(0.1, 0.1), ball(0.5, 0.5)], 2 / 3),
    ],
)
def test_average_precision_is_the_area_under_the_curve(found, precision):
    truth = [(0.1, 0.1, 0.02, 0.04), (0.5, 0.5, 0.02, 0.04)]

    assert average_precision([Picture(truth, found)], 0.5) == pytest.approx(precision)


def test_a_pot_counts_in_its_second_and_of_its_ball():
    events = [{"t": 4.8, "element": "ball:8", "target": "pocketed"}]

    assert count_right([pot(4.6, "8")], events) == 1
    assert count_right([pot(4.6, None)], events) == 1
    assert count_right([pot(4.6, "3")], events) == 0
    assert count_right([pot(7.0, "8")], events) == 0
    assert count_right([], events) == 0


def test_a_blind_detector_judges_no_pot(monkeypatch):
    monkeypatch.setattr(vision, "_detector", BlindDetector)

    figures = by_name(vision._shipped_pots([FILM], lambda words: None))

    assert not figures["pots-right"].ok
    assert figures["pots-false"].ok


def test_the_shipped_models_are_small_and_free_of_floats():
    figures = model_figures(sorted(MODELS.glob("*.tflite")))

    assert len(figures) == 4
    assert all(figure.ok for figure in figures)


def test_the_time_of_a_frame_is_measured():
    frames = [next(read_pictures(FILM))] * 2

    figures = by_name(vision.speed_figures(frames, BlindDetector()))

    assert 0 <= figures["frame-detector"].value <= figures["frame-whole-loop"].value


def test_real_clips_are_compared_with_their_annotations(tmp_path):
    clip = tmp_path / "game1_clip3"
    for folder in ("frames", "bounding_boxes"):
        (clip / folder).mkdir(parents=True)
    shutil.copy(FILM, clip / "game1_clip3.mp4")
    pixels = next(read_pictures(FILM)).pixels
    height, width = pixels.shape[:2]
    boxes = [
        f"{x * width:.0f} {y * height:.0f} {w * width:.0f} {h * height:.0f} 3"
        for x, y, w, h in (element["bbox"] for element in TRUTH["elements"])
    ]
    for which in ("first", "last"):
        write_png(clip / "frames" / f"frame_{which}.png", pixels)
        rows = [*boxes, "0 0 600 300 5", ""]
        (clip / "bounding_boxes" / f"frame_{which}_bbox.txt").write_text("\n".join(rows))

    figures = by_name(vision._real_figures(tmp_path, lambda words: None))

    assert figures["real-balls-recall"].ok
    assert figures["real-balls-precision"].ok
    assert figures["real-pots-right"].ok
    assert figures["real-pots-false"].ok


def write_png(path, pixels):
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
