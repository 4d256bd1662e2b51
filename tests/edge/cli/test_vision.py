import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.vision import detect, judge, parse_contour, pick
from edge.core.errors import Refused

ROOT = Path(__file__).resolve().parents[3]
CLIP = ROOT / "edge/data/demo/billiards.mp4"
TRUTH = json.loads(CLIP.with_suffix(".truth.json").read_text())


def run(command, *arguments):
    outcome = CliRunner().invoke(command, [str(part) for part in arguments], catch_exceptions=True)
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return json.loads(outcome.stdout)


def test_detect_lists_the_elements_of_each_frame():
    rows = run(detect, CLIP, "--scene", "billiards", "--json", "-")

    assert len(rows) == 150
    assert set(rows[0]["elements"][0]) == {"id", "kind", "label", "bbox", "confidence"}
    seen = {element["id"] for element in rows[20]["elements"]}
    assert len(rows[20]["elements"]) == len(TRUTH["elements"])
    assert {"ball:8", "ball:cue"} <= seen
    assert len(seen & {e["id"] for e in TRUTH["elements"]}) >= 6
    assert rows[30]["t"] == pytest.approx(2.0)


def test_pick_says_which_element_is_at_a_contour():
    x, y, width, height = next(e["bbox"] for e in TRUTH["elements"] if e["id"] == "ball:8")
    ring = (
        f"{x - width:.3f},{y:.3f} {x + width:.3f},{y - height:.3f} {x + 2 * width:.3f},{y + 2 * height:.3f}"
    )

    answer = run(pick, CLIP, "--scene", "billiards", "--at", "1.0", "--contour", ring, "--json", "-")

    assert answer["element"]["id"] == "ball:8"
    assert isinstance(answer["candidates"], list)


def test_pick_of_an_empty_place_is_null():
    answer = run(pick, CLIP, "--scene", "billiards", "--at", "1.0", "--contour", "0.02,0.95", "--json", "-")

    assert answer == {"element": None, "candidates": []}


def test_judge_says_when_and_where_the_ball_fell():
    arguments = [CLIP, "--scene", "billiards", "--element", "ball:8", "--target", "pocketed", "--json", "-"]

    [event] = run(judge, *arguments)

    assert event["element"] == "ball:8"
    assert event["target"] == "pocketed"
    assert event["t"] == pytest.approx(TRUTH["events"][0]["t"], abs=0.4)
    assert event["evidence"]["where"] == TRUTH["events"][0]["where"]


def test_judge_of_another_ball_is_an_empty_list():
    assert run(judge, CLIP, "--scene", "billiards", "--element", "ball:3", "--target", "pocketed") == []


@pytest.mark.parametrize(
    ("command", "arguments", "hint"),
    [
        (detect, ["none.mp4", "--scene", "billiards"], "not there"),
        (detect, [CLIP, "--scene", "food"], "no detector yet"),
        (judge, [CLIP, "--scene", "billiards", "--element", "ball", "--target", "flies"], "cannot be judged"),
        (pick, [CLIP, "--scene", "billiards", "--at", "99", "--contour", "0.5,0.5"], "not in the film"),
        (pick, [CLIP, "--scene", "billiards", "--at", "1", "--contour", "0.5;0.5"], "is not x,y"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(command, arguments, hint):
    with pytest.raises(Refused, match=hint):
        run(command, *arguments)


@pytest.mark.parametrize("text", ["", "1.2,0.5", "a,b", " ".join(["0.5,0.5"] * 65)])
def test_a_contour_has_1_to_64_points_in_the_picture(text):
    with pytest.raises(Refused, match="contour"):
        parse_contour(text)


def test_the_result_can_go_to_a_file(tmp_path):
    out = tmp_path / "seen.json"
    image = tmp_path / "none.png"

    with pytest.raises(Refused):
        run(detect, image, "--scene", "billiards", "--json", out)
    assert not out.exists()
